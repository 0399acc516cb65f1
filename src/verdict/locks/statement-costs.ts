import type { StatementCost } from '../../model/lock-story.js';
import type { LockWait } from '../../model/observation.js';
import type { BlockedWait } from '../blocked-traffic.js';
import type { JudgedView } from '../judged-view.js';
import type { StatementRun } from '../statement-runs.js';
import { blocksTraffic, traceOf } from '../traced-locks.js';
import { tableName } from '../wording.js';
import { deepestQueue } from './queue-depth.js';
import { blockedMs } from './reads-writes.js';

/**
 * What each execution of each statement of a step cost: its own wait, its hold, what others waited behind it, and the
 * deepest queue; retries apart, since each attempt hurts by itself even where it "failed safely".
 */
export function statementCosts(view: JudgedView): StatementCost[] {
  const behind = byRun(view);
  return view.runs.flatMap((run): StatementCost[] => {
    const statement = view.step(run.step)?.source?.statements.find(({ index }) => index === run.index);
    if (!statement || statement.kind !== 'other') return [];
    const own = ownWaits(view.result.lockWaits, run);
    const victims = behind.get(run) ?? [];
    return [
      {
        step: run.step,
        attempt: run.attempt,
        index: run.index,
        line: statement.line,
        statement: statement.text,
        ok: run.ok,
        ...(run.sqlState !== undefined && { sqlState: run.sqlState }),
        ownWaitMs: own.reduce((sum, wait) => sum + overlapMs(wait, run.fromUs, run.toUs), 0),
        holdMs: holdMs(own, run),
        victimsMs: blockedMs(victims),
        victims: new Set(victims.map(({ wait }) => wait.waiter.pid)).size,
        deepest: deepestQueue(victims.map(({ wait }) => wait)).sessions,
      },
    ];
  });
}

function ownWaits(waits: readonly LockWait[], run: StatementRun): LockWait[] {
  if (run.pid === undefined) return [];
  return waits
    .filter(({ waiter, fromUs, toUs }) => waiter.pid === run.pid && fromUs < run.toUs && toUs > run.fromUs)
    .sort((a, b) => a.toUs - b.toUs);
}

/** From the grant of its last lock (its start, where it waited for none) to the end of its transaction. */
function holdMs(own: readonly LockWait[], run: StatementRun): number {
  const last = own.at(-1);
  const refused = last ? !['granted', 'unknown'].includes(last.ended) : run.sqlState === '55P03';
  if (refused) return 0;
  return Math.max(0, run.releasedUs - Math.max(run.fromUs, last?.toUs ?? run.fromUs)) / 1000;
}

function overlapMs(
  { fromUs, toUs }: { fromUs: number; toUs: number },
  afterUs: number,
  untilUs: number,
): number {
  return Math.max(0, Math.min(toUs, untilUs) - Math.max(fromUs, afterUs)) / 1000;
}

/** Each wait of traffic belongs to one run, so that no blocked second is counted twice. */
function byRun(view: JudgedView): Map<StatementRun, { wait: LockWait; ms: number }[]> {
  const found = new Map<StatementRun, { wait: LockWait; ms: number }[]>();
  for (const blocked of view.blocked) {
    const run = runBehind(view, blocked);
    if (!run) continue;
    const ms = Math.min(blocked.ms, overlapMs(blocked.wait, run.fromUs, run.releasedUs));
    found.set(run, [...(found.get(run) ?? []), { wait: blocked.wait, ms }]);
  }
  return found;
}

/** The run that had, or asked for, a lock on what was waited for; else the one under way the longest during the wait. */
function runBehind(view: JudgedView, { wait, step }: BlockedWait): StatementRun | undefined {
  const overlap = (run: StatementRun) => overlapMs(wait, run.fromUs, run.releasedUs);
  const during = view.runs
    .filter((run) => run.step === step && overlap(run) > 0)
    .sort((a, b) => overlap(b) - overlap(a));
  const locking = during.filter((run) => {
    const locks = traceOf(view.result.trace, run.step, run.index)?.locks ?? [];
    return locks.some(
      ({ relation, table, mode, created }) =>
        !created &&
        blocksTraffic(mode) &&
        [relation, table].some(
          (name) => name !== undefined && tableName(name) === tableName(wait.relation ?? ''),
        ),
    );
  });
  return locking[0] ?? during[0];
}
