import { join } from 'node:path';
import { messageOf } from '../../foundation/errors.js';
import type { Database, PgResult, TouchedKeys } from '../../model/contracts.js';
import type { SnapshotName, TableComparison } from '../../model/residue.js';
import type { Probe } from '../../model/state.js';
import { failedReading, type ProbeResult } from '../reading.js';
import { readOnly } from '../sources/read-only.js';
import { compareRows } from './compare-rows.js';
import { KeyPartitions } from './key-partitions.js';
import { rowHashes, tableShape, type TableShape } from './row-hashes.js';

type TableProbe = Extract<Probe, { table: string }>;
type Query = (sql: string, params?: unknown[]) => Promise<PgResult>;

export interface TableSetting {
  probe: string;
  database: Database;
  /** Rows are kept here, hashed, while the run lasts. */
  dir: string;
  touched: TouchedKeys;
  signal: AbortSignal;
}

interface Kept {
  shape: TableShape;
  columns: string[];
  rows: KeyPartitions;
}

/** Follows the rows of one table from S0 on. */
export class WatchedTable {
  private kept: Kept | undefined;

  constructor(
    private readonly spec: TableProbe,
    private readonly setting: TableSetting,
  ) {}

  async read(snapshot: SnapshotName): Promise<ProbeResult> {
    const { database, probe } = this.setting;
    // All of the reading, not each of its fetches.
    const signal = AbortSignal.any([this.setting.signal, AbortSignal.timeout(this.spec.timeout)]);
    const options = { name: `probe ${probe}`, role: 'owner', timeoutMs: this.spec.timeout, signal };
    try {
      return await readOnly(database, options, (query) =>
        snapshot === 'S0a' ? this.keep(query) : this.compare(query, snapshot),
      );
    } catch (error) {
      return failedReading(messageOf(error));
    }
  }

  private async keep(query: Query): Promise<ProbeResult> {
    const found = await tableShape(query, this.spec.table);
    if (!found) return failedReading(`there is no table ${this.spec.table}`);
    const shape = { ...found, key: this.spec.key?.map(columnOf) ?? found.key };
    if (shape.key.length === 0) return failedReading(`${this.spec.table} has no primary key: name its key`);
    const unwanted = new Set(this.spec.ignore.map(columnOf));
    const wanted = this.spec.project?.map(columnOf) ?? shape.columns;
    const columns = wanted.filter((column) => !unwanted.has(column));
    const rows = await this.spill('S0a', rowHashes(query, shape, columns));
    this.kept = { shape, columns, rows };
    const none = { count: 0, keys: [] };
    const table: TableComparison = {
      rows: rows.size,
      compared: 0,
      touched: 0,
      missing: none,
      changed: { ...none, columns: {} },
      added: none,
      addedCount: false,
    };
    return { items: [], complete: true, table };
  }

  private async compare(query: Query, snapshot: SnapshotName): Promise<ProbeResult> {
    const { kept } = this;
    if (!kept) return failedReading('its rows were not read at S0');
    const shape = await tableShape(query, this.spec.table);
    const there = new Set(shape?.columns);
    const columns = kept.columns.filter((column) => there.has(column));
    const gone = new Set(kept.columns.filter((column) => !there.has(column)));
    const keyGone = kept.shape.key.filter((column) => !there.has(column));
    if (shape && keyGone.length > 0)
      return failedReading(`its key ${keyGone.join(', ')} is not there any more`);
    const read = shape ? rowHashes(query, { ...shape, key: kept.shape.key }, columns) : nothing();
    const now = await this.spill(snapshot, inPlace(read, kept.columns, gone));
    const touched = snapshot === 'S0b' ? undefined : await this.touchedRows(snapshot, kept.shape.key);
    try {
      const table = await compareRows({
        before: kept.rows,
        now,
        touched: touched?.rows,
        touchedUnknown: touched?.unknown,
        columns: kept.columns,
        gone,
        addedCount: this.spec.inserts === 'residue',
      });
      return { items: [], complete: true, table };
    } finally {
      await now.remove();
      await touched?.rows?.remove();
    }
  }

  private async touchedRows(
    snapshot: SnapshotName,
    key: readonly string[],
  ): Promise<{ rows?: KeyPartitions; unknown?: string }> {
    const told = await this.setting.touched(this.spec.table, key);
    if ('unknown' in told) return { unknown: told.unknown };
    const rows = await KeyPartitions.create(this.dirOf(`${snapshot}-touched`));
    for await (const one of told.keys) await rows.add(one, '');
    await rows.flush();
    return { rows };
  }

  private async spill(
    name: string,
    read: AsyncIterable<{ key: string; hashes: string }>,
  ): Promise<KeyPartitions> {
    const rows = await KeyPartitions.create(this.dirOf(name));
    for await (const { key, hashes } of read) {
      this.setting.signal.throwIfAborted();
      await rows.add(key, hashes);
    }
    await rows.flush();
    return rows;
  }

  private dirOf(name: string): string {
    return join(this.setting.dir, encodeURIComponent(this.setting.probe).replaceAll('.', '%2E'), name);
  }
}

/** `$.updated_at` or `$['odd name']` → the column. */
export function columnOf(path: string): string {
  const match = /^\$(?:\.([^.[\]]+)|\[(?:'([^']*)'|"([^"]*)")\])$/.exec(path);
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? path;
}

/** Hashes in the places of S0's columns: those that are gone stand empty. */
async function* inPlace(
  read: AsyncIterable<{ key: string; hashes: string }>,
  columns: readonly string[],
  gone: ReadonlySet<string>,
): AsyncGenerator<{ key: string; hashes: string }> {
  for await (const { key, hashes } of read) {
    if (gone.size === 0) yield { key, hashes };
    else {
      const left = hashes.split(',');
      yield { key, hashes: columns.map((column) => (gone.has(column) ? '' : left.shift())).join(',') };
    }
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- as rowHashes, of a table that is not there
async function* nothing(): AsyncGenerator<{ key: string; hashes: string }> {
  yield* [];
}
