import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/model/contracts.js';
import type { ProbeReading, SnapshotName, StateLine } from '../../../src/model/residue.js';
import { readCatalog } from '../../../src/state/catalog/read-catalog.js';
import { toDelta } from '../../../src/state/reading-delta.js';
import { redactor } from '../../../src/state/redact.js';
import { residueOf } from '../../../src/state/residue.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { databaseOf } from './pg-database.js';

let postgres: TestPostgres;
let admin: pg.Client;
let client: pg.Client;
let database: Database;
let number = 0;

beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { max_prepared_transactions: '5', wal_level: 'logical' } });
  admin = await postgres.connect();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  const name = `state${++number}`;
  await admin.query(`create database ${name}`);
  client = await postgres.connect(name);
  database = await databaseOf(postgres, name);
  await client.query(`
    create type mood as enum ('ok', 'sad');
    create table customers (id bigint generated always as identity primary key, name text not null);
    create table orders (
      id bigserial primary key, customer bigint references customers, mood mood default 'ok', note text);
    create index orders_note on orders (note);
    create function total(a int) returns int language sql as 'select a';
    create function stamp() returns trigger language plpgsql as 'begin return new; end';
    create trigger stamped before insert on orders for each row execute function stamp();
    create view open_orders as select id, customer from orders;
    insert into customers (name) values ('a'), ('b');
    insert into orders (customer, note) values (1, 'x'), (2, 'y');
  `);
});

async function snapshot(name: SnapshotName, base: ProbeReading[] = []): Promise<ProbeReading[]> {
  const signal = new AbortController().signal;
  const redact = redactor(new Uint8Array([7]));
  const readings = await readCatalog({ database, owned: true, redact, signal });
  return readings.map(({ head, result }) => {
    const line: ProbeReading = {
      type: 'reading',
      snapshot: name,
      ...head,
      fromUs: 0,
      toUs: 0,
      gone: [],
      ...result,
    };
    return toDelta(
      line,
      base.find(({ probe }) => probe === head.probe),
    );
  });
}

/** What is left after the statements of an upgrade and of its rollback. */
async function residueAfter(up: string[], down: string[]) {
  const S0a = await snapshot('S0a');
  const S0b = await snapshot('S0b', S0a);
  for (const sql of up) await client.query(sql);
  const S1 = await snapshot('S1', S0a);
  for (const sql of down) await client.query(sql);
  const lines: StateLine[] = [...S0a, ...S0b, ...S1, ...(await snapshot('S2', S0a))];
  const report = residueOf(lines)!;
  const unread = report.probes.filter(({ unknown }) => unknown.length > 0);
  expect(unread).toEqual([]);
  expect(report.probes.flatMap(({ unstable }) => unstable)).toEqual([]);
  return report.items;
}
const paths = async (up: string[], down: string[] = []) =>
  (await residueAfter(up, down)).map(({ path, change }) => `${change} ${path}`).sort();

