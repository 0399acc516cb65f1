import type { PgSession } from '../model/contracts.js';
import type { LockMode } from '../model/scenario.js';
import type { SqlStatement } from '../model/plan.js';
import { describeStatement } from '../sql/describe.js';
import { relationName } from '../sql/relations.js';
import { added, type Catalog, type CatalogRelation } from './catalog-snapshot.js';
import type { HeldLock } from './lock-snapshot.js';

/**
 * The table locks that the manual gives to statements which refuse a transaction block
 * (postgresql.org/docs/current/explicit-locking.html, sql-altertable.html for DETACH … CONCURRENTLY, sql-vacuum.html). On a small
 * database they are held for a millisecond or two, and polling may miss them; on a large one they are not brief.
 * `searchPath`: the schemas that the session looks a bare name up in, in order. `cutShort`: it failed after the first
 * of its transactions, see `cutShort`.
 */
export async function documentedLocks(
  statement: SqlStatement,
  before: Catalog,
  searchPath: readonly string[],
  cutShort = false,
): Promise<HeldLock[]> {
  const described = await describeStatement(statement.text);
  const locks = (names: readonly string[], mode: LockMode): HeldLock[] =>
    names.flatMap((name) => tablesNamed(before, name, searchPath).map(({ oid }) => ({ oid, mode })));
  if (described.detaches) {
    const { parent, partition } = described.detaches;
    // AccessExclusive comes with the second transaction.
    const ofPartition = cutShort ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock';
    return [...locks([parent], 'ShareUpdateExclusiveLock'), ...locks([partition], ofPartition)];
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

const pendingSql = `select 1 from pg_catalog.pg_inherits where inhdetachpending`;

/**
 * Whether a statement that failed left behind what the first of its transactions makes: an invalid index, a partition
 * whose detachment is pending. It had its locks then, however briefly.
 */
export async function cutShort(
  session: Pick<PgSession, 'query'>,
  statement: SqlStatement,
  before: Catalog,
  after: Catalog,
): Promise<boolean> {
  if (added(before.invalidIndexes, after.invalidIndexes).length > 0) return true;
  const { detaches } = await describeStatement(statement.text);
  if (!detaches) return false;
  // Before Postgres 14 there is neither the column nor the statement.
  const pending = await session.query(pendingSql).catch(() => ({ rows: [] }));
  return pending.rows.length > 0;
}

/** The tables behind a name: itself, or the table of an index. */
function tablesNamed(catalog: Catalog, name: string, searchPath: readonly string[]): CatalogRelation[] {
  const all = [...catalog.relations.values()];
  const names = name.includes('.') ? [name] : searchPath.map((schema) => relationName(schema, name));
  const [found] = names.flatMap((one) => all.find((relation) => relation.name === one) ?? []);
  if (!found) return [];
  return found.table === undefined ? [found] : all.filter((relation) => relation.name === found.table);
}
