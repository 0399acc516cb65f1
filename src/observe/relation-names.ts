import type { ServerSession } from './server-session.js';

export interface RelationName {
  /** `schema.name` */
  name: string;
  /** `schema.table` that an index or TOAST table belongs to; the relation itself for a table. */
  table: string;
  /** The table's storage: an index or TOAST, not the table itself. */
  part: boolean;
  isSystem: boolean;
}

/**
 * TOAST tables and their indexes are named after the table they serve. Reads the catalog's rows only: the size
 * and definition functions would queue behind a table's AccessExclusiveLock.
 */
const namesQuery = `
select c.oid::text, n.nspname, c.relname, tn.nspname as table_schema, t.relname as table_name,
       n.nspname in ('pg_catalog', 'information_schema') as is_system
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_index i on i.indexrelid = c.oid
left join pg_class owner on owner.reltoastrelid = coalesce(i.indrelid, c.oid)
left join pg_class t on t.oid = coalesce(owner.oid, i.indrelid)
left join pg_namespace tn on tn.oid = t.relnamespace
where $1::oid[] is null or c.oid = any ($1)`;

/**
 * Names of relations by oid, looked up as soon as a wait names them: what a step drops keeps the name it had.
 */
export class RelationNames {
  private readonly byOid = new Map<number, RelationName>();

  constructor(private readonly session: ServerSession) {}

  /** Every relation, as it is now. */
  async loadAll(): Promise<void> {
    await this.load(null);
  }

  async learn(oids: readonly number[]): Promise<void> {
    const unknown = [...new Set(oids)].filter((oid) => oid > 0 && !this.byOid.has(oid));
    if (unknown.length > 0) await this.load(unknown);
  }

  get(oid: number): RelationName | undefined {
    return this.byOid.get(oid);
  }

  /** The relation a message calls `name`, without its schema: known only if one schema has it, or public has. */
  byPlainName(name: string): RelationName | undefined {
    const found = [...this.byOid.values()].filter(
      (one) => one.name.slice(one.name.indexOf('.') + 1) === name,
    );
    return found.length === 1 ? found[0] : found.find((one) => one.name.startsWith('public.'));
  }

  private async load(oids: number[] | null): Promise<void> {
    const { rows } = await this.session.query(namesQuery, [oids]);
    for (const row of rows) {
      const name = `${String(row.nspname)}.${String(row.relname)}`;
      const table =
        typeof row.table_name === 'string' ? `${String(row.table_schema)}.${row.table_name}` : undefined;
      this.byOid.set(Number(row.oid), {
        name,
        table: table ?? name,
        part: table !== undefined,
        isSystem: row.is_system === true,
      });
    }
  }
}
