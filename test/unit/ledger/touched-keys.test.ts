import { describe, expect, it } from 'vitest';
import { auditedEntities } from '../../../src/ledger/audited-entity.js';
import { LedgerStore } from '../../../src/ledger/ledger-store.js';
import { touchedKeys } from '../../../src/ledger/touched-keys.js';
import type { LedgerWrite } from '../../../src/model/ledger.js';
import { scenarioSchema, type ScenarioInput } from '../../../src/model/scenario.js';

type Endpoints = ScenarioInput['traffic']['endpoints'];

const find = 'select id, note from orders where id = any($1)';
const ledger = { entity: 'order', op: 'create' as const, key: '$.id', find };
const post = (path: string, more: object = {}) => ({ request: { method: 'POST' as const, path }, ...more });
const create: Endpoints = { 'create order': post('/orders', { ledger }) };

function write(key: string | null, more: Partial<LedgerWrite> = {}): LedgerWrite {
  return {
    ...{ entity: 'order', op: 'create', key, values: {}, endpoint: 0, phase: 'soak' },
    ...{ sentUs: 1, endUs: 2, state: 'acknowledged' },
    ...more,
  };
}

async function touched(
  endpoints: Endpoints,
  table: string,
  more: Partial<ScenarioInput> & { writes?: LedgerWrite[]; key?: string[] } = {},
): Promise<string[] | string> {
  const { writes = [], key = ['id'], ...rest } = more;
  const scenario = scenarioSchema.parse({
    name: 'touched',
    environment: {},
    traffic: { rate: '1/s', endpoints },
    upgrade: { steps: [{ name: 'nothing', wait: '0' }] },
    objectives: {},
    ...rest,
  });
  const store = new LedgerStore('/nonexistent');
  store.add(writes);
  const told = await touchedKeys(scenario, await auditedEntities(scenario), store, table, key);
  if ('unknown' in told) return told.unknown;
  const keys: string[] = [];
  for await (const one of told.keys) keys.push(one);
  return keys.sort();
}

describe('the keys that the traffic touched', () => {
  it('are those of every attempt that was not refused, and of this table only', async () => {
    const items = { ...ledger, entity: 'item', find: 'select id from items where id = any($1)' };
    const endpoints = {
      'create order': post('/orders', { ledger, tables: ['orders'] }),
      'change order': post('/orders/1', { ledger: { ...ledger, op: 'update' }, tables: ['orders'] }),
      'create item': post('/items', { ledger: items, tables: ['items'] }),
    };
    const writes = [
      write('a'),
      write('a', { op: 'update' }),
      write('b', { state: 'indeterminate' }),
      write('c', { state: 'rejected', conflict: true }),
      write('d', { entity: 'item' }),
    ];
    for (const table of ['orders', 'public.orders', '"orders"'])
      expect(await touched(endpoints, table, { writes })).toEqual(['a', 'b']);
    expect(await touched(endpoints, 'items', { writes })).toEqual(['d']);
    expect(await touched(endpoints, 'customers', { writes })).toEqual([]);
  });

  it.each(['"Bestell ""Ära"""', 'public."Bestell ""Ära"""'])(
    'are found for a table called %s',
    async (table) => {
      const odd = { ...ledger, find: 'select id from "Bestell ""Ära""" where id = any($1)' };
      const endpoints = { make: post('/', { ledger: odd }) };
      expect(await touched(endpoints, table, { writes: [write('ü "1"')] })).toEqual(['ü "1"']);
      const declared = { ledger: { entities: { order: { table } } } };
      expect(await touched(endpoints, table, { ...declared, writes: [write('k')] })).toEqual(['k']);
    },
  );

  it('are those of an entity that the API shows, by the table it is declared to be', async () => {
    const http = { ...ledger, find: { http: '/orders/${key}' } };
    const entities = { order: { table: 'sales.orders' } };
    const endpoints = { make: post('/', { ledger: http }) };
    const writes = [write('a')];
    expect(await touched(endpoints, 'sales.orders', { writes, ledger: { entities } })).toEqual(['a']);
  });
});

