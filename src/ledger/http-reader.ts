import { Pool } from 'undici';
import { messageOf } from '../foundation/errors.js';
import { parseJsonExactly } from '../foundation/long-integers.js';
import type { Target } from '../model/contracts.js';
import { compilePath } from '../template/json-path.js';
import type { AuditedEntity } from './audited-entity.js';
import type { FoundRow } from './history.js';
import type { RowReader, RowsRead } from './row-reader.js';
import type { ValueKind } from './same-value.js';

const connections = 16;
const batchSize = 256;
const timeoutMs = 5_000;
/** A 5xx or a cut connection of a system at rest is mostly a replica that has just gone: once more, elsewhere. */
const attempts = 3;

/** Asks the API for one key after another. `targets`: of the service, read anew for each batch. */
export function openHttpReader(
  targets: () => readonly Target[],
  entity: AuditedEntity,
  nowMs: () => number,
): RowReader {
  return new HttpReader(targets, entity, nowMs);
}

class HttpReader implements RowReader {
  readonly by = 'http';
  readonly goneColumns = [];
  readonly tableGone = false;
  readonly batchSize = batchSize;
  private readonly pools = new Map<string, Pool>();
  private readonly template: string;
  private readonly rowsIn: (answer: unknown) => unknown;
  private turn = 0;

  constructor(
    private readonly targets: () => readonly Target[],
    private readonly entity: AuditedEntity,
    private readonly nowMs: () => number,
  ) {
    if (typeof entity.find === 'string') throw new TypeError(`${entity.name} is found by SQL`);
    this.template = entity.find.http;
    this.rowsIn = compilePath(entity.find.json);
  }

  kindOf(): ValueKind {
    return 'any';
  }

  async read(keys: readonly string[]): Promise<RowsRead> {
    const fromMs = this.nowMs();
    const rows = new Map<string, FoundRow[]>();
    const failed: string[] = [];
    let reason = '';
    let next = 0;
    const work = async () => {
      for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
        try {
          const found = await this.find(key);
          if (found.length > 0) rows.set(key, found);
        } catch (error) {
          failed.push(key);
          reason = messageOf(error);
        }
      }
    };
    await Promise.all(Array.from({ length: connections }, work));
    const tookMs = this.nowMs() - fromMs;
    return { rows, ...(failed.length > 0 && { failed: { keys: failed, reason } }), tookMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private async find(key: string): Promise<FoundRow[]> {
    const path = this.template.replaceAll('${key}', encodeURIComponent(key));
    let failure: unknown;
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        const { pool, prefix } = this.connection();
        const { statusCode, body } = await pool.request({
          method: 'GET',
          path: prefix + path,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        });
        const text = await body.text();
        if (statusCode === 404 || statusCode === 410) return [];
        if (statusCode >= 200 && statusCode < 300) return this.asRows(parseJsonExactly(text));
        failure = new Error(`GET ${path} answered ${statusCode}`);
        if (statusCode < 500) break;
      } catch (error) {
        failure = error;
      }
    }
    throw failure instanceof Error ? failure : new Error(messageOf(failure));
  }

  /** Of the next replica in turn, and the path it stands under. */
  private connection(): { pool: Pool; prefix: string } {
    const targets = this.targets();
    const target = targets[this.turn++ % Math.max(1, targets.length)];
    if (!target) throw new Error('the service has no replica to ask');
    const { origin, pathname } = new URL(target.origin);
    let pool = this.pools.get(origin);
    if (!pool) this.pools.set(origin, (pool = new Pool(origin, { connections })));
    return { pool, prefix: pathname.replace(/\/$/, '') };
  }

  /** A list is as many rows; null or nothing is none. */
  private asRows(answer: unknown): FoundRow[] {
    const found = this.rowsIn(answer);
    if (found === undefined || found === null) return [];
    return [found].flat().map((row) => {
      const values: Record<string, string | null> = {};
      for (const column of this.entity.columns) values[column] = asText(propertyOf(row, column));
      return values;
    });
  }
}

function propertyOf(row: unknown, name: string): unknown {
  if (typeof row !== 'object' || row === null || !Object.hasOwn(row, name)) return null;
  return (row as Record<string, unknown>)[name];
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
