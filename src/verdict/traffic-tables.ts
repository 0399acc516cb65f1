import type { StatementTrace, TracedLock } from '../model/observation.js';
import type { ResultView } from '../model/result.js';
import { tableName } from './wording.js';

/** `unknown` is judged as touched, and said. */
type Touch = 'touched' | 'untouched' | 'unknown';

export interface TrafficTables {
  touch(table: string): Touch;
  /** Every table known to be touched. */
  readonly touched: readonly string[];
}

/**
 * Which tables the traffic touches: those that endpoints declare, and those whose scans and writes grew between
 * the first and the last server sample before the upgrade (background jobs count too: a table that a report reads
 * has somebody to block). A table that appeared with the upgrade is untouched unless it is declared. Where an
 * endpoint had no request before the upgrade, what it touches did not show: no growth then proves nothing. Views
 * have no counters of their own.
 */
export function findTrafficTables(view: ResultView): TrafficTables {
  const declared = new Set<string>();
  for (const endpoint of Object.values(view.plan.scenario.traffic.endpoints)) {
    for (const table of endpoint.tables) declared.add(tableName(table));
    const written = [...endpoint.writes, ...endpoint.variants.flatMap(({ writes }) => writes)];
    for (const item of written) if (item.includes('.')) declared.add(tableName(item).replace(/\.[^.]*$/, ''));
  }

  const upgradeFromUs = view.phases.find(({ phase }) => phase === 'upgrade')?.fromUs ?? Infinity;
  const before = view.server.filter(({ atUs }) => atUs <= upgradeFromUs).sort((a, b) => a.atUs - b.atUs);
  const first = before[0]?.tableActivity ?? {};
  const last = before.length > 1 ? (before.at(-1)?.tableActivity ?? {}) : {};
  const grew = new Map<string, boolean>();
  for (const [relation, activity] of Object.entries(last)) {
    grew.set(tableName(relation), activity > (first[relation] ?? 0));
  }
  const allSeen = view.endpoints.every((_, at) => seenBefore(view, at, upgradeFromUs));
  const views = new Set(
    view.trace.statements
      .flatMap(({ locks }) => locks)
      .filter(({ relkind, created }) => relkind === 'v' && !created)
      .map(({ relation }) => tableName(relation)),
  );
  const existed = new Set(Object.keys(view.trace.tables).map(tableName));
  const traced = view.trace.state === 'complete' && existed.size > 0;

  return {
    touch(relation) {
      const table = tableName(relation);
      if (declared.has(table)) return 'touched';
      const growth = grew.get(table);
      if (growth === true) return 'touched';
      if (growth === false) return allSeen ? 'untouched' : 'unknown';
      return traced && !existed.has(table) && !views.has(table) ? 'untouched' : 'unknown';
    },
    touched: [...new Set([...declared, ...[...grew].filter(([, growth]) => growth).map(([table]) => table)])],
  };
}

function seenBefore(view: ResultView, endpoint: number, us: number): boolean {
  return view.seconds.some(
    ({ second, tallies }) =>
      second * 1_000_000 < us &&
      tallies.some((tally) => tally.endpoint === endpoint && tally.intended > tally.dropped),
  );
}

/** Said wherever a table is judged as touched because nobody knows. */
export function unknownTouch(tables: TrafficTables, table: string): string {
  return tables.touch(table) === 'unknown'
    ? ` (whether traffic touches ${table} is not known: taken as touched)`
    : '';
}

/**
 * The table whose users a lock is felt by: itself, or for an index or TOAST table the one it belongs to. Where the
 * trace does not say whose it is: each table that the same statement locked.
 */
export function tablesBehind(statement: StatementTrace, lock: TracedLock): string[] {
  if (lock.table !== undefined) return [tableName(lock.table)];
  if (!['i', 'I', 't'].includes(lock.relkind)) return [tableName(lock.relation)];
  const tables = statement.locks.filter(({ relkind }) => ['r', 'p', 'm'].includes(relkind));
  return tables.length > 0 ? tables.map(({ relation }) => tableName(relation)) : [tableName(lock.relation)];
}
