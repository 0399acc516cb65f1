import { codeOf, messageOf } from '../foundation/errors.js';
import type { Database, PgSession } from '../model/contracts.js';
import type { AuditedEntity } from './audited-entity.js';
import type { FoundRow } from './history.js';
import { asSubquery, columnNamedIn, quoted, withGoneColumns, withoutQualified } from './find-text.js';
import type { RowReader, RowsRead } from './row-reader.js';
import { kindOfType, normalKey, type ValueKind } from './same-value.js';

/** Each batch is a transaction of its own: an audit must never be the long query ahead of the next step's DDL. */
const longestBatchMs = 100;
/** Aimed at, so that a batch that takes twice as long as the last is still within the limit. */
const aimedBatchMs = 30;
const sizes = { first: 200, least: 10, most: 2_000 };

/** A batch that runs into the statement's timeout is tried again in halves; text forms do not depend on the role. */
const sessionSettings = `
  set statement_timeout = '2s'; set lock_timeout = '1s'; set jit = off; set default_transaction_read_only = on;
  set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set extra_float_digits = 1;
  set bytea_output = 'hex'`;

interface Query {
  text: string;
  kinds: Map<string, ValueKind>;
  keyKind: ValueKind;
  columns: string[];
}

/** Opens a reader on the primary, as the role that may see the rows. Throws what the server says of a wrong `find`. */
export async function openSqlReader(
  database: Pick<Database, 'connect' | 'defaultRole'>,
  entity: AuditedEntity,
  nowMs: () => number,
): Promise<RowReader> {
  const role = entity.role ?? database.defaultRole('traffic');
  const session = await database.connect({ consumer: { kind: 'observer', name: 'audit' }, role });
  try {
    await session.query(sessionSettings);
    const reader = new SqlReader(session, entity, nowMs);
    await reader.describe();
    return reader;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class SqlReader implements RowReader {
  readonly by = 'sql';
  readonly goneColumns: string[] = [];
  tableGone = false;
  batchSize = sizes.first;
  private query: Query | undefined;

  constructor(
    private readonly session: PgSession,
    private readonly entity: AuditedEntity,
    private readonly nowMs: () => number,
  ) {}

  kindOf(column: string): ValueKind {
    return this.query?.kinds.get(column) ?? 'text';
  }

  async read(keys: readonly string[]): Promise<RowsRead> {
    const { query } = this;
    if (!query) return { rows: new Map(), tookMs: 0 };
    const fromMs = this.nowMs();
    try {
      const { rows } = await this.session.query(query.text, [keys]);
      const tookMs = this.nowMs() - fromMs;
      this.adapt(keys.length, tookMs);
      return { rows: byKey(rows, keys, query), tookMs };
    } catch (error) {
      return this.readInHalves(keys, error, this.nowMs() - fromMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }

  /** What columns there are, of which types; columns and tables that are gone are no error. */
  async describe(): Promise<void> {
    const { find } = this.entity;
    if (typeof find !== 'string') throw new TypeError(`${this.entity.name} has no SQL find`);
    let source = `select * from ${asSubquery(find, 'found')}`;
    let rewritten = find;
    for (let attempt = 0; ; attempt++) {
      try {
        const { fields = [] } = await this.session.query(`${source} limit 0`, [[]]);
        await this.compose(source, fields);
        return;
      } catch (error) {
        const code = codeOf(error);
        if (code === '42P01') {
          this.tableGone = true;
          return;
        }
        const column = code === '42703' ? columnNamedIn(messageOf(error), this.entity.columns) : undefined;
        if (column === undefined || attempt > 2 * this.entity.columns.length) throw error;
        if (this.goneColumns.includes(column)) rewritten = await withoutQualified(rewritten, column);
        else this.goneColumns.push(column);
        source = withGoneColumns(rewritten, this.goneColumns);
      }
    }
  }

  private async compose(source: string, fields: { name: string; typeId: number }[]): Promise<void> {
    const { keyColumn, columns } = this.entity;
    const kinds = await this.kindsOf(fields);
    const keyKind = kinds.get(keyColumn);
    if (keyKind === undefined) {
      throw new Error(`find of ${this.entity.name} has no column ${keyColumn}: see key`);
    }
    for (const column of columns) {
      if (!kinds.has(column) && !this.goneColumns.includes(column)) this.goneColumns.push(column);
    }
    const there = columns.filter((column) => !this.goneColumns.includes(column));
    const list = there.map((column, at) => {
      const asText =
        kinds.get(column) === 'json'
          ? `to_json(found.${quoted(column)})::text`
          : `found.${quoted(column)}::text`;
      return `, ${asText} as c${at}`;
    });
    this.query = {
      text: `select found.${quoted(keyColumn)}::text as k${list.join('')} from (${source}) as found`,
      kinds,
      keyKind,
      columns: there,
    };
  }

  private async kindsOf(fields: { name: string; typeId: number }[]): Promise<Map<string, ValueKind>> {
    const { rows } = await this.session.query(
      'select oid::int8::text as id, typname as name, typcategory as category from pg_type where oid = any($1::oid[])',
      [[...new Set(fields.map(({ typeId }) => typeId))]],
    );
    const byId = new Map(
      rows.map((row) => [String(row.id), kindOfType(String(row.name), String(row.category))]),
    );
    return new Map(fields.map(({ name, typeId }) => [name, byId.get(String(typeId)) ?? 'text']));
  }

  private adapt(size: number, tookMs: number): void {
    // A short last batch says little about a full one.
    if (size < this.batchSize && tookMs < aimedBatchMs) return;
    const factor = tookMs > longestBatchMs ? 0.25 : Math.min(2, aimedBatchMs / Math.max(1, tookMs));
    this.batchSize = Math.round(Math.min(sizes.most, Math.max(sizes.least, size * factor)));
  }

  /**
   * A key that is no value of the column's type (class 22) is not there; which one it was, and whether a smaller batch
   * is quick enough, shows in halves. Anything else fails the batch.
   */
  private async readInHalves(keys: readonly string[], error: unknown, tookMs: number): Promise<RowsRead> {
    const code = codeOf(error) ?? '';
    const wrongKey = code.startsWith('22');
    if (!wrongKey && !['57014', '55P03'].includes(code)) return failed(keys, error, tookMs);
    if (!wrongKey) this.batchSize = Math.max(sizes.least, Math.floor(this.batchSize / 4));
    if (keys.length === 1) return wrongKey ? { rows: new Map(), tookMs } : failed(keys, error, tookMs);
    const middle = Math.ceil(keys.length / 2);
    const first = await this.read(keys.slice(0, middle));
    const second = await this.read(keys.slice(middle));
    const lost = [...(first.failed?.keys ?? []), ...(second.failed?.keys ?? [])];
    const reason = first.failed?.reason ?? second.failed?.reason ?? '';
    return {
      rows: new Map([...first.rows, ...second.rows]),
      ...(lost.length > 0 && { failed: { keys: lost, reason } }),
      tookMs: Math.max(tookMs, first.tookMs, second.tookMs),
    };
  }
}

function failed(keys: readonly string[], error: unknown, tookMs: number): RowsRead {
  const code = codeOf(error);
  return {
    rows: new Map(),
    failed: { keys, reason: `${messageOf(error)}${code === undefined ? '' : ` (${code})`}` },
    tookMs,
  };
}

function byKey(
  rows: readonly Record<string, unknown>[],
  keys: readonly string[],
  { keyKind, columns }: Query,
): Map<string, FoundRow[]> {
  const asked = new Map(keys.map((key) => [normalKey(keyKind, key), key]));
  const found = new Map<string, FoundRow[]>();
  for (const row of rows) {
    const key = asked.get(normalKey(keyKind, String(row.k)));
    if (key === undefined) continue;
    const values: Record<string, string | null> = {};
    for (const [at, column] of columns.entries()) values[column] = (row[`c${at}`] as string | null) ?? null;
    const known = found.get(key);
    if (known) known.push(values);
    else found.set(key, [values]);
  }
  return found;
}
