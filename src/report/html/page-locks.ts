import type { LockParty, LockWait } from '../../model/observation.js';
import { packColumn } from '../../model/page-column.js';
import type { PageLocks, PageParty, PageWait } from '../../model/page-locks.js';
import type { ResultView } from '../../model/result.js';
import { coverageText, lockHeadline } from '../lock-coverage-text.js';
import { actorText, lockTarget, partiesAhead, waitOf } from '../lock-groups.js';
import { oneLine, plain } from '../plain-text.js';
import { blockedSeconds } from './blocked-seconds.js';
import { thinOut } from './thin-out.js';

/** Waits that a page holds at most: those behind steps and of steps first, then the longest. */
const mostWaits = 5_000;

/** The axis of the traffic's columns. */
export interface SecondAxis {
  firstSecond: number;
  lastSecond: number;
  secondsPerPoint: number;
}

export function pageLocks(
  view: Pick<ResultView, 'lockWaits' | 'lockCoverage' | 'plan'>,
  axis: SecondAxis,
  most: number = mostWaits,
): PageLocks | null {
  if (view.lockWaits.length === 0 && view.lockCoverage === null) return null;
  const kept = worthiest(view.lockWaits, most);
  const left = view.lockWaits.filter((wait) => !kept.has(wait));
  const parties = new PartyList();
  const shown = [...kept].sort((a, b) => a.fromUs - b.fromUs || b.toUs - a.toUs);
  const waits = shown.map((wait) => pageWait(wait, parties));
  const blocked = blockedSeconds(view, axis);
  const column = (values: (number | null)[]) => packColumn(thinOut(values, axis.secondsPerPoint));
  return {
    headline: lockHeadline(view),
    coverage: coverageText(view),
    parties: parties.all,
    waits,
    holders: holdersOf(waits, parties.all),
    leftOut: {
      waits: left.length,
      longestMs: left.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0),
    },
    blocked: column(blocked.all),
    behindSteps: column(blocked.behindSteps),
  };
}

function worthiest(waits: readonly LockWait[], most: number): Set<LockWait> {
  if (waits.length <= most) return new Set(waits);
  const rank = (wait: LockWait) => (waitOf(wait) === 'other' ? 1 : 0);
  return new Set(waits.toSorted((a, b) => rank(a) - rank(b) || b.durationMs - a.durationMs).slice(0, most));
}

/** Each session with its statement once. */
export class PartyList {
  readonly all: PageParty[] = [];
  private readonly known = new Map<string, number>();

  indexOf({ pid, actor, query, state }: LockParty): number {
    const key = JSON.stringify([pid, actor.kind, actor.name, query, state]);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const at = this.all.length;
    this.known.set(key, at);
    this.all.push({
      pid,
      kind: actor.kind,
      who: actorText(actor),
      ...(query !== undefined && { query: oneLine(query) }),
      ...(state !== undefined && { state: plain(state) }),
    });
    return at;
  }
}

export function pageWait(wait: LockWait, parties: PartyList): PageWait {
  // A chain begins with the first blocker: each session once, in the order from the waiter to the root.
  const ahead: LockParty[] = [];
  for (const party of partiesAhead(wait)) {
    const again = ahead.findIndex(({ pid }) => pid === party.pid);
    if (again >= 0 && wait.root?.pid === party.pid) ahead.splice(again, 1);
    else if (again >= 0) continue;
    ahead.push(party);
  }
  return {
    waiter: parties.indexOf(wait.waiter),
    ahead: ahead.map((party) => parties.indexOf(party)),
    rootSeen: wait.root !== undefined,
    mode: plain(wait.mode),
    target: lockTarget(wait),
    fromUs: wait.fromUs,
    toUs: Math.max(wait.fromUs, wait.toUs),
    durationMs: wait.durationMs,
    errorMs: wait.errorMs,
    ended: wait.ended,
    seenBy: wait.seenBy,
    ...(wait.behindStepMs !== undefined && { behindStepMs: wait.behindStepMs }),
    phase: wait.phase,
    ...(wait.step !== undefined && { step: plain(wait.step) }),
    whose: waitOf(wait),
  };
}

/** Sessions in front of others that were not waiting themselves; stretches that touch are one. */
function holdersOf(waits: readonly PageWait[], parties: readonly PageParty[]): PageLocks['holders'] {
  const bySession = new Map<number, { party: number; fromUs: number; toUs: number; waits: number }[]>();
  for (const { ahead, rootSeen, fromUs, toUs } of waits) {
    const root = rootSeen ? ahead.at(-1) : undefined;
    if (root === undefined) continue;
    const pid = parties[root]?.pid ?? 0;
    const spans = bySession.get(pid) ?? [];
    bySession.set(pid, spans);
    const last = spans.at(-1);
    // Waits come by start.
    if (last && fromUs <= last.toUs) {
      last.toUs = Math.max(last.toUs, toUs);
      last.waits += 1;
    } else {
      spans.push({ party: root, fromUs, toUs, waits: 1 });
    }
  }
  return [...bySession.values()].flat().sort((a, b) => a.fromUs - b.fromUs);
}
