import type { PgSession } from '../model/contracts.js';
import type { TraceReport } from '../model/observation.js';
import { relationName } from '../sql/relations.js';

// The size functions wait for a table under AccessExclusive: ask only while nobody migrates. A partitioned table
// has the bytes and rows of its leaves.
const sizesSql = `
  select n.nspname as schema, c.relname as name,
         coalesce(sum(pg_catalog.pg_total_relation_size(leaf.oid)) filter (where tree.isleaf), 0)::text as bytes,
         coalesce(sum(greatest(leaf.reltuples, 0)) filter (where tree.isleaf), 0)::text as rows
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral pg_catalog.pg_partition_tree(c.oid) tree
    join pg_catalog.pg_class leaf on leaf.oid = tree.relid
   where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     and n.nspname not like 'pg\\_temp\\_%'
   group by 1, 2
  union all
  select n.nspname, c.relname, pg_catalog.pg_total_relation_size(c.oid)::text, greatest(c.reltuples, 0)::text
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     and not exists (select from pg_catalog.pg_partition_tree(c.oid))`;

/** Heap + TOAST + indexes of each user table, in bytes, and its estimated rows. */
export async function readTableSizes(session: Pick<PgSession, 'query'>): Promise<TraceReport['tables']> {
  const { rows } = await session.query(sizesSql);
  return Object.fromEntries(
    rows.map((row) => [
      relationName(String(row.schema), String(row.name)),
      { bytes: Number(row.bytes), rows: Math.round(Number(row.rows)) },
    ]),
  );
}
