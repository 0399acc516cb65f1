import type { LedgerWrite, LossClass } from '../model/ledger.js';
import { isReachable, type Before, type FoundRow, type Operation, type SameValue } from './history.js';

/** A write without what all writes of one key have in common. */
export type KeyWrite = Omit<LedgerWrite, 'entity' | 'key'>;

/** What an earlier audit found, with nothing under way, where it could be explained. */
export interface Sighting {
  atUs: number;
  row: FoundRow | undefined;
}

/** Everything known of one key; writes in the order they were sent. */
export interface KeyHistory {
  writes: readonly KeyWrite[];
  sighting?: Sighting;
}

export interface KeyLoss {
  class: LossClass;
  column?: string;
  /** What it may be, as written. */
  expected: (string | null)[];
  found: string | null;
  write?: KeyWrite;
}

export interface KeyCheck {
  losses: KeyLoss[];
  /** Indeterminate writes without which what was found cannot be explained. */
  landed: number;
}

/**
 * Compares what was found for one key with what its writes can have left there: any state that some order of them
 * reaches is right. Pure.
 */
export function checkKey(history: KeyHistory, rows: readonly FoundRow[], same: SameValue): KeyCheck {
  if (isAsCreated(history, rows, same)) return { losses: [], landed: 0 };
  const { operations, before, columns, indeterminate } = readHistory(history);
  const [first] = rows;
  if (operations.length === 0 && before === 'unknown') return { losses: [], landed: 0 };
  const explains = (row: FoundRow | undefined, from = operations) =>
    isReachable(from, before, row, columns, same);

  const losses: KeyLoss[] = [];
  if (rows.length > 1)
    losses.push({ class: 'duplicated', expected: [], found: `${rows.length} rows`, ...lastOf(history) });
  const right = rows.length === 0 ? explains(undefined) : rows.some((row) => explains(row));
  if (!right) losses.push(...classify(history, operations, before, columns, first, same));
  let landed = 0;
  if (right) {
    const row = rows.find((candidate) => explains(candidate));
    for (const one of indeterminate) {
      if (
        !explains(
          row,
          operations.filter((operation) => operation !== one),
        )
      )
        landed += 1;
    }
  }
  return { losses, landed };
}

/** Most keys are created once and found so: that is told without a search. */
function isAsCreated({ writes, sighting }: KeyHistory, rows: readonly FoundRow[], same: SameValue): boolean {
  const [write] = writes;
  const [row] = rows;
  if (!write || !row || writes.length > 1 || rows.length > 1 || sighting) return false;
  if (write.op !== 'create' || write.state !== 'acknowledged') return false;
  for (const column in write.values) {
    if (!same(column, write.values[column] ?? null, row[column] ?? null)) return false;
  }
  return true;
}

interface ReadHistory {
  operations: Operation[];
  before: Before;
  /** Those that some operation names. */
  columns: string[];
  indeterminate: Operation[];
}

function readHistory({ writes, sighting }: KeyHistory): ReadHistory {
  const operations: Operation[] = [];
  const columns = new Set<string>();
  const indeterminate: Operation[] = [];
  if (sighting) operations.push(sightingAsOperation(sighting));
  for (const { op, values, sentUs, endUs, state } of writes) {
    if (state === 'rejected') continue;
    const certain = state === 'acknowledged';
    // What was certain before the sighting is in it; what was not may still come.
    if (sighting && certain && endUs <= sighting.atUs) continue;
    for (const column of Object.keys(values)) columns.add(column);
    const from = sighting && !certain ? Math.max(sentUs, sighting.atUs) : sentUs;
    const operation = {
      op,
      values,
      sentUs: from,
      endUs: certain ? endUs : Number.POSITIVE_INFINITY,
      certain,
    };
    operations.push(operation);
    if (!certain) indeterminate.push(operation);
  }
  if (sighting)
    for (const { values } of writes) for (const column of Object.keys(values)) columns.add(column);
  return {
    operations,
    before: sighting ? 'absent' : beforeOf(writes),
    columns: [...columns],
    indeterminate,
  };
}

