import { formatBytes, formatCount, formatMs } from '../../foundation/units.js';
import type { RuleFinding } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { tightestLimitMs } from '../limits.js';
import { extrapolatedMs, longHolds, rowLocks, type LongHold } from '../long-holds.js';
import { notAsked, type Rule } from '../rule.js';
import { traceGaps } from '../traced-locks.js';
import { unknownTouch } from '../traffic-tables.js';
import { quoted, stepName } from '../wording.js';

/** Truth 1: holds that scan or rewrite, at production size. NO-GO. */
export const extrapolation: Rule = {
  id: 'extrapolation',
  title: 'Holds at production size',
  doc: 'A lock held during a scan, rewrite or backfill (its row locks too, where traffic changes rows of the table), times production ÷ rehearsed size, is longer than locks.longestWait (else window.downtime, else the tightest latency limit): NO-GO, labelled extrapolated.',
  judge(view) {
    const { plan } = view.result;
    if (![...plan.upgrade, ...plan.rollback].some(({ kind }) => kind === 'sql' || kind === 'command'))
      return notAsked;
    const limit = limitOf(view);
    if (!limit) return notAsked;
    // Those of unknown size are toy-size's.
    const holds = longHolds(view).filter(({ scans }) => scans.every(({ factor }) => factor !== undefined));
    const findings = holds
      .filter((hold) => extrapolatedMs(hold) > limit.ms)
      .map((hold) => findingOf(view, hold, limit));
    const longest = Math.max(0, ...holds.map(extrapolatedMs));
    return {
      findings,
      unjudged: traceGaps(view),
      summary:
        holds.length === 0
          ? 'no lock to extrapolate'
          : `longest, extrapolated: ${formatMs(longest)} of ${formatMs(limit.ms)} (${limit.name})`,
    };
  },
};

interface Limit {
  ms: number;
  name: string;
}

function limitOf(view: JudgedView): Limit | undefined {
  const { locks, window } = view.result.plan.scenario.objectives;
  if (locks?.longestWait !== undefined) return { ms: locks.longestWait, name: 'locks.longestWait' };
  if (window?.downtime !== undefined) return { ms: window.downtime, name: 'window.downtime' };
  const ms = tightestLimitMs(view.result);
  return ms === undefined ? undefined : { ms, name: 'the tightest latency limit' };
}

function findingOf(view: JudgedView, hold: LongHold, limit: Limit): RuleFinding {
  const ms = extrapolatedMs(hold);
  const greatest = hold.scans.toSorted((a, b) => (b.factor ?? 0) - (a.factor ?? 0))[0];
  const size =
    greatest?.rehearsed && greatest.factor !== undefined
      ? ` (${greatest.table} was rehearsed at ${formatCount(greatest.rehearsed.rows)} rows, ${formatBytes(greatest.rehearsed.bytes)}; production is ${Number(greatest.factor.toPrecision(3))} times that)`
      : '';
  return {
    weight: 'NO-GO',
    what: `extrapolated: ${quoted(hold.statement.statement)} (step ${stepName(hold.step)}) would hold ${hold.mode} on ${hold.table} for ${formatMs(ms)} at production size, limit ${formatMs(limit.ms)} (${limit.name}); rehearsed ${formatMs(hold.heldMs)}${size}${unknownTouch(view.trafficTables, hold.table)}`,
    where: {
      step: hold.step,
      statement: hold.statement.statement,
      table: hold.table,
      fromUs: hold.fromUs,
      toUs: hold.toUs,
    },
    measured: ms,
    limit: limit.ms,
    unit: 'ms',
    extrapolated: true,
    why: hold.scans
      .map(({ kind, table, statement }) => `${kind} of ${table} by ${quoted(statement.statement, 60)}`)
      .join('; '),
    remedy:
      hold.mode === rowLocks
        ? 'change the rows in batches that commit by themselves (repeat: with a LIMIT in the statement): whoever changes one of them waits for the commit'
        : 'do the scan without the lock: CREATE INDEX CONCURRENTLY; ADD … NOT VALID, then VALIDATE; SET NOT NULL after a validated CHECK; a new column and batches instead of a rewrite',
  };
}
