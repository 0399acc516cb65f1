import type { PgSession } from '../model/contracts.js';
import { relationName } from '../sql/relations.js';

type Session = Pick<PgSession, 'query'>;

/** A table's rows, whatever their order: how many, and a sum of hashes over the columns named. */
export interface TableState {
  /** Quoted, to be read again. */
  relation: string;
  /** Name → quoted. */
  columns: ReadonlyMap<string, string>;
  rows: string;
  hash: string;
}

/** A database at rest: the rows of its tables, and its schema as lines that can be compared. */
export interface DatabaseState {
  tables: ReadonlyMap<string, TableState>;
  schema: ReadonlySet<string>;
}

const userSchemas = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'`;

const columnsSql = `
  select n.nspname as schema, c.relname as name, format('%I.%I', n.nspname, c.relname) as relation,
         a.attname as column, quote_ident(a.attname) as quoted
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
   where c.relkind in ('r', 'p') and not c.relispartition and ${userSchemas}
   order by 1, 2, a.attname`;

// The order of columns is left out: dropping one and adding it again moves it, and loses nothing by that.
const schemaSql = `
  select 'column ' || format('%s.%s %s%s%s', n.nspname || '.' || c.relname, a.attname,
           format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
           coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where c.relkind in ('r', 'p', 'v', 'm') and ${userSchemas}
  union all
  select format('index %s.%s%s on %s: %s', n.nspname, x.relname, case when i.indisvalid then '' else ' (invalid)' end,
           t.relname, pg_get_indexdef(i.indexrelid))
    from pg_index i
    join pg_class x on x.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = x.relnamespace
   where ${userSchemas}
  union all
  select format('constraint %s on %s.%s: %s', k.conname, n.nspname, c.relname, pg_get_constraintdef(k.oid))
    from pg_constraint k
    join pg_class c on c.oid = k.conrelid
    join pg_namespace n on n.oid = c.relnamespace
   where ${userSchemas}
  union all
  select format('trigger %s on %s.%s (%s)', g.tgname, n.nspname, c.relname, g.tgenabled)
    from pg_trigger g
    join pg_class c on c.oid = g.tgrelid
    join pg_namespace n on n.oid = c.relnamespace
   where not g.tgisinternal and ${userSchemas}
  union all
  select format('function %s.%s(%s): %s', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid), md5(p.prosrc))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where ${userSchemas}
  union all
  select format('label %s of %s.%s', e.enumlabel, n.nspname, t.typname)
    from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
  union all
  select format('%s %s.%s', case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'materialised view'
           else 'table' end, n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'v', 'm', 'S') and ${userSchemas}`;

/** Reads every row once. `like`: only the tables and columns that this earlier state has, so that hashes compare. */
export async function readDatabaseState(session: Session, like?: DatabaseState): Promise<DatabaseState> {
  const found = new Map<string, { relation: string; columns: Map<string, string> }>();
  for (const row of (await session.query(columnsSql)).rows) {
    const name = relationName(String(row.schema), String(row.name));
    const table = found.get(name) ?? { relation: String(row.relation), columns: new Map<string, string>() };
    table.columns.set(String(row.column), String(row.quoted));
    found.set(name, table);
  }
  const tables = new Map<string, TableState>();
  for (const [name, { relation, columns }] of found) {
    const wanted = like ? like.tables.get(name)?.columns : columns;
    if (!wanted) continue;
    const kept = new Map([...wanted].filter(([column]) => columns.has(column)));
    tables.set(name, { relation, columns: kept, ...(await readRows(session, relation, [...kept.values()])) });
  }
  const lines = (await session.query(schemaSql)).rows.map((row) => String(row.line));
  return { tables, schema: new Set(lines.map((line) => line.replaceAll('public.', ''))) };
}

/** As text, so that a type that was changed and changed back compares by its values. */
export async function readRows(
  session: Session,
  relation: string,
  columns: readonly string[],
): Promise<{ rows: string; hash: string }> {
  const value =
    columns.length === 0 ? `''` : `row(${columns.map((column) => `${column}::text`).join(', ')})::text`;
  const { rows } = await session.query(
    `select count(*)::text as rows, coalesce(sum(hashtextextended(${value}, 0)::numeric), 0)::text as hash from ${relation}`,
  );
  return { rows: String(rows[0]?.rows), hash: String(rows[0]?.hash) };
}