function sightingAsOperation({ atUs, row }: Sighting): Operation {
  return { op: row ? 'create' : 'delete', values: row ?? {}, sentUs: atUs, endUs: atUs, certain: true };
}

/**
 * A key whose first write creates it was not there before; unless a conflict says that it was, before any write
 * of ours could have put it there.
 */
function beforeOf(writes: readonly KeyWrite[]): Before {
  if (writes[0]?.op !== 'create') return 'unknown';
  const made = writes.filter(({ op, state }) => op === 'create' && state !== 'rejected');
  const foreign = writes.some((write) => write.conflict && !made.some(({ sentUs }) => sentUs <= write.endUs));
  return foreign ? 'unknown' : 'absent';
}

function classify(
  history: KeyHistory,
  operations: readonly Operation[],
  before: Before,
  columns: readonly string[],
  found: FoundRow | undefined,
  same: SameValue,
): KeyLoss[] {
  if (!found) return [{ class: 'row lost', expected: [], found: null, ...lastOf(history) }];
  if (!isReachable(operations, before, found, [], same)) {
    const deleted = operations.some(({ op, certain }) => op === 'delete' && certain);
    return [
      { class: deleted ? 'resurrected delete' : 'phantom', expected: [], found: 'a row', ...lastOf(history) },
    ];
  }
  const wrong = columns.filter((column) => !isReachable(operations, before, found, [column], same));
  const right = columns.filter((column) => !wrong.includes(column));
  const values = wrong.map((column) =>
    classifyValue(history, operations, column, found[column] ?? null, same),
  );
  if (isReachable(operations, before, found, right, same)) return values;
  // Each of the others can be, but not all of them together: half of one write and half of another.
  const torn = right.filter((column) => found[column] !== undefined).join(' + ');
  return [
    ...values,
    { class: 'changed', column: torn, expected: [], found: 'values of different writes', ...lastOf(history) },
  ];
}

function classifyValue(
  history: KeyHistory,
  operations: readonly Operation[],
  column: string,
  found: string | null,
  same: SameValue,
): KeyLoss {
  const written = operations.filter(({ op, values }) => op !== 'delete' && column in values);
  const certain = written.filter((operation) => operation.certain);
  const lastSentUs = Math.max(Number.NEGATIVE_INFINITY, ...certain.map(({ sentUs }) => sentUs));
  const possible = written.filter(({ endUs }) => endUs >= lastSentUs);
  const expected = [...new Set(possible.map(({ values }) => textOf(values[column] ?? null)))];
  const about = { column, expected, found, ...lastOf(history, column) };
  const older = [
    ...written,
    ...history.writes.filter(({ state, op }) => state !== 'rejected' && op !== 'delete'),
  ];
  if (older.some(({ values }) => column in values && same(column, values[column] ?? null, found)))
    return { class: 'reverted update', ...about };
  if (found === null) return { class: 'value lost', ...about };
  const refused = history.writes.filter(({ state }) => state === 'rejected');
  if (refused.some(({ values }) => column in values && same(column, values[column] ?? null, found)))
    return { class: 'phantom', ...about };
  const cut = expected.some((text) => text !== null && text.length > found.length && text.startsWith(found));
  return { class: cut ? 'truncated' : 'changed', ...about };
}

/** The write that a loss belongs to: the last one acknowledged (of the column), else the last that may have happened. */
function lastOf({ writes }: KeyHistory, column?: string): { write?: KeyWrite } {
  const about = writes.filter(({ values }) => column === undefined || column in values);
  const write =
    about.findLast(({ state }) => state === 'acknowledged') ??
    about.findLast(({ state }) => state === 'indeterminate') ??
    about.at(-1);
  return write ? { write } : {};
}

function textOf(value: string | number | boolean | null): string | null {
  return value === null ? null : String(value);
}
