import type { StatementTrace } from '../model/observation.js';
import { bulkRowLocks, bulkWrites } from './bulk-writes.js';
import type { JudgedView } from './judged-view.js';
import { mayChangeRows } from './row-changers.js';
import { heldMs, type StatementRun } from './statement-runs.js';
import { blocksTraffic, strengthOf, traceOf } from './traced-locks.js';
import { tablesBehind } from './traffic-tables.js';
import { tableName } from './wording.js';

export interface Scan {
  statement: StatementTrace;
  /** The table read or written as a whole. */
  table: string;
  kind: string;
  rehearsedMs: number;
  /** Production ÷ rehearsed; undefined when the scenario does not say, or the rehearsed size is not known. */
  factor: number | undefined;
  rehearsed: { bytes: number; rows: number } | undefined;
  declared: boolean;
}

/** What stands for a mode where only rows were locked. */
export const rowLocks = 'row locks';

/** A lock that kept traffic out of a table, or of its rows, while the statements under it scanned, rewrote or filled one. */
export interface LongHold {
  step: string;
  /** Where the lock was taken. */
  statement: StatementTrace;
  table: string;
  /** As in pg_locks, or `row locks`. */
  mode: string;
  scans: Scan[];
  heldMs: number;
  fromUs: number;
  toUs: number;
}

/** What it would last at production size: each scan by its factor, the rest as it is. */
export function extrapolatedMs(hold: LongHold): number {
  return hold.scans.reduce(
    (sum, { rehearsedMs, factor }) => sum + rehearsedMs * ((factor ?? 1) - 1),
    hold.heldMs,
  );
}

/**
 * The holds of truth 1: a scan, rewrite or backfill under a lock that blocks reads or writes, on a table with traffic; the
 * rows of a backfill are locked for whoever else changes them. Locks
 * of earlier statements of the transaction are still held, and later scans of it lengthen them. Per lock and
 * statement, its longest execution under load.
 */
export function longHolds(view: JudgedView): LongHold[] {
  const worst = new Map<string, LongHold>();
  for (const runs of transactionsOf(view)) {
    for (const run of runs) {
      const statement = traceOf(view.result.trace, run.step, run.index);
      if (!statement) continue;
      for (const { table, mode, relation } of [
        ...blockingLocks(view, statement),
        ...lockedRows(
          view,
          statement,
          runs.filter(({ fromUs }) => fromUs <= run.fromUs),
        ),
      ]) {
        const ms = heldMs(view.result.lockWaits, run, [table, relation]);
        const scans = runs
          .filter((later) => later.fromUs >= run.fromUs)
          .flatMap((later) => scansOf(view, later, runs, [table, relation]));
        if (ms <= 0 || scans.length === 0) continue;
        const hold = {
          step: run.step,
          statement,
          table,
          mode,
          scans,
          heldMs: ms,
          fromUs: run.fromUs,
          toUs: run.releasedUs,
        };
        const key = `${run.step} ${run.index} ${table}`;
        const known = worst.get(key);
        if (!known || extrapolatedMs(hold) > extrapolatedMs(known)) worst.set(key, hold);
      }
    }
  }
  return [...worst.values()];
}

function transactionsOf(view: JudgedView): StatementRun[][] {
  const byTransaction = new Map<number, StatementRun[]>();
  for (const run of view.runs) {
    const runs = byTransaction.get(run.transaction);
    if (runs) runs.push(run);
    else byTransaction.set(run.transaction, [run]);
  }
  return [...byTransaction.values()];
}

/** The strongest lock per table with traffic that keeps writes, or reads and writes, out. */
function blockingLocks(
  view: JudgedView,
  statement: StatementTrace,
): { table: string; mode: string; relation: string }[] {
  const byTable = new Map<string, { table: string; mode: string; relation: string }>();
  for (const lock of statement.locks) {
    if (lock.created || !blocksTraffic(lock.mode)) continue;
    for (const table of tablesBehind(statement, lock)) {
      if (view.trafficTables.touch(table) === 'untouched') continue;
      const known = byTable.get(table);
      if (known && strengthOf(known.mode) >= strengthOf(lock.mode)) continue;
      byTable.set(table, { table, mode: lock.mode, relation: lock.relation });
    }
  }
  return [...byTable.values()];
}