describe('the catalog fingerprint', () => {
  it('is the same after a rollback that restores everything', async () => {
    expect(
      await paths(
        [
          "alter table orders add column status text default 'new'",
          'grant select on orders to pg_monitor',
          'create index concurrently orders_customer on orders (customer)',
          'alter table orders disable trigger stamped',
          "insert into orders (note) values ('z')",
        ],
        [
          'alter table orders enable trigger stamped',
          'drop index orders_customer',
          'revoke select on orders from pg_monitor',
          'alter table orders drop column status',
        ],
      ),
    ).toEqual([]);
  });

  it.each<[string, string, string[], string[]?]>([
    ['a column', 'added catalog.columns/orders.extra', ['alter table orders add extra int']],
    ['a type', 'changed catalog.columns/orders.note', ['alter table orders alter note type varchar(9)']],
    ['a default', 'changed catalog.columns/orders.note', [`alter table orders alter note set default 'x'`]],
    ['NOT NULL', 'changed catalog.columns/orders.note', ['alter table orders alter note set not null']],
    ['column grants', 'changed catalog.columns/orders.note', ['grant select (note) on orders to pg_monitor']],
    [
      'a comment on a column',
      'changed catalog.columns/orders.note',
      [`comment on column orders.note is 'n'`],
    ],
    [
      'column statistics',
      'changed catalog.columns/orders.note',
      ['alter table orders alter note set statistics 9'],
    ],
    [
      'column order',
      'changed catalog.columnOrder/orders',
      [`alter table orders drop mood, add mood mood default 'ok'`],
      [],
    ],
    ['a table', 'added catalog.tables/extra', ['create table extra ()']],
    ['a name with quotes', 'added catalog.tables/"Bück""s t"', ['create table "Bück""s t" ()']],
    ['reloptions', 'changed catalog.tables/orders', ['alter table orders set (fillfactor = 70)']],
    ['table grants', 'changed catalog.tables/orders', ['grant select on orders to pg_monitor']],
    ['replica identity', 'changed catalog.tables/orders', ['alter table orders replica identity full']],
    ['row security', 'changed catalog.tables/orders', ['alter table orders enable row level security']],
    ['an owner', 'changed catalog.tables/orders', ['alter table orders owner to pg_monitor']],
    ['a comment', 'changed catalog.tables/orders', [`comment on table orders is 'x'`]],
    [
      'a view',
      'changed catalog.tables/open_orders',
      ['create or replace view open_orders as select id, customer from orders where id > 1'],
    ],
    ['an index', 'removed catalog.indexes/orders_note', ['drop index orders_note']],
    [
      'an unvalidated constraint',
      'added catalog.constraints/orders.c',
      ['alter table orders add constraint c check (id > 0) not valid'],
    ],
    [
      'foreign keys switched off',
      'changed catalog.constraints/orders.orders_customer_fkey',
      ['alter table orders disable trigger all'],
    ],
    [
      'a trigger switched off',
      'changed catalog.triggers/orders.stamped',
      ['alter table orders disable trigger stamped'],
    ],
    ['a policy', 'added catalog.policies/orders.p', ['create policy p on orders using (id > 1)']],
    ['a rule', 'added catalog.rules/orders.r', ['create rule r as on delete to orders do instead nothing']],
    ['enum labels', 'changed catalog.types/mood', [`alter type mood add value 'glad' before 'sad'`]],
    ['a domain', 'added catalog.types/d', ['create domain d as int check (value > 0)']],
    [
      'a function',
      'changed catalog.functions/total(a integer)',
      [`create or replace function total(a int) returns int language sql as 'select a + 1'`],
    ],
    ['a sequence', 'changed catalog.sequences/orders_id_seq', ['alter sequence orders_id_seq increment 5']],
    [
      'a sequence set back',
      'behind catalog.sequenceValues/orders_id_seq',
      [`select setval('orders_id_seq', 1)`],
    ],
    ['a schema', 'added catalog.schemas/extra', ['create schema extra']],
    ['an extension', 'added catalog.extensions/pg_trgm', ['create extension pg_trgm']],
    ['extended statistics', 'added catalog.statistics/st', ['create statistics st on id, note from orders']],
    ['a publication', 'added catalog.publications/pub', ['create publication pub for table orders']],
    [
      'a slot',
      'added catalog.replicationSlots/sl',
      [`select pg_create_logical_replication_slot('sl', 'pgoutput')`],
    ],
    ['a database setting', 'changed catalog.database/state', [`alter database :db set work_mem = '8MB'`]],
    [
      'default privileges',
      'added catalog.defaultPrivileges/postgres on tables',
      ['alter default privileges grant select on tables to public'],
    ],
    [
      'an event trigger',
      'added catalog.eventTriggers/et',
      [
        `create function ev() returns event_trigger language plpgsql as 'begin end'`,
        'create event trigger et on ddl_command_end execute function ev()',
      ],
    ],
    [
      'a prepared transaction',
      `added catalog.preparedTransactions/'gid 1'`,
      ['begin', `insert into orders (note) values ('p')`, `prepare transaction 'gid 1'`],
    ],
  ])('shows %s', async (_what, expected, up, down = []) => {
    const found = await paths(
      up.map((sql) => sql.replace(':db', database.name)),
      down,
    );
    expect(found.map((path) => path.replace(/state\d+$/, 'state'))).toContain(expected);
    for (const path of found)
      if (path.includes('replicationSlots')) await client.query(`select pg_drop_replication_slot('sl')`);
    for (const path of found) if (path.includes('prepared')) await client.query(`rollback prepared 'gid 1'`);
  });

  it('shows roles with their settings, members and passwords, the password as a hash', async () => {
    await admin.query(`create role lasting login password 'hunter2'`);
    const items = await residueAfter(
      [
        `alter role lasting set work_mem = '1MB'`,
        `alter role lasting password 'hunter3'`,
        'grant pg_monitor to lasting',
        'create role minted login',
      ],
      [],
    );
    const roles = items.filter(({ probe }) => probe === 'catalog.roles');
    expect(roles.map(({ key, change }) => [key, change])).toEqual([
      ['lasting', 'changed'],
      ['minted', 'added'],
    ]);
    expect(roles[0]?.changes.map(({ path }) => path)).toEqual(['$.memberOf', '$.password', '$.settings']);
    expect(JSON.stringify(items)).not.toContain('SCRAM');
    await admin.query('drop role lasting; drop role minted');
  });

  it('shows settings of ALTER SYSTEM', async () => {
    const found = await paths([
      `alter system set work_mem = '9MB'`,
      'select pg_reload_conf()',
      'select pg_sleep(0.3)',
    ]);
    await admin.query('alter system reset work_mem');
    await admin.query('select pg_reload_conf()');
    expect(found).toContain('added catalog.settings/work_mem');
  });

  it('calls an invalid index odd, and one of before the upgrade pre-existing', async () => {
    await client.query(`insert into orders (note) values ('same'), ('same')`);
    await client.query('create unique index concurrently broken on orders (note)').catch(() => undefined);
    const items = await residueAfter(['alter table orders add constraint c check (id < 0) not valid'], []);
    const byPath = Object.fromEntries(items.map((item) => [item.path, item]));
    expect(byPath['catalog.indexes/broken']).toMatchObject({
      origin: 'pre-existing',
      odd: expect.stringContaining('invalid') as string,
    });
    expect(byPath['catalog.constraints/orders.c']).toMatchObject({
      origin: 'attributed',
      odd: expect.stringContaining('never validated') as string,
    });
  });

  it('ends as unknown, soon, and names who is in the way where a table is locked', async () => {
    const locker = await postgres.connect(database.name);
    await locker.query('set application_name = locker; begin; lock table orders in access exclusive mode');
    const from = process.hrtime.bigint();
    const readings = await snapshot('S0a');
    const tookMs = Number(process.hrtime.bigint() - from) / 1e6;
    await locker.query('rollback');
    const indexes = readings.find(({ probe }) => probe === 'catalog.indexes');
    expect(indexes).toMatchObject({ complete: false, items: [] });
    expect(indexes?.reason).toMatch(/lock timeout: locker holds AccessExclusiveLock on orders/);
    const roles = readings.find(({ probe }) => probe === 'catalog.roles');
    expect(roles?.complete).toBe(true);
    expect(tookMs).toBeLessThan(15_000);
    const blocked = readings.filter(({ complete }) => !complete).map(({ probe }) => probe);
    expect(blocked).toContain('catalog.sequenceValues');
    process.stdout.write(`blocked: ${blocked.join(', ')} in ${tookMs} ms\n`);
  });

  it('is unknown where the catalog may not be read, and still reads the rest', async () => {
    await admin.query(`create role low login password 'low'`);
    await client.query('revoke all on pg_policy, pg_proc from public');
    const low = {
      ...database,
      connect: () => database.connect({ consumer: { kind: 'observer', name: 'x' }, role: 'low' }),
    };
    const readings = await readCatalog({
      database: low,
      owned: false,
      redact: redactor(new Uint8Array()),
      signal: new AbortController().signal,
    });
    const of = (name: string) => readings.find(({ head }) => head.probe === name)?.result;
    expect(of('catalog.policies')).toMatchObject({
      complete: false,
      reason: expect.stringContaining('permission denied') as string,
    });
    expect(of('catalog.sequenceValues')).toMatchObject({
      complete: false,
      reason: expect.stringContaining('permission denied') as string,
    });
    expect(of('catalog.columns')?.complete).toBe(true);
    await client.query('grant select on pg_policy, pg_proc to public');
  });

  it('copes with 5 000 tables', async () => {
    const blocks = Array.from({ length: 10 }, (_, block) =>
      Array.from(
        { length: 500 },
        (_, i) =>
          `create table many_${block}_${i} (id bigint generated always as identity primary key, a text not null default 'x', b int check (b > 0), c timestamptz)`,
      ).join(';'),
    );
    for (const block of blocks) await client.query(block);
    const from = process.hrtime.bigint();
    const S0a = await snapshot('S0a');
    const firstMs = Number(process.hrtime.bigint() - from) / 1e6;
    const again = await snapshot('S0b', S0a);
    const items = S0a.reduce((sum, reading) => sum + reading.items.length, 0);
    const bytes = JSON.stringify(S0a).length;
    const deltaBytes = JSON.stringify(again).length;
    process.stdout.write(
      `5 000 tables: ${items} items read in ${Math.round(firstMs)} ms; ${bytes} bytes written for S0a, ${deltaBytes} for S0b\n`,
    );
    expect(S0a.filter(({ complete }) => !complete)).toEqual([]);
    expect(items).toBeGreaterThan(50_000);
    expect(firstMs).toBeLessThan(60_000);
    expect(deltaBytes).toBeLessThan(20_000);
  }, 240_000);
});
