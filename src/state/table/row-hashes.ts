import type { PgResult } from '../../model/contracts.js';
import { namePartsOf } from '../../sql/name-parts.js';

type Query = (sql: string, params?: unknown[]) => Promise<PgResult>;

const rowsABatch = 5_000;

export interface TableShape {
  schema: string;
  name: string;
  columns: string[];
  key: string[];
}

const shapeSql = `
  select n.nspname as schema, c.relname as name,
         (select json_agg(a.attname order by a.attnum) from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
         (select json_agg(a.attname order by array_position(i.indkey::int2[], a.attnum)) from pg_index i
            join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
           where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p')`;

/** Columns and primary key of a table, by the catalog; undefined where there is no such table. */
export async function tableShape(query: Query, table: string): Promise<TableShape | undefined> {
  const [name = table, schema = 'public'] = namePartsOf(table).toReversed();
  const { rows } = await query(shapeSql, [schema, name]);
  const row = rows[0] as
    { schema: string; name: string; columns: string[] | null; key: string[] | null } | undefined;
  return row && { schema: row.schema, name: row.name, columns: row.columns ?? [], key: row.key ?? [] };
}

/**
 * Every row's key, and a 32-bit hash of each column's text (hashtext; NULL is `n`), joined by commas: which column
 * changed is then known without keeping what was in it.
 */
export async function* rowHashes(
  query: Query,
  { schema, name, key }: TableShape,
  columns: readonly string[],
): AsyncGenerator<{ key: string; hashes: string }> {
  const [first = ''] = key;
  const keyText =
    key.length === 1
      ? `${ident(first)}::text`
      : `json_build_array(${key.map((k) => `${ident(k)}::text`).join(', ')})::text`;
  const hashes = columns.map((column) => `coalesce(hashtext(${ident(column)}::text collate "C")::text, 'n')`);
  const hashText = hashes.length === 0 ? `''` : hashes.join(` || ',' || `);
  await query('begin transaction isolation level repeatable read read only');
  try {
    await query(
      `declare dten_rows no scroll cursor for select ${keyText} as key, ${hashText} as hashes from ${ident(schema)}.${ident(name)}`,
    );
    for (;;) {
      const { rows } = await query(`fetch ${rowsABatch} from dten_rows`);
      for (const row of rows) yield { key: String(row.key), hashes: String(row.hashes) };
      if (rows.length < rowsABatch) return;
    }
  } finally {
    await query('rollback').catch(() => undefined);
  }
}

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
