import type { PgSession } from '../model/contracts.js';
import type { SqlStatement } from '../model/plan.js';
import { describeStatement, type IndexDescription } from '../sql/describe.js';
import { relationName } from '../sql/relations.js';
import { failed, type FailedOutcome } from './failure.js';

interface InvalidIndex {
  oid: string;
  /** `orders_idx`, `sales.orders_idx` */
  name: string;
  /** Quoted for SQL, with its schema. */
  quoted: string;
  bareName: string;
  table: string;
}

const listInvalid = `
  select i.indexrelid::text as oid, n.nspname as schema, c.relname as name,
         tn.nspname as table_schema, t.relname as table,
         format('%I.%I', n.nspname, c.relname) as quoted
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_class t on t.oid = i.indrelid
    join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
   where not i.indisvalid and c.relkind = 'i'`;

/**
 * The invalid indexes that the concurrent index statements of one step may leave. CREATE INDEX CONCURRENTLY that
 * fails leaves an index that costs every write and serves no read, and a second try with IF NOT EXISTS
 * "succeeds" on it; REINDEX CONCURRENTLY leaves `…_ccnew` or `…_ccold`
 * (postgresql.org/docs/current/sql-createindex.html, sql-reindex.html).
 */
export class InvalidIndexes {
  private readonly statements: SqlStatement[];
  private existing: ReadonlySet<string> | undefined;
  private described: Promise<{ created: IndexDescription[]; reindexes: boolean }> | undefined;

  constructor(statements: readonly SqlStatement[]) {
    this.statements = statements.filter(
      (s) => !s.transactional && (s.node === 'IndexStmt' || s.node === 'ReindexStmt'),
    );
  }

  /** Before the first attempt: what was invalid already is not ours to drop. */
  async rememberExisting(session: PgSession): Promise<void> {
    if (this.existing || this.statements.length === 0) return;
    this.existing = new Set((await readInvalid(session)).map((index) => index.oid));
  }

  /** What failed attempts of this step left behind. */
  async leftBehind(session: PgSession): Promise<InvalidIndex[]> {
    if (this.statements.length === 0) return [];
    const { created, reindexes } = await this.describe();
    return (await readInvalid(session)).filter((index) => {
      if (this.existing?.has(index.oid)) return false;
      if (reindexes && /_cc(new|old)\d*$/.test(index.bareName)) return true;
      return created.some((c) => sameTable(c.table, index.table) && isNamed(c, index.bareName));
    });
  }

  /** A failure if an index that the step built, or took for built, is invalid. */
  async check(session: PgSession): Promise<FailedOutcome | undefined> {
    if (this.statements.length === 0) return undefined;
    const { created } = await this.describe();
    const ours = new Set((await this.leftBehind(session)).map((index) => index.oid));
    const invalid = (await readInvalid(session)).filter(
      (index) =>
        ours.has(index.oid) ||
        created.some((c) => sameTable(c.table, index.table) && c.name === index.bareName),
    );
    return invalid.length === 0 ? undefined : failed('invalid-index', invalid.map(sentenceOn).join('\n'));
  }

  /** The step can leave an invalid index, and what was invalid before it is known. */
  get mayLeaveSome(): boolean {
    return this.statements.length > 0 && this.existing !== undefined;
  }

  /** What failed attempts left, for people; undefined: nothing. */
  async describeLeft(session: PgSession): Promise<string | undefined> {
    const left = await this.leftBehind(session);
    return left.length === 0
      ? undefined
      : left.map((index) => `left behind: ${sentenceOn(index)}`).join('\n');
  }

  private describe(): Promise<{ created: IndexDescription[]; reindexes: boolean }> {
    this.described ??= (async () => {
      const all = await Promise.all(this.statements.map((s) => describeStatement(s.text)));
      return {
        created: all.flatMap(({ index }) => index ?? []),
        reindexes: all.some((d) => d.reindexesConcurrently),
      };
    })();
    return this.described;
  }
}

function sentenceOn({ name, table, quoted }: InvalidIndex): string {
  return (
    `${name} on ${table} is invalid: it costs every write and serves no read; ` +
    `DROP INDEX CONCURRENTLY ${quoted}, then build it again`
  );
}

/** A statement that names no schema means the first in the search_path, so the bare table name must do. */
function sameTable(named: string, actual: string): boolean {
  return named === actual || (!named.includes('.') && actual.split('.').at(-1) === named);
}

/** Without a name Postgres chose one: any new invalid index of the table may be it. */
function isNamed(created: IndexDescription, bareName: string): boolean {
  return created.name === undefined || created.name === bareName;
}

async function readInvalid(session: PgSession): Promise<InvalidIndex[]> {
  const { rows } = await session.query(listInvalid);
  return rows.map((row) => ({
    oid: String(row.oid),
    name: relationName(String(row.schema), String(row.name)),
    quoted: String(row.quoted),
    bareName: String(row.name),
    table: relationName(String(row.table_schema), String(row.table)),
  }));
}
