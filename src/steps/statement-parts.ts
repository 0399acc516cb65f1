import { messageOf } from '../foundation/errors.js';
import type { PgSession } from '../model/contracts.js';
import type { StatementTrace } from '../model/observation.js';
import type { StatementParts } from '../model/statement-parts.js';
import { statementParts } from '../sql/parts/statement-parts.js';

const keySql = `
  select pg_catalog.quote_ident(a.attname) as column
    from pg_catalog.pg_index i
    cross join lateral unnest(i.indkey::int2[]) with ordinality k (attnum, at)
    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
   where i.indrelid = pg_catalog.to_regclass($1) and i.indisprimary
   order by k.at`;

const partitionSql = `
  select pg_catalog.pg_get_partition_constraintdef(i.inhrelid) as constraint,
         case when p.partdefid not in (0, i.inhrelid) then p.partdefid::pg_catalog.regclass::text end as fallback
    from pg_catalog.pg_inherits i
    join pg_catalog.pg_partitioned_table p on p.partrelid = i.inhparent
   where i.inhrelid = pg_catalog.to_regclass($1)`;

const pendingSql = `
  select i.inhrelid::pg_catalog.regclass::text as partition
    from pg_catalog.pg_inherits i
   where i.inhdetachpending and i.inhparent = pg_catalog.to_regclass($1)`;

/**
 * Puts to each traced statement what the grammar finds in it and what the clone's catalog says of its table once the
 * step is done (nobody holds a lock there then: names may be resolved). What cannot be read is left out.
 */
export async function withParts(
  observer: Pick<PgSession, 'query'>,
  statements: readonly StatementTrace[],
  onLost: (lost: string) => void,
): Promise<StatementTrace[]> {
  const done: StatementTrace[] = [];
  for (const statement of statements) {
    const parts = await statementParts(statement.statement);
    try {
      done.push(parts ? { ...statement, ...(await fromCatalog(observer, parts)) } : statement);
    } catch (error) {
      onLost(`what the catalog says of ${parts?.table ?? 'a table'}: ${messageOf(error)}`);
      done.push(parts ? { ...statement, parts } : statement);
    }
  }
  return done;
}

async function fromCatalog(
  observer: Pick<PgSession, 'query'>,
  parts: StatementParts,
): Promise<Pick<StatementTrace, 'parts' | 'pendingDetaches'>> {
  if (parts.table === undefined) return { parts };
  const key = (await observer.query(keySql, [parts.table])).rows.map((row) => String(row.column));
  const attached = (parts.actions ?? []).find(({ kind }) => kind === 'AttachPartition')?.partition?.name;
  const child = parts.partitionOf ? parts.table : attached;
  const partition = child === undefined ? undefined : await partitionOf(observer, child);
  const detaches = (parts.actions ?? []).some(({ partition: detached }) => detached?.concurrently);
  const pending = detaches ? (await observer.query(pendingSql, [parts.table])).rows : [];
  return {
    parts: { ...parts, ...(key.length > 0 && { key }), ...(partition && { partition }) },
    ...(pending.length > 0 && { pendingDetaches: pending.map((row) => String(row.partition)) }),
  };
}

async function partitionOf(
  observer: Pick<PgSession, 'query'>,
  child: string,
): Promise<StatementParts['partition']> {
  const { rows } = await observer.query(partitionSql, [child]);
  const [row] = rows;
  if (typeof row?.constraint !== 'string') return undefined;
  return { constraint: row.constraint, ...(typeof row.fallback === 'string' && { default: row.fallback }) };
}
