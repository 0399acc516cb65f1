import { streamOf } from '../foundation/rng.js';
import type { LedgerWrite } from '../model/ledger.js';
import type { KeyHistory, Sighting } from './check-key.js';
import { PartitionFiles } from './partition-files.js';
import { decodeRecord, encodeSighting, encodeWrite, type LedgerRecord } from './record.js';

/** Writes kept in memory before they go to files: some 30 MB. */
const mostInMemory = 50_000;
/** Ten million writes are then some 40 000 a file, which fit into memory one file at a time. */
const partitions = 256;

/** Histories of one entity's keys. */
export type EntityHistories = Map<string, StoredHistory>;
type StoredHistory = KeyHistory & { writes: LedgerWrite[] };

export interface EntityCounts {
  acknowledged: number;
  rejected: number;
  indeterminate: number;
  unidentified: number;
  unidentifiedIndeterminate: number;
}

/**
 * All attempts at writes so far, by key, in constant memory: small ledgers stay in memory, larger ones go to files
 * by the hash of their key, so that an audit has one file's worth in memory at a time.
 */
export class LedgerStore {
  readonly counts = new Map<string, EntityCounts>();
  private kept: LedgerRecord[] | undefined = [];
  private readonly files: PartitionFiles;
  /** Keys that may have been deleted, and the latest instant of it, of entities whose delete cascades. */
  private readonly deleted = new Map<string, Map<string, number>>();

  /** `dir`: where files are made once they are needed; removed by `close`. */
  constructor(
    dir: string,
    cascading: readonly string[] = [],
    private readonly limits = { mostInMemory, partitions },
  ) {
    this.files = new PartitionFiles(dir, limits.partitions);
    for (const entity of cascading) this.deleted.set(entity, new Map());
  }

  /** Takes writes in; they go to the disk behind the scenes. */
  add(writes: readonly LedgerWrite[]): void {
    for (const write of writes) {
      this.count(write);
      if (write.key === null) continue;
      this.noteDelete(write, write.key);
      this.put({ entity: write.entity, key: write.key, write });
    }
  }

  /** What an audit found for a key, to be held against what later ones find. */
  sight(entity: string, key: string, sighting: Sighting): void {
    this.put({ entity, key, sighting });
  }

  /** Resolves when what was added is with the operating system; rejects if some of it could not be written. */
  flush(): Promise<void> {
    return this.files.flush();
  }

  /** When a key of a cascading entity may have been deleted at the latest; undefined: it was not. */
  deletedAt(entity: string, key: string): number | undefined {
    return this.deleted.get(entity)?.get(key);
  }

  /** Every key's history, a part of the keys at a time, by entity. What is added meanwhile may be missing. */
  async *histories(): AsyncGenerator<Map<string, EntityHistories>> {
    if (this.kept) {
      yield groupByKey(this.kept);
      return;
    }
    await this.flush();
    for (let at = 0; at < this.limits.partitions; at++) {
      const lines = await this.files.read(at);
      if (lines.length > 0) yield groupByKey(lines.map(decodeRecord));
    }
  }

  close(): Promise<void> {
    return this.files.close();
  }

  private put(record: LedgerRecord): void {
    if (this.kept) {
      this.kept.push(record);
      if (this.kept.length <= this.limits.mostInMemory) return;
      const { kept } = this;
      this.kept = undefined;
      for (const one of kept) this.spill(one);
    } else this.spill(record);
  }

  private spill(record: LedgerRecord): void {
    const line = record.write ? encodeWrite(record.write) : encodeSighting(record);
    this.files.append(streamOf(record.key) % this.limits.partitions, line);
  }

  private count({ entity, key, state }: LedgerWrite): void {
    let counts = this.counts.get(entity);
    if (!counts) {
      counts = {
        acknowledged: 0,
        rejected: 0,
        indeterminate: 0,
        unidentified: 0,
        unidentifiedIndeterminate: 0,
      };
      this.counts.set(entity, counts);
    }
    counts[state] += 1;
    if (key !== null) return;
    if (state === 'acknowledged') counts.unidentified += 1;
    if (state === 'indeterminate') counts.unidentifiedIndeterminate += 1;
  }

  private noteDelete({ entity, op, state, endUs }: LedgerWrite, key: string): void {
    const keys = this.deleted.get(entity);
    if (!keys || op !== 'delete' || state === 'rejected') return;
    const atUs = state === 'acknowledged' ? endUs : Number.POSITIVE_INFINITY;
    keys.set(key, Math.max(atUs, keys.get(key) ?? Number.NEGATIVE_INFINITY));
  }
}

function groupByKey(records: readonly LedgerRecord[]): Map<string, EntityHistories> {
  const byEntity = new Map<string, EntityHistories>();
  for (const { entity, key, write, sighting } of records) {
    let keys = byEntity.get(entity);
    if (!keys) byEntity.set(entity, (keys = new Map<string, StoredHistory>()));
    let history = keys.get(key);
    if (!history) keys.set(key, (history = { writes: [] }));
    if (write) history.writes.push(write);
    // The latest one stands.
    if (sighting) history.sighting = sighting;
  }
  for (const keys of byEntity.values()) {
    for (const { writes } of keys.values()) if (writes.length > 1) writes.sort((a, b) => a.sentUs - b.sentUs);
  }
  return byEntity;
}
