import type { StateClass } from '../../model/state.js';

/**
 * One built-in probe: rows of (key, value). Everything is read from pg_catalog; functions that lock what they
 * describe (pg_get_indexdef, pg_get_viewdef, pg_get_expr) run into the observer's lock_timeout on a table under
 * AccessExclusiveLock, and the probe is then unknown with that reason.
 */
export interface CatalogQuery {
  /** `catalog.indexes` */
  probe: string;
  class: StateClass;
  sql(versionNumber: number): string;
  /** What is wrong with an item by itself. */
  odd?(value: Record<string, unknown>): string | undefined;
  /** Fields of a value of which only a salted hash is kept. */
  secrets?: readonly string[];
}

/** `orders`, `sales.orders`, `"Odd Name"`: as dten names relations, quoted where SQL would need it. */
export const named = (schema: string, name: string): string =>
  `case ${schema} when 'public' then '' else quote_ident(${schema}) || '.' end || quote_ident(${name})`;

export const userSchema = (alias = 'n'): string =>
  `${alias}.nspname !~ '^pg_' and ${alias}.nspname <> 'information_schema'`;

/** What an extension made is described by the extension's version. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend x where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.deptype = 'e')`;

/**
 * Grants as a sorted list. No grants at all mean Postgres's defaults for the kind (acldefault), which a GRANT and its
 * REVOKE leave written out: the two are the same rights.
 */
export const grants = (acl: string, kind: string, owner: string): string =>
  `(select json_agg(g::text order by g::text) from unnest(coalesce(${acl}, acldefault('${kind}', ${owner}))) g)`;

export const sorted = (texts: string): string => `(select json_agg(o order by o) from unnest(${texts}) o)`;

export const comment = (catalog: string, oid: string): string =>
  `(select description from pg_description where classoid = '${catalog}'::regclass and objoid = ${oid} and objsubid = 0)`;
