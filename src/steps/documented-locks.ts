import type { LockMode } from '../model/scenario.js';
import type { SqlStatement } from '../model/plan.js';
import { describeStatement } from '../sql/describe.js';
import { relationName } from '../sql/relations.js';
import type { Catalog, CatalogRelation } from './catalog-snapshot.js';
import type { HeldLock } from './lock-snapshot.js';

/**
 * The table locks that the manual gives to statements which refuse a transaction block
 * (postgresql.org/docs/current/explicit-locking.html, sql-altertable.html for DETACH … CONCURRENTLY, sql-vacuum.html). On a small
 * database they are held for a millisecond or two, and polling may miss them; on a large one they are not brief.
 * `searchPath`: the schemas that the session looks a bare name up in, in order.
 */
export async function documentedLocks(
  statement: SqlStatement,
  before: Catalog,
  searchPath: readonly string[],
): Promise<HeldLock[]> {
  const described = await describeStatement(statement.text);
  const locks = (names: readonly string[], mode: LockMode): HeldLock[] =>
    names.flatMap((name) => tablesNamed(before, name, searchPath).map(({ oid }) => ({ oid, mode })));
  if (described.detaches) {
    const { parent, partition } = described.detaches;
    return [...locks([parent], 'ShareUpdateExclusiveLock'), ...locks([partition], 'AccessExclusiveLock')];
  }
  if (described.index?.concurrently) return locks([described.index.table], 'ShareUpdateExclusiveLock');
  if (described.dropsIndexes.length > 0) return locks(described.dropsIndexes, 'ShareUpdateExclusiveLock');
  if (described.vacuums) {
    return locks(
      described.relations,
      described.vacuums === 'full' ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock',
    );
  }
  if (described.reindexesConcurrently) return locks(described.relations, 'ShareUpdateExclusiveLock');
  return [];
}

/** The tables behind a name: itself, or the table of an index. */
function tablesNamed(catalog: Catalog, name: string, searchPath: readonly string[]): CatalogRelation[] {
  const all = [...catalog.relations.values()];
  const names = name.includes('.') ? [name] : searchPath.map((schema) => relationName(schema, name));
  const [found] = names.flatMap((one) => all.find((relation) => relation.name === one) ?? []);
  if (!found) return [];
  return found.table === undefined ? [found] : all.filter((relation) => relation.name === found.table);
}
