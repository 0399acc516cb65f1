import type { PgSession } from '../model/contracts.js';
import type { TraceReport } from '../model/observation.js';
import { relationName } from '../sql/relations.js';
import { added } from './catalog-snapshot.js';

/** Columns (of tables), constraints and enum labels that a schema has. */
export interface SchemaParts {
  columns: ReadonlySet<string>;
  constraints: ReadonlySet<string>;
  enumLabels: ReadonlySet<string>;
}

const partsSql = `
  select 'column' as kind, n.nspname as schema, c.relname as of, a.attname as part
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p')
     and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  union all
  select 'constraint', n.nspname, c.relname, k.conname
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname not in ('pg_catalog', 'information_schema')
  union all
  select 'label', n.nspname, t.typname, e.enumlabel
    from pg_catalog.pg_enum e
    join pg_catalog.pg_type t on t.oid = e.enumtypid
    join pg_catalog.pg_namespace n on n.oid = t.typnamespace`;

export async function readSchemaParts(session: Pick<PgSession, 'query'>): Promise<SchemaParts> {
  const columns = new Set<string>();
  const constraints = new Set<string>();
  const enumLabels = new Set<string>();
  for (const row of (await session.query(partsSql)).rows) {
    const name = `${relationName(String(row.schema), String(row.of))}.${String(row.part)}`;
    if (row.kind === 'column') columns.add(name);
    else if (row.kind === 'constraint') constraints.add(name);
    else enumLabels.add(name);
  }
  return { columns, constraints, enumLabels };
}

/** What `after` has and `before` has not. */
export function schemaAdditions(before: SchemaParts, after: SchemaParts): TraceReport['added'] {
  return {
    columns: added(before.columns, after.columns),
    constraints: added(before.constraints, after.constraints),
    enumLabels: added(before.enumLabels, after.enumLabels),
  };
}