describe('are not known', () => {
  it('where an endpoint without a ledger writes the table', async () => {
    const told = 'endpoint other may write orders, and has no ledger';
    const sql = (text: string) => ({ ...create, other: { sql: { text } } });
    expect(await touched(sql('update orders set note = $1'), 'orders')).toBe(told);
    expect(await touched(sql('select 1; delete from orders'), 'orders')).toBe(told);
    expect(await touched(sql('with x as (insert into orders values (1)) select 1'), 'orders')).toBe(told);
    expect(await touched(sql('call tidy()'), 'orders')).toBe(told);
    expect(await touched(sql('select * from orders for update'), 'orders')).toEqual([]);
    expect(await touched(sql('insert into log select id from orders'), 'orders')).toEqual([]);
    expect(await touched({ ...create, other: post('/any') }, 'orders')).toBe(told);
    expect(await touched({ ...create, other: post('/any', { tables: ['orders'] }) }, 'orders')).toBe(told);
    expect(await touched({ ...create, other: post('/any', { writes: ['orders.note'] }) }, 'orders')).toBe(
      told,
    );
    expect(await touched({ ...create, other: post('/any', { tables: ['items'] }) }, 'orders')).toEqual([]);
    expect(await touched({ ...create, other: { request: { path: '/any' } } }, 'orders')).toEqual([]);
  });

  it('where only a variant of it writes the table', async () => {
    const variants = [{ from: 'upgrade.nothing', sql: { text: 'delete from orders' } }];
    const endpoints = { ...create, other: { sql: { text: 'select 1' }, variants } };
    expect(await touched(endpoints, 'orders')).toMatch(/^endpoint other may write orders/);
    const declared = [{ from: 'upgrade.nothing', writes: ['"Order s".note'] }];
    const http = { other: post('/', { tables: ['items'], variants: declared }) };
    expect(await touched(http, '"Order s"')).toMatch(/^endpoint other may write Order s/);
  });

  it('where an endpoint writes another table than its ledger tells of', async () => {
    const text = 'with o as (insert into orders values (1)) update stock set n = n - 1';
    const both = { 'create order': { sql: { text }, ledger } };
    const told = 'endpoint create order may write stock, and its ledger knows order only';
    expect(await touched(both, 'stock')).toBe(told);
    expect(await touched(both, 'orders', { writes: [write('a')] })).toEqual(['a']);
    expect(await touched(create, 'stock')).toBe(told);
    const said = { 'create order': post('/orders', { ledger, tables: ['orders'] }) };
    expect(await touched(said, 'stock')).toEqual([]);
  });

  it('where a background job writes the table', async () => {
    const job = (sql: string) => ({ background: { tidy: { sql, every: '1s' } } });
    expect(await touched(create, 'orders', job('delete from orders where id < 5'))).toBe(
      'background job tidy writes orders',
    );
    expect(await touched(create, 'orders', job('select count(*) from orders'))).toEqual([]);
    expect(await touched(create, 'orders', job('vacuum analyze orders'))).toEqual([]);
  });

  it('where some write has no key, or the probe another one', async () => {
    expect(await touched(create, 'orders', { writes: [write(null)] })).toBe(
      'some writes of order have no key that is known',
    );
    const maybe = write(null, { state: 'indeterminate' });
    expect(await touched(create, 'orders', { writes: [maybe] })).toMatch(/no key that is known/);
    const refused = write(null, { state: 'rejected' });
    expect(await touched(create, 'orders', { writes: [refused] })).toEqual([]);
    expect(await touched(create, 'orders', { key: ['tenant', 'id'] })).toBe(
      'the ledger knows order by id, the probe by tenant, id',
    );
  });

  it('where rows expire, or go with a parent that the traffic deletes', async () => {
    const expiring = { ledger: { entities: { order: { expires: '1h' } } } };
    expect(await touched(create, 'orders', expiring)).toBe('rows of order expire');
    const cascade = { ledger: { entities: { order: { cascade: { from: 'customer', by: 'customer' } } } } };
    const customers = {
      'drop customer': post('/customers', {
        ledger: {
          ...ledger,
          entity: 'customer',
          op: 'delete',
          find: 'select id from customers where id = any($1)',
        },
        tables: ['customers'],
      }),
    };
    expect(await touched({ ...create, ...customers }, 'orders', cascade)).toBe(
      'rows of order go with their customer',
    );
    expect(await touched(create, 'orders', cascade)).toEqual([]);
  });
});
