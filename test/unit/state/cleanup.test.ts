import { describe, expect, it } from 'vitest';
import type { ItemCleanup } from '../../../src/model/state.js';
import { catalogCommand } from '../../../src/state/cleanup/catalog-commands.js';
import { itemStep } from '../../../src/state/cleanup/item-step.js';
import { printable } from '../../../src/state/cleanup/printable.js';
import { shellWord } from '../../../src/state/cleanup/shell.js';

const item = {
  key: `new checkout/ü`,
  now: { name: `o'neil "x" \${env.TOKEN}`, n: 7, on: true, secret: 'redacted:0011', nested: { id: 'a b' } },
  before: { on: false, note: null },
};
const values = {
  output: (path: string) =>
    ({ 'service.admin.url': 'http://127.0.0.1:1', 'database.url': 'postgres://u:pw@h/d' })[path],
  variable: (name: string) => (name === 'TOKEN' ? 'the token' : undefined),
};
const passing = (path: string) => (path.startsWith('database') ? 'DATABASE_URL' : 'ADMIN_URL');
const print = (cleanup: ItemCleanup) => printable(cleanup, item, values, passing);
const step = (cleanup: ItemCleanup) => itemStep('flags/a', cleanup, item, values);
const http = (more: object): ItemCleanup => ({
  http: { method: 'DELETE', url: '${service.admin.url}/flags/${item.key}', headers: {}, ...more },
});

describe('the cleanup of an item', () => {
  it('encodes what stands in a URL, and takes “gone already” for an answer', async () => {
    expect(await step(http({}))).toMatchObject({
      kind: 'http',
      http: {
        url: 'http://127.0.0.1:1/flags/new%20checkout%2F%C3%BC',
        expect: { status: [200, 202, 204, 404, 410] },
      },
    });
  });
  it('keeps the type of what was there before', async () => {
    const cleanup = http({
      method: 'PUT',
      json: { on: '${before.on}', note: '${before.note}', n: '${item.n}' },
    });
    expect(await step(cleanup)).toMatchObject({
      http: { json: { on: false, note: null, n: 7 }, expect: {} },
    });
  });
  it('prints secrets as the variables they come from, and no address that ends with the run', () => {
    const headers = { authorization: 'Bearer ${env.TOKEN}' };
    expect(print(http({ headers, json: { id: '${item.nested.id}' } }))).toBe(
      `curl -fsS -X DELETE "$ADMIN_URL"/flags/new%20checkout%2F%C3%BC -H 'authorization: Bearer '"$TOKEN" -H 'content-type: application/json' -d '{"id":"a b"}'`,
    );
    expect(print({ command: ['psql', '${database.url}', '-c', 'drop it'] })).toBe(
      `psql "$DATABASE_URL" -c 'drop it'`,
    );
  });
  it('does not read templates in what an item holds', async () => {
    const planned = await step({ command: ['rm', '${item.name}'] });
    expect('command' in planned && planned.command[1]).toBe('o\'neil "x" $${env.TOKEN}');
    expect(print({ command: ['rm', '${item.name}'] })).toBe(`rm 'o'\\''neil "x" \${env.TOKEN}'`);
  });
  it('quotes what stands in SQL by where it stands', async () => {
    const sql = `drop role "\${item.name}"; select 'v-\${item.name}', \${item.name}, \${item.n}, \${before.note}`;
    expect(await step({ sql })).toMatchObject({
      sql: `drop role "o'neil ""x"" \${env.TOKEN}"; select 'v-o''neil "x" \${env.TOKEN}', 'o''neil "x" \${env.TOKEN}', 7, null`,
      source: { transaction: 'statement', statements: [{ index: 0 }, { index: 1 }] },
    });
  });
  it('refuses to name something by the hash of a secret', async () => {
    await expect(step(http({ url: '${service.admin.url}/${item.secret}' }))).rejects.toThrow(
      /no item.secret/,
    );
    await expect(step(http({ url: '${service.admin.url}/${item.nothing}' }))).rejects.toThrow(
      /no item.nothing/,
    );
  });
});

describe('a word for the shell', () => {
  it.each([
    ['a-b/c', 'a-b/c'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", String.raw`'it'\''s'`],
    ['$(rm)', "'$(rm)'"],
  ])('of %j', (text, word) => expect(shellWord(text)).toBe(word));
});

describe('what takes away what was added to the catalog', () => {
  const added = (probe: string, key: string, after: unknown = {}) =>
    catalogCommand({
      probe,
      key,
      class: 'schema',
      owned: true,
      path: `${probe}/${key}`,
      change: 'added',
      origin: 'attributed',
      changes: [{ path: '$', after }],
    });
  it.each([
    ['catalog.columns', 'sales."Odd.Name"."co l"', 'alter table sales."Odd.Name" drop column "co l";'],
    ['catalog.indexes', 'orders_idx_ccnew', 'drop index concurrently orders_idx_ccnew;'],
    ['catalog.triggers', 'orders.stamp', 'drop trigger stamp on orders;'],
    ['catalog.replicationSlots', `"sl'ot"`, `select pg_drop_replication_slot('sl''ot');`],
    ['catalog.preparedTransactions', `'gid 1'`, `rollback prepared 'gid 1';`],
    ['catalog.roles', 'minted', 'drop role minted;'],
    ['catalog.columnOrder', 'orders', undefined],
  ])('%s %s', (probe, key, command) => expect(added(probe, key)).toBe(command));
  it('a view, and a sequence that was set back', () => {
    expect(added('catalog.tables', 'v', { kind: 'v' })).toBe('drop view v;');
    expect(
      catalogCommand({
        probe: 'catalog.sequenceValues',
        key: 's',
        class: 'data',
        owned: true,
        path: 'x',
        change: 'behind',
        origin: 'attributed',
        changes: [
          {
            path: '$',
            before: { last: '30', increment: '1', furthestKey: '9' },
            after: { last: '12', increment: '1', furthestKey: '20' },
          },
        ],
      }),
    ).toBe(`select setval('s', 30);`);
  });
});
