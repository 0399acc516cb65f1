import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { EntityAuditor } from '../../../src/ledger/audit-entity.js';
import type { FoundRow } from '../../../src/ledger/history.js';
import { LedgerStore } from '../../../src/ledger/ledger-store.js';
import { SeenLosses } from '../../../src/ledger/loss-tally.js';
import type { RowReader } from '../../../src/ledger/row-reader.js';
import type { EntityAudit } from '../../../src/model/ledger.js';
import type { Phase } from '../../../src/model/scenario.js';
import { drawnKeys, planted, play, restUs, type KeyStory } from './random-history.js';

const dir = mkdtempSync(join(tmpdir(), 'dten-planted-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const entity = {
  name: 'item',
  find: 'select id, a, b from item where id = any($1)',
  role: undefined,
  table: 'item',
  keyColumn: 'id',
  columns: ['a', 'b'],
  expiresMs: undefined,
  cascade: undefined,
};

/** Rows as the system holds them. */
function readerOf(rows: ReadonlyMap<string, FoundRow[]>): RowReader {
  return {
    by: 'sql',
    goneColumns: [],
    tableGone: false,
    batchSize: 3,
    kindOf: () => 'text',
    read: () => Promise.resolve({ rows, tookMs: 0 }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function audit(
  store: LedgerStore,
  rows: ReadonlyMap<string, FoundRow[]>,
  seen: SeenLosses,
  [atUs, phase]: [number, Phase],
): Promise<EntityAudit> {
  const setting = { store, after: [phase], atUs, atRest: true, discards: [], seen, endpoints: ['write'] };
  const auditor = new EntityAuditor(entity, readerOf(rows), setting);
  for await (const part of store.histories()) {
    for (const keys of part.values()) await auditor.check(keys, new AbortController().signal);
  }
  return auditor.result();
}

/** How many of each class and column. */
const counted = (kinds: readonly { class: string; column?: string | undefined; count?: number }[]) => {
  const counts: Record<string, number> = {};
  for (const { class: kind, column, count = 1 } of kinds) {
    const name = column === undefined ? kind : `${kind} ${column}`;
    counts[name] = (counts[name] ?? 0) + count;
  }
  return counts;
};

const rowsOf = (stories: ReadonlyMap<string, KeyStory>, when: 'atRest' | 'inTheEnd') =>
  new Map([...stories].flatMap(([key, story]) => (story[when] ? [[key, [story[when]]]] : [])));

it('in random histories exactly the planted losses are told, before and after an audit has looked', async () => {
  const total: Record<string, number> = {};
  let landed = 0;
  let seenLanded = 0;
  let run = 0;
  await fc.assert(
    fc.asyncProperty(drawnKeys, fc.boolean(), async (drawn, inFiles) => {
      run += 1;
      const store = new LedgerStore(join(dir, String(run)), [], {
        mostInMemory: inFiles ? 0 : 1_000,
        partitions: 3,
      });
      const stories = new Map(drawn.map(({ draws }, i) => [`k${i}`, play(`k${i}`, draws)]));
      for (const { writes } of stories.values()) store.add(writes);
      const seen = new SeenLosses();

      // Nothing is lost: neither what was acknowledged, nor what may have landed, whether it did or not.
      const sound = await audit(store, rowsOf(stories, 'atRest'), seen, [restUs, 'soak']);
      expect(sound.losses).toEqual([]);
      expect(sound.keys).toBe(drawn.length);

      const rows = new Map(rowsOf(stories, 'inTheEnd'));
      const plants = drawn.flatMap(({ wish }, i) => {
        const key = `k${i}`;
        const found = wish && planted(stories.get(key)!, wish);
        if (!found) return [];
        rows.set(key, found);
        return [wish];
      });
      const after = await audit(store, rows, seen, [2 * restUs, 'rollback']);
      expect(counted(after.losses)).toEqual(counted(plants));
      expect(after.losses.reduce((sum, { fresh }) => sum + fresh, 0)).toBe(plants.length);
      for (const [name, count] of Object.entries(counted(plants))) total[name] = (total[name] ?? 0) + count;

      // What is told to have landed did; what is not told left no trace.
      const truly = [...stories.values()].reduce((sum, story) => sum + story.landed, 0);
      expect(sound.landed).toBeLessThanOrEqual(truly);
      landed += truly;
      seenLanded += sound.landed;
      await store.close();
    }),
    { numRuns: 300 },
  );
  // Every class was put to the test, often.
  const kinds = ['value lost', 'changed', 'truncated', 'reverted update', 'phantom'];
  const asked = [
    ...['row lost', 'duplicated', 'resurrected delete', 'phantom'],
    ...kinds.flatMap((kind) => [`${kind} a`, `${kind} b`]),
  ];
  for (const name of asked) expect(total[name] ?? 0, name).toBeGreaterThan(10);
  expect(seenLanded).toBeGreaterThan(landed / 10);
});