/** Tables of whose rows a backfill keeps a good part, where traffic changes rows and no stronger lock keeps it out. */
function lockedRows(
  view: JudgedView,
  statement: StatementTrace,
  untilNow: readonly StatementRun[],
): { table: string; mode: string; relation: string }[] {
  const kept = new Set(
    untilNow.flatMap(({ step, index }) => {
      const traced = traceOf(view.result.trace, step, index);
      return traced ? blockingLocks(view, traced).map(({ table }) => table) : [];
    }),
  );
  return bulkRowLocks(view, statement)
    .map(({ relation }) => ({ table: relation, mode: rowLocks, relation }))
    .filter(
      ({ table }) =>
        !kept.has(table) && view.trafficTables.touch(table) !== 'untouched' && mayChangeRows(view, table),
    );
}

/** One scan per table and statement; what the same transaction made is empty in production too. */
function scansOf(
  view: JudgedView,
  run: StatementRun,
  transaction: readonly StatementRun[],
  locked: readonly string[],
): Scan[] {
  const statement = traceOf(view.result.trace, run.step, run.index);
  if (!statement) return [];
  const created = new Set(
    transaction
      .flatMap(({ step, index }) => traceOf(view.result.trace, step, index)?.locks ?? [])
      .filter((lock) => lock.created)
      .map((lock) => tableName(lock.relation)),
  );
  const tables = new Map<string, string>();
  const seen = [
    ...statement.rewrites.map((name) => ({ kind: 'rewrite', relation: name })),
    ...statement.scans,
    ...bulkWrites(view, statement),
  ];
  for (const { kind, relation: scanned } of seen) {
    const lock = statement.locks.find(({ relation: locked }) => tableName(locked) === tableName(scanned));
    for (const table of lock ? tablesBehind(statement, lock) : [tableName(scanned)]) {
      if (!created.has(table) && !tables.has(table)) tables.set(table, kind);
    }
  }
  // A rewritten index whose lock was not seen has no size of its own; its table is in the list as well.
  const known = new Set(Object.keys(view.result.trace.tables).map(tableName));
  const sized = [...tables].filter(([table]) => known.has(table));
  const waitedMs = Math.max(
    0,
    (run.releasedUs - run.fromUs) / 1000 - heldMs(view.result.lockWaits, run, locked),
  );
  const rehearsedMs = Math.max(0, (run.toUs - run.fromUs) / 1000 - waitedMs);
  // Together the scans of a statement lasted as long as it did: its time goes to the one that grows most.
  const scans = (sized.length > 0 ? sized : [...tables]).map(([table, kind]) => ({
    statement,
    kind,
    rehearsedMs,
    ...sizeOf(view, table),
  }));
  const greatest = scans.toSorted((a, b) => (b.factor ?? Infinity) - (a.factor ?? Infinity))[0];
  return greatest ? [greatest] : [];
}

function sizeOf(view: JudgedView, table: string): Pick<Scan, 'table' | 'factor' | 'rehearsed' | 'declared'> {
  const production = Object.entries(view.result.plan.scenario.production?.tables ?? {}).find(
    ([name]) => tableName(name) === table,
  )?.[1];
  const rehearsed = Object.entries(view.result.trace.tables).find(([name]) => tableName(name) === table)?.[1];
  const declared = production?.size !== undefined || production?.rows !== undefined;
  const ratio = (of: number | undefined, over: number | undefined) =>
    of !== undefined && over !== undefined && over > 0 ? of / over : undefined;
  // An empty table still has its indexes' first pages: bytes alone would make a ratio of nothing.
  const empty = rehearsed !== undefined && rehearsed.rows <= 0;
  const factor = empty
    ? undefined
    : (ratio(production?.size, rehearsed?.bytes) ?? ratio(production?.rows, rehearsed?.rows));
  return { table, factor, rehearsed, declared };
}
