import type { PgResult } from '../../model/contracts.js';
import type { SequenceValue } from '../compare-sequences.js';
import type { ProbeResult } from '../reading.js';
import { named, notOfExtension, userSchema } from './catalog-query.js';

export const sequenceValuesProbe = 'catalog.sequenceValues';

/** One UNION ALL of this many index look-ups at once: five thousand sequences are 25 round trips. */
const tablesABatch = 200;

type Query = (sql: string, params?: unknown[]) => Promise<PgResult>;

// pg_sequences gives null both for one never drawn from and for one that may not be read.
const valuesSql = `
  select ${named('n.nspname', 'c.relname')} as key, s.seqincrement::text as increment,
         has_sequence_privilege(c.oid, 'SELECT, USAGE') as readable,
         pg_sequence_last_value(c.oid)::text as last,
         o.schema, o.table, o.column, o.indexed
    from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
    left join lateral (
      select tn.nspname as schema, t.relname as table, a.attname as column,
             exists (select from pg_index i join pg_class ic on ic.oid = i.indexrelid
                      where i.indrelid = t.oid and i.indkey[0] = a.attnum and i.indisvalid and i.indpred is null
                        and ic.relam = (select oid from pg_am where amname = 'btree')) as indexed
        from pg_depend d join pg_class t on t.oid = d.refobjid join pg_namespace tn on tn.oid = t.relnamespace
        join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
       where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
         and d.refclassid = 'pg_class'::regclass and t.relkind in ('r', 'p') limit 1) o on true
   where ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}
   order by 1`;

interface SequenceRow {
  key: string;
  increment: string;
  readable: boolean;
  last: string | null;
  schema: string | null;
  table: string | null;
  column: string | null;
  indexed: boolean | null;
}

/**
 * Where each sequence stands, and the furthest key of the column it serves, where an index finds it at once. A
 * column without one is left out: its sequence is held against S0 alone.
 */
export async function readSequenceValues(query: Query): Promise<ProbeResult> {
  const shapes = (await query(valuesSql)).rows as unknown as SequenceRow[];
  const furthest = new Map<string, string | null>();
  const indexed = shapes.filter((row) => row.indexed === true);
  for (let at = 0; at < indexed.length; at += tablesABatch) {
    const batch = indexed.slice(at, at + tablesABatch).map(furthestKeySql);
    for (const row of (await query(batch.join('\nunion all\n'))).rows) {
      furthest.set(String(row.key), typeof row.furthest === 'string' ? row.furthest : null);
    }
  }
  // After the keys: traffic draws a number before it inserts it, so what was in a table then was drawn by now.
  const rows = (await query(valuesSql)).rows as unknown as SequenceRow[];
  const denied = rows.filter(({ readable }) => !readable).map(({ key }) => key);
  const items = rows
    .filter(({ readable }) => readable)
    .map(({ key, increment, last }) => ({
      key,
      value: { last, increment, furthestKey: furthest.get(key) ?? null } satisfies SequenceValue,
    }));
  if (denied.length === 0) return { items, complete: true };
  return {
    items,
    complete: false,
    reason: `permission denied for ${denied.length} sequences, e.g. ${denied[0]}`,
  };
}

function furthestKeySql({ key, increment, schema, table, column }: SequenceRow): string {
  const extreme = increment.startsWith('-') ? 'min' : 'max';
  const literal = `'${key.replaceAll("'", "''")}'`;
  const [relation, name] = [`${ident(schema)}.${ident(table)}`, ident(column)];
  return `select ${literal} as key, (select ${extreme}(${name}) from ${relation})::text as furthest`;
}

function ident(name: string | null): string {
  return `"${(name ?? '').replaceAll('"', '""')}"`;
}
