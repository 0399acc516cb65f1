import type { LedgerValue } from '../model/ledger.js';

/** One operation on one key, as far as it can have taken effect: rejected ones are apart. */
export interface Operation {
  op: 'create' | 'update' | 'delete';
  values: Readonly<Record<string, LedgerValue>>;
  /** It takes effect at one instant of [sentUs, endUs]; Infinity: indeterminate, at any instant from then on. */
  sentUs: number;
  endUs: number;
  /** False: it may also never take effect. */
  certain: boolean;
}

/** What was there before the first operation: nothing, or nobody knows what. */
export type Before = 'absent' | 'unknown';

/** Whether a value that was written is the one that was found. */
export type SameValue = (column: string, written: LedgerValue, found: string | null) => boolean;

/** A row as found: its columns, as text. */
export type FoundRow = Readonly<Record<string, string | null>>;

/**
 * Whether some order of the operations, each at an instant of its interval, leaves the key as it was found: a
 * register a column, written together by a create (columns it does not name: unknown) and emptied by a delete. Only
 * the last write of each column shows, so a state is reached exactly if each column can be given a last writer such
 * that "before it" has no cycle and every instant still lies in its interval.
 * `columns`: those that are compared.
 */
export function isReachable(
  history: readonly Operation[],
  before: Before,
  found: FoundRow | undefined,
  columns: readonly string[],
  same: SameValue,
): boolean {
  const operations = withoutTwins(history);
  const certain = operations.filter((operation) => operation.certain);
  if (!found) return absentReachable(operations, certain);
  const makers = certain.filter(({ op }) => op !== 'update');
  // Who made the row that is there: a create, or whoever did it before the first operation.
  const creators: (Operation | undefined)[] = operations.filter(
    (operation) => operation.op === 'create' && canBeLast(operation, makers),
  );
  if (before === 'unknown' && makers.length === 0) creators.push(undefined);
  return creators.some((creator) => columnsReachable(operations, certain, creator, found, columns, same));
}

/**
 * Of what may or may not have happened, identical ones are as good as their first: it may come at any instant that the
 * others may. A thousand timeouts of one request are then one operation.
 */
function withoutTwins(operations: readonly Operation[]): Operation[] {
  const firsts = new Map<string, Operation>();
  for (const operation of operations) {
    if (operation.certain) continue;
    const twin = `${operation.op} ${JSON.stringify(Object.entries(operation.values).sort())}`;
    const first = firsts.get(twin);
    if (!first || operation.sentUs < first.sentUs) firsts.set(twin, operation);
  }
  const kept = new Set(firsts.values());
  return operations.filter((operation) => operation.certain || kept.has(operation));
}

function absentReachable(operations: readonly Operation[], certain: readonly Operation[]): boolean {
  // An acknowledged update found the row there; one that comes after a delete found nothing to change.
  const proofs = certain.filter(({ op }) => op !== 'delete');
  if (proofs.length === 0) return true;
  const creates = certain.filter(({ op }) => op === 'create');
  return operations.some((operation) => operation.op === 'delete' && canBeLast(operation, creates));
}

/** Some instant of the operation is not before any of these has begun. */
function canBeLast(operation: Operation, others: readonly Operation[]): boolean {
  return others.every((other) => other === operation || other.sentUs <= operation.endUs);
}

function columnsReachable(
  operations: readonly Operation[],
  certain: readonly Operation[],
  creator: Operation | undefined,
  found: FoundRow,
  columns: readonly string[],
  same: SameValue,
): boolean {
  const candidates = columns.map((column): (Operation | undefined)[] => {
    const value = found[column] ?? null;
    const writers = operations.filter(
      (operation) =>
        operation.op === 'update' &&
        column in operation.values &&
        same(column, operation.values[column] ?? null, value),
    );
    // What the creator did not say may be anything.
    const madeSo =
      !creator || !(column in creator.values) || same(column, creator.values[column] ?? null, value);
    const own = madeSo ? [creator] : [];
    // A quick look before the search: nothing certain that writes the column begins after its last writer has ended.
    const others = certain.filter((operation) => writes(operation, column));
    const latest = latestOf(others);
    const next = latestOf(others.filter((operation) => operation !== latest));
    const mayBeLast = (last: Operation | undefined) =>
      last
        ? ((last === latest ? next : latest)?.sentUs ?? Number.NEGATIVE_INFINITY) <= last.endUs
        : others.length === 0;
    // The latest first: it is the likeliest.
    return [...writers.reverse(), ...own].filter(mayBeLast);
  });
  if (candidates.some((writers) => writers.length === 0)) return false;
  const chosen = new Map<string, Operation | undefined>();
  const choose = (at: number): boolean => {
    const column = columns[at];
    if (column === undefined) return isOrderable(certain, creator, chosen);
    for (const operation of candidates[at] ?? []) {
      chosen.set(column, operation);
      if (choose(at + 1)) return true;
    }
    chosen.delete(column);
    return false;
  };
  return choose(0);
}

function writes(operation: Operation, column: string): boolean {
  return operation.op !== 'update' || column in operation.values;
}

function latestOf(operations: readonly Operation[]): Operation | undefined {
  let latest: Operation | undefined;
  for (const operation of operations) if (!latest || operation.sentUs > latest.sentUs) latest = operation;
  return latest;
}

/**
 * Whether the chosen last writers can all be last at once. Edges: everything that takes effect and writes a column
 * comes before its last writer (so the creator, which writes them all, before the updates that show). Each operation
 * then takes effect at the latest of its own start and of those before it, which must not be past its end.
 */
function isOrderable(
  certain: readonly Operation[],
  creator: Operation | undefined,
  lastWriters: ReadonlyMap<string, Operation | undefined>,
): boolean {
  const effective = new Set(certain);
  if (creator) effective.add(creator);
  for (const operation of lastWriters.values()) if (operation) effective.add(operation);
  const before = new Map<Operation, Set<Operation>>();
  const put = (first: Operation, then: Operation) => {
    if (first === then) return;
    const known = before.get(then);
    if (known) known.add(first);
    else before.set(then, new Set([first]));
  };
  for (const [column, last] of lastWriters) {
    for (const operation of effective) {
      if (operation === last || !writes(operation, column)) continue;
      if (!last) return false;
      put(operation, last);
    }
  }
  for (const operation of effective) {
    if (creator && operation !== creator && operation.op !== 'update') put(operation, creator);
    if (!creator && operation.op !== 'update') return false;
  }
  const instants = new Map<Operation, number | undefined>();
  const instantOf = (operation: Operation): number | undefined => {
    if (instants.has(operation)) return instants.get(operation); // undefined: still being worked out, a cycle
    instants.set(operation, undefined);
    let at = operation.sentUs;
    for (const earlier of before.get(operation) ?? []) {
      const instant = instantOf(earlier);
      if (instant === undefined) return undefined;
      at = Math.max(at, instant);
    }
    if (at > operation.endUs) return undefined;
    instants.set(operation, at);
    return at;
  };
  return [...effective].every((operation) => instantOf(operation) !== undefined);
}
