import type { LockWait, StampedEvent } from '../model/observation.js';
import { partiesAhead } from './blocked-traffic.js';
import type { JudgedView } from './judged-view.js';
import { actorText } from './locks/session-names.js';
import { traceOf } from './traced-locks.js';
import { tableName } from './wording.js';

/** A transaction this old when it was met is a holder, not the normal come and go of traffic. */
const olderThanMs = 1_000;

/** Statements of a step, by their indexes, and the relations that they lock on one table. */
export interface LockTaken {
  step: string;
  statements: readonly number[];
  relations: readonly string[];
}

/**
 * How a lock of a step on a relation met an older holder: the step's own session waited for it behind a background
 * job, autovacuum, or any transaction of a second or more (an application may connect under a name of its own: a
 * session that dten does not know is no older for that); or one of the statements ran into lock_timeout while a
 * background job was holding its locks. What takes its strongest lock only once all who might use the table have ended
 * (DETACH … CONCURRENTLY) waits for their transactions, and not for the table. Undefined: it met none.
 */
export function collisionOf(
  view: JudgedView,
  { step, statements, relations }: LockTaken,
): string | undefined {
  const pids = new Set(view.runs.filter((run) => run.step === step).map(({ pid }) => pid));
  const waitsItOut = statements.every((index) => traceOf(view.result.trace, step, index)?.polled);
  const own = view.result.lockWaits.filter(
    (wait) =>
      (pids.has(wait.waiter.pid) || isStepSession(view, wait, step)) &&
      (wait.relation === undefined
        ? waitsItOut && wait.lockType === 'virtualxid'
        : relations.includes(tableName(wait.relation))),
  );
  for (const wait of own) {
    const older = partiesAhead(wait).find(
      ({ actor, transactionAgeMs }) =>
        ['background', 'autovacuum'].includes(actor.kind) ||
        Math.max(transactionAgeMs ?? 0, wait.durationMs) >= olderThanMs,
    );
    if (older) return `waited behind ${actorText(older.actor)}`;
  }
  const timedOut = view.runs.filter(
    (run) => run.step === step && run.sqlState === '55P03' && statements.includes(run.index),
  );
  const held = holdingsOf(view.result.events);
  for (const run of timedOut) {
    const holder = held.find(({ fromUs, toUs }) => fromUs < run.toUs && toUs > run.fromUs);
    if (holder) return `ran into lock_timeout while ${holder.job} was holding its locks`;
  }
  return undefined;
}

function isStepSession(view: JudgedView, wait: LockWait, step: string): boolean {
  const { kind } = wait.waiter.actor;
  return (kind === 'upgrade' || kind === 'rollback') && wait.step === step && view.step(step) !== undefined;
}

/** When background jobs held their locks, as they said. */
function holdingsOf(events: readonly StampedEvent[]): { job: string; fromUs: number; toUs: number }[] {
  const holdings: { job: string; pid: number | undefined; fromUs: number; toUs: number }[] = [];
  for (const event of events) {
    if (event.type !== 'background') continue;
    if (event.edge === 'holding') {
      holdings.push({ job: event.job, pid: event.pid, fromUs: event.atUs, toUs: Infinity });
    } else if (event.edge === 'end') {
      const open = holdings.find(({ job, pid, toUs }) => {
        return job === event.job && pid === event.pid && toUs === Infinity;
      });
      if (open) open.toUs = event.atUs;
    }
  }
  return holdings;
}
