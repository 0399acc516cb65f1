import { conflicts } from './lock-conflicts.js';
import { inFrontOf, type InFront, type WaitContext } from './finished-wait.js';
import type { MergedWait } from './merge-waits.js';

/**
 * Who stood in front of a wait. The sampler says so itself; for a wait it missed or saw too briefly, the log's
 * `Wait queue` names who queued before it (pg_blocking_pids counts those that ask for a conflicting mode), and
 * `Process holding the lock` the holders. The log leaves a queued statement out of the holders, so a victim of a
 * queued ALTER would seem to wait for the long SELECT alone.
 */
export function frontOf(merged: MergedWait, all: readonly MergedWait[], context: WaitContext): InFront {
  const sampled = inFrontOf(merged.sampled);
  if (sampled.blockers.length > 0) return sampled;
  if (merged.error?.blockedBy !== undefined) {
    const blocker = context.party(merged.error.blockedBy);
    return { blockers: [blocker], chain: [blocker], rooted: false };
  }
  const { log } = merged;
  if (!log) return sampled;
  const place = log.queue.indexOf(merged.pid);
  const queuedBefore = log.queue.slice(0, Math.max(0, place)).filter((pid) => {
    const mode = waitAt(all, pid, merged.fromUs)?.mode;
    return mode === undefined || conflicts(mode, merged.mode);
  });
  const blockers = [...queuedBefore, ...log.holders].filter((pid) => pid !== merged.pid);
  const chain: number[] = [];
  let next = blockers[0];
  while (next !== undefined && !chain.includes(next)) {
    chain.push(next);
    const wait = waitAt(all, next, merged.fromUs);
    next =
      wait?.sampled?.longest.chain[0]?.pid ??
      wait?.log?.holders[0] ??
      // A queued session whose own wait nobody told of waits for the same holders.
      (queuedBefore.includes(next) ? log.holders[0] : undefined);
  }
  return {
    blockers: blockers.map((pid) => context.party(pid)),
    chain: chain.map((pid) => context.party(pid)),
    rooted: chain.length > 0 && next === undefined,
  };
}

function waitAt(all: readonly MergedWait[], pid: number, atUs: number): MergedWait | undefined {
  return all.find((wait) => wait.pid === pid && wait.fromUs <= atUs && wait.toUs >= atUs);
}
