import type { StatementTrace } from '../model/observation.js';
import type { JudgedView } from './judged-view.js';
import { placeIn } from './names-in-text.js';
import { tableName } from './wording.js';

/** Fewer rows than these are a setting or a version mark: their number does not grow with production. */
const fewestRows = 1_000;
const leastShare = 0.01;

/** Of the rows that are there: less may be a batch of rows numbered by hand. */
const leastShareAlone = 0.1;

const kinds: Readonly<Record<string, string>> = {
  UpdateStmt: 'update',
  DeleteStmt: 'delete',
  InsertStmt: 'insert',
  MergeStmt: 'merge',
};
const rowLocks: readonly string[] = ['AccessShareLock', 'RowShareLock', 'RowExclusiveLock'];

/**
 * The tables whose rows a statement changes in good part, and keeps for itself until it commits (row locks only:
 * RowExclusiveLock keeps nobody out of the table). Not those that it changes a batch at a time (`repeat`, LIMIT): a
 * batch does not grow with production; nor those that it only inserts into.
 */
export function bulkRowLocks(
  view: JudgedView,
  statement: StatementTrace,
): { kind: string; relation: string }[] {
  const step = view.step(statement.step);
  const isBatch =
    (step && 'sql' in step && step.repeat) ||
    /\b(?:limit|fetch\s+(?:first|next))\b/i.test(statement.statement);
  if (isBatch) return [];
  const sizes = rowsByTable(view);
  return bulkWrites(view, statement).filter(
    ({ kind, relation }) =>
      kind !== 'insert' &&
      placeIn(statement.statement, relation) < Infinity &&
      (statement.rows ?? 0) >= leastShareAlone * (sizes.get(relation) ?? Infinity),
  );
}

function rowsByTable(view: JudgedView): Map<string, number> {
  return new Map(Object.entries(view.result.trace.tables).map(([name, { rows }]) => [tableName(name), rows]));
}

/**
 * The tables that a statement read or wrote row by row in good part: a backfill lasts as long as its table is large,
 * as a scan does, though Postgres reports no scan of it. Empty for what moved few rows.
 */
export function bulkWrites(
  view: JudgedView,
  statement: StatementTrace,
): { kind: string; relation: string }[] {
  const planned = view.step(statement.step)?.source?.statements ?? [];
  const kind = kinds[planned.find(({ index }) => index === statement.index)?.node ?? ''];
  const moved = statement.rows ?? 0;
  if (kind === undefined || moved < fewestRows) return [];
  const sizes = rowsByTable(view);
  // A lock that an earlier statement of the transaction took is not new to this one.
  const before = view.result.trace.statements.filter(
    ({ step, index }) => step === statement.step && index <= statement.index,
  );
  const locked = before
    .flatMap(({ locks }) => locks)
    .filter(({ mode, created }) => rowLocks.includes(mode) && !created);
  return [...new Set(locked.map(({ relation }) => tableName(relation)))]
    .filter((table) => moved >= leastShare * (sizes.get(table) ?? Infinity))
    .map((relation) => ({ kind, relation }));
}
