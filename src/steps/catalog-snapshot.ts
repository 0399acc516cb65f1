import type { PgSession } from '../model/contracts.js';
import { relationName } from '../sql/relations.js';

export interface CatalogRelation {
  oid: string;
  /** `orders`, `sales.orders`; a TOAST table is `orders (toast)`. */
  name: string;
  /** pg_class.relkind */
  kind: string;
  /** Changes when the storage is replaced; 0 where there is none (partitioned parents, views). */
  filenode: string;
  /** Of an index or TOAST table. */
  table?: string;
}

/** What one session sees of the user's catalog. */
export interface Catalog {
  relations: ReadonlyMap<string, CatalogRelation>;
  invalidIndexes: ReadonlySet<string>;
  /** `orders.orders_total_check` */
  unvalidatedConstraints: ReadonlySet<string>;
  /** Constraint name → its tables, for messages that name only the constraint. */
  foreignKeys: ReadonlyMap<string, string[]>;
}

/**
 * Objects made after initdb have OIDs from FirstNormalObjectId (src/include/access/transam.h); what is below
 * belongs to the system.
 */
export const firstNormalObjectId = 16_384;

// pg_class itself and pg_relation_filenode are safe to read beside AccessExclusive locks; the size functions,
// pg_get_indexdef and a regclass cast of a name are not.
const relationsSql = `
  select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind::text as kind,
         pg_catalog.pg_relation_filenode(c.oid)::text as filenode,
         coalesce(tn.nspname, xn.nspname, yn.nspname) as table_schema,
         coalesce(t.relname, x.relname, y.relname) as table_name
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_class t on c.relkind = 't' and t.reltoastrelid = c.oid
    left join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    left join pg_catalog.pg_index i on i.indexrelid = c.oid
    left join pg_catalog.pg_class x on x.oid = i.indrelid and x.relkind <> 't'
    left join pg_catalog.pg_namespace xn on xn.oid = x.relnamespace
    left join pg_catalog.pg_class y on y.reltoastrelid = i.indrelid and y.reltoastrelid <> 0
    left join pg_catalog.pg_namespace yn on yn.oid = y.relnamespace
   where c.oid >= ${firstNormalObjectId}`;

const flagsSql = `
  select 'index' as kind, n.nspname as schema, c.relname as name, '' as of
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where not i.indisvalid
  union all
  select case when k.convalidated then 'foreign key' else 'unvalidated' end, n.nspname, c.relname, k.conname
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where not k.convalidated or k.contype = 'f'`;

interface RelationRow {
  oid: string;
  schema: string;
  name: string;
  kind: string;
  filenode: string | null;
  table_schema: string | null;
  table_name: string | null;
}

function toastName(table: string, kind: string): string {
  return `${table} (${kind === 't' ? 'toast' : 'toast index'})`;
}

/** Reads the catalog as the session's transaction sees it, its own uncommitted changes included. */
export async function readCatalog(session: Pick<PgSession, 'query'>): Promise<Catalog> {
  const relations = new Map<string, CatalogRelation>();
  for (const row of (await session.query(relationsSql)).rows as unknown as RelationRow[]) {
    const { oid, kind } = row;
    const table = row.table_name === null ? undefined : relationName(row.table_schema ?? '', row.table_name);
    relations.set(oid, {
      oid,
      name:
        table !== undefined && row.schema === 'pg_toast'
          ? toastName(table, kind)
          : relationName(row.schema, row.name),
      kind,
      filenode: row.filenode ?? '0',
      ...(table === undefined ? {} : { table }),
    });
  }

  const invalidIndexes = new Set<string>();
  const unvalidatedConstraints = new Set<string>();
  const foreignKeys = new Map<string, string[]>();
  for (const row of (await session.query(flagsSql)).rows) {
    const name = relationName(String(row.schema), String(row.name));
    const constraint = String(row.of);
    if (row.kind === 'index') invalidIndexes.add(name);
    else foreignKeys.set(constraint, [...(foreignKeys.get(constraint) ?? []), name]);
    if (row.kind === 'unvalidated') unvalidatedConstraints.add(`${name}.${constraint}`);
  }
  return { relations, invalidIndexes, unvalidatedConstraints, foreignKeys };
}

function isToast(name: string): boolean {
  return name.endsWith(' (toast index)') || name.endsWith(' (toast)');
}

/** Tables, materialised views and indexes whose storage was replaced although they stayed. */
export function rewritten(before: Catalog, after: Catalog): string[] {
  const names: string[] = [];
  for (const [oid, { filenode, kind, name }] of before.relations) {
    const now = after.relations.get(oid)?.filenode;
    if (now === undefined || now === filenode || filenode === '0' || now === '0') continue;
    if (['r', 'm', 'i'].includes(kind) && !isToast(name)) names.push(name);
  }
  return names.sort();
}

/** What the second set has and the first has not. */
export function added(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...after].filter((name) => !before.has(name)).sort();
}
