import type { Deadlock, DeadlockSide } from '../../model/lock-story.js';
import type { LockParty, LockWait } from '../../model/observation.js';
import type { JudgedView } from '../judged-view.js';
import { partiesAhead } from '../blocked-traffic.js';
import { actorText } from './session-names.js';

/** Each deadlock that Postgres broke, with the statements of all its sides. */
export function deadlocksOf(view: JudgedView): Deadlock[] {
  const { lockWaits } = view.result;
  const ended = lockWaits.filter((wait) => wait.ended === 'deadlock').sort((a, b) => a.toUs - b.toUs);
  return ended.map((wait): Deadlock => {
    const logged = wait.deadlock?.sides ?? [];
    if (logged.length > 0) {
      const sides = logged.map((side): DeadlockSide => {
        const party = partyOf(view, side.pid, wait);
        return {
          pid: side.pid,
          who: party ? actorText(party.actor) : 'a session that was not seen',
          waitedFor: `${side.mode} on ${side.target}`,
          blockedBy: side.blockedBy,
          ...optional(side.query ?? party?.query),
          victim: side.pid === wait.waiter.pid,
        };
      });
      return { atUs: wait.toUs, sides, source: 'log' };
    }
    const others = new Map(partiesAhead(wait).map((party) => [party.pid, party]));
    others.delete(wait.waiter.pid);
    const side = (party: LockParty, victim: boolean): DeadlockSide => ({
      pid: party.pid,
      who: actorText(party.actor),
      ...optional(party.query ?? statementOf(view, party.pid, wait.toUs)),
      victim,
    });
    return {
      atUs: wait.toUs,
      sides: [side(wait.waiter, true), ...[...others.values()].map((party) => side(party, false))],
      source: others.size > 0 ? 'sampler' : 'client',
    };
  });
}

function optional(query: string | undefined): { query?: string } {
  return query === undefined ? {} : { query };
}

/** A session as any wait near that time named it, else as the run's events do. */
function partyOf(view: JudgedView, pid: number, near: LockWait): LockParty | undefined {
  if (near.waiter.pid === pid) return near.waiter;
  const parties = view.result.lockWaits.flatMap((wait) =>
    wait.fromUs <= near.toUs && wait.toUs >= near.fromUs - 1_000_000
      ? [wait.waiter, ...partiesAhead(wait)]
      : [],
  );
  const seen = parties.find((party) => party.pid === pid);
  if (seen) return seen;
  const begun = view.result.events.find((event) => event.type === 'statement' && event.pid === pid);
  if (begun?.type !== 'statement') return undefined;
  const side = begun.step.startsWith('rollback.') ? 'rollback' : 'upgrade';
  return { pid, actor: { kind: side, name: begun.step } };
}

function statementOf(view: JudgedView, pid: number, atUs: number): string | undefined {
  const run = view.runs.findLast((one) => one.pid === pid && one.fromUs < atUs);
  return run && view.step(run.step)?.source?.statements.find(({ index }) => index === run.index)?.text;
}
