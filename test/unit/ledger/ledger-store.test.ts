import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LedgerStore } from '../../../src/ledger/ledger-store.js';
import type { LedgerWrite } from '../../../src/model/ledger.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'dten-store-'))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(key: string | null, sentUs: number, more: Partial<LedgerWrite> = {}): LedgerWrite {
  return {
    ...{ entity: 'order', op: 'create', values: { s: `ä"\n${key}` }, endpoint: 0, phase: 'soak' },
    ...{ key, sentUs, endUs: sentUs + 5, state: 'acknowledged' },
    ...more,
  };
}

async function everything(store: LedgerStore) {
  const all: Record<string, unknown> = {};
  let most = 0;
  for await (const part of store.histories()) {
    for (const [entity, keys] of part) {
      most = Math.max(most, keys.size);
      for (const [key, history] of keys) all[`${entity} ${key}`] = history;
    }
  }
  return { all, most };
}

describe('LedgerStore', () => {
  it.each([
    ['in memory', 10_000],
    ['in files', 20],
  ])('gives back what was put in, by key and in the order it was sent: %s', async (_where, mostInMemory) => {
    const dir = join(root, 'parts');
    const store = new LedgerStore(dir, [], { mostInMemory, partitions: 8 });
    const keys = Array.from({ length: 50 }, (_, i) => `schlüssel ${i}`);
    store.add(keys.map((key, i) => write(key, 1_000 + i)));
    store.add([
      write('schlüssel 3', 10, { op: 'update', state: 'indeterminate', variant: 1, values: {} }),
      write('schlüssel 3', 5_000, { state: 'rejected', conflict: true }),
      write('schlüssel 3', 1, { entity: 'other', op: 'delete' }),
    ]);
    store.sight('order', 'schlüssel 3', { atUs: 1, row: { s: 'old' } });
    store.sight('order', 'schlüssel 3', { atUs: 2, row: undefined });
    const { all, most } = await everything(store);
    expect(Object.keys(all)).toHaveLength(51);
    expect(all['order schlüssel 3']).toEqual({
      writes: [
        write('schlüssel 3', 10, { op: 'update', state: 'indeterminate', variant: 1, values: {} }),
        write('schlüssel 3', 1_003),
        write('schlüssel 3', 5_000, { state: 'rejected', conflict: true }),
      ],
      sighting: { atUs: 2, row: undefined },
    });
    expect(existsSync(dir)).toBe(mostInMemory < 50);
    if (mostInMemory < 50) expect(most).toBeLessThan(25);
    // What comes after an audit is there at the next.
    store.add([write('late', 9_999)]);
    expect((await everything(store)).all['order late']).toEqual({ writes: [write('late', 9_999)] });
    await store.close();
    expect(existsSync(dir)).toBe(false);
  });

  it('counts what nobody can look for', () => {
    const store = new LedgerStore(join(root, 'parts'));
    store.add([
      write('a', 1),
      write(null, 2),
      write(null, 3, { state: 'indeterminate' }),
      write(null, 4, { state: 'rejected' }),
    ]);
    expect(store.counts.get('order')).toEqual({
      acknowledged: 2,
      rejected: 1,
      indeterminate: 1,
      unidentified: 1,
      unidentifiedIndeterminate: 1,
    });
  });

  it('says so when the disk does not take it', async () => {
    writeFileSync(join(root, 'file'), '');
    const store = new LedgerStore(join(root, 'file', 'parts'), [], { mostInMemory: 0, partitions: 2 });
    store.add([write('a', 1)]);
    await expect(store.flush()).rejects.toThrow(/the ledger cannot be kept in .*parts: ENOTDIR/);
    await store.close().catch(() => undefined);
  });
});
