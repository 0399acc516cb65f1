import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import type { Database } from '../../../src/model/contracts.js';
import type { ServerSample, StampedEvent } from '../../../src/model/observation.js';
import { startServerStats } from '../../../src/observe/server-stats.js';
import {
  startObservedServer,
  testContext,
  untilWaiting,
  pidOf,
  type ObservedServer,
} from './observed-server.js';

let server: ObservedServer;
let admin: pg.Client;

beforeAll(async () => {
  server = await startObservedServer({ autovacuum: 'off' });
  admin = await server.connect({ kind: 'observer', name: 'test' });
  await admin.query(
    `create table orders (id int primary key, v int); insert into orders select i, 0 from generate_series(1, 1000) i;
     create table idle_one (id int); create schema sales; create table sales.invoices (id int);
     create role hidden login password 'hidden'`,
  );
});

afterAll(() => server?.[Symbol.asyncDispose]());

async function sampled(
  scene: (samples: ServerSample[]) => Promise<void>,
  overrides: Partial<Database> | 'no database' = {},
): Promise<{ samples: ServerSample[]; lost: string[] }> {
  const ctx = testContext();
  const samples: ServerSample[] = [];
  const sink = { server: (sample: ServerSample) => void samples.push(sample), lockWait: () => undefined };
  const database = overrides === 'no database' ? undefined : await server.database(ctx, overrides);
  try {
    await using stats = await startServerStats(ctx, database, sink);
    expect(stats).toBeDefined();
    await scene(samples);
  } finally {
    await ctx.teardown.run();
  }
  const lost = ctx.events.flatMap((event: StampedEvent) => (event.type === 'degraded' ? [event.lost] : []));
  return { samples, lost };
}

const known = (value: number | null): number => {
  expect(value).not.toBeNull();
  return value ?? Number.NaN;
};

test('counters grow by what was done; sessions are counted without observers', async () => {
  const worker = await server.connect({ kind: 'service', name: 'shop' });
  const waiter = await server.connect({ kind: 'service', name: 'shop' });
  const { samples, lost } = await sampled(async (seen) => {
    for (let i = 0; i < 50; i++) await worker.query('update orders set v = v + 1 where id <= 100');
    await worker.query('begin');
    await worker.query('lock table idle_one');
    const waiting = waiter.query('table idle_one');
    await untilWaiting(admin, pidOf(waiter));
    const before = seen.length;
    while (seen.length < before + 2) await sleep(50);
    await worker.query('checkpoint');
    await worker.query('commit');
    await waiting;
    // Backends report their counters when they fall idle, at most once a second.
    await sleep(1_500);
    await worker.query('select 1');
  });
  expect(lost).toEqual([]);
  const first = samples[0]!;
  const last = samples.at(-1)!;
  expect(known(last.commits) - known(first.commits)).toBeGreaterThanOrEqual(51);
  expect(known(last.walBytes) - known(first.walBytes)).toBeGreaterThan(50 * 100 * 50);
  expect(known(last.checkpointsRequested) - known(first.checkpointsRequested)).toBe(1);
  expect(known(last.blocksHit)).toBeGreaterThan(known(first.blocksHit));
  expect(last.deadTuples['public.orders']).toBeGreaterThan(0);
  expect(last.tableActivity['public.orders']! - first.tableActivity['public.orders']!).toBeGreaterThanOrEqual(
    5_000,
  );
  expect(last.tableActivity['sales.invoices']).toBe(first.tableActivity['sales.invoices']);
  expect(last.autovacuums['public.orders']).toBe(0);
  expect(Object.keys(last.tableActivity).some((name) => name.startsWith('pg_'))).toBe(false);
  expect(samples.some((sample) => sample.waitingBackends === 1 && sample.idleInTransaction === 1)).toBe(true);
  expect(samples.map(({ sessions }) => sessions?.['service shop'])).toContainEqual({
    total: 2,
    waiting: 1,
    busy: 2,
  });
  for (const { host, atUs } of samples) {
    expect(atUs).toBeGreaterThan(0);
    expect(host.cpuBusyRatio).toBeGreaterThanOrEqual(0);
    expect(host.cpuBusyRatio).toBeLessThanOrEqual(1);
    expect(host.memoryFreeBytes).toBeGreaterThan(0);
  }
});

test('a table that a migration holds under AccessExclusiveLock does not hold up the samples', async () => {
  const migrator = await server.connect({ kind: 'upgrade', name: 'upgrade.a' });
  const { samples, lost } = await sampled(async () => {
    await migrator.query('begin');
    await migrator.query('alter table orders add column held int');
    await sleep(2_300);
    await migrator.query('rollback');
  });
  expect(lost).toEqual([]);
  expect(samples.length).toBeGreaterThanOrEqual(3);
  for (const sample of samples) expect(sample.tableActivity['public.orders']).toBeGreaterThan(0);
});

test('a role that may not see other sessions: null, and said once', async () => {
  const hidden = await server.database(testContext());
  const { samples, lost } = await sampled(
    async () => {
      await sleep(1_200);
    },
    {
      connect: (options) =>
        hidden.connect(options).then(async (session) => {
          await session.query('set role hidden');
          return session;
        }),
    },
  );
  expect(samples.length).toBeGreaterThanOrEqual(2);
  expect(samples.at(-1)).toMatchObject({
    activeBackends: null,
    waitingBackends: null,
    idleInTransaction: null,
  });
  expect(known(samples.at(-1)!.commits)).toBeGreaterThan(0);
  expect(lost.filter((text) => text.startsWith('pg_stat_activity'))).toHaveLength(1);
  expect(lost.filter((text) => text.includes('statements are hidden'))).toHaveLength(1);
  expect(samples.every(({ statements }) => statements === undefined)).toBe(true);
});

test('statements: calls and blocks as they were, the text once, whatever became of the table; no observer’s', async () => {
  const worker = await server.connect({ kind: 'service', name: 'shop' });
  await worker.query('create table refs (id int, ref numeric)');
  await worker.query('insert into refs select i, i from generate_series(1, 20000) i');
  await worker.query('create index refs_ref on refs (ref)');
  await worker.query('vacuum analyze refs');
  const read = () =>
    worker.query({ name: 'by ref', text: 'select id from refs where ref = $1::numeric', values: ['7'] });
  /** Blocks that one call reads, as the executor itself counts them. */
  const blocksNow = async () => {
    const { rows } = await admin.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      'explain (analyze, buffers, format json) select id from refs where ref = 7::numeric',
    );
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    return plan['Shared Hit Blocks']! + plan['Shared Read Blocks']!;
  };
  // Before the first sample: none of the run's.
  await read();
  const untilSample = async (seen: ServerSample[]) => {
    const before = seen.length;
    while (seen.length === before) await sleep(20);
  };
  const { samples, lost } = await sampled(async (seen) => {
    for (let i = 0; i < 30; i++) await read();
    await untilSample(seen);
    // The same text is another statement to the server now, and can use no index.
    await worker.query('alter table refs alter column ref type int using ref::int');
    for (let i = 0; i < 7; i++) await read();
    await untilSample(seen);
  });
  expect(lost).toEqual([]);
  const told = samples.flatMap(({ statements }) => statements ?? []);
  const texts = new Map(told.flatMap(({ id, text }) => (text === undefined ? [] : [[id, text]])));
  expect(told.filter(({ text }) => text !== undefined)).toHaveLength(texts.size);
  const ids = [...texts]
    .filter(([, text]) => text === 'select id from refs where ref = $1::numeric')
    .map(([id]) => id);
  expect(ids).toHaveLength(2);
  const sums = ids.map((id) => {
    const own = told.filter((one) => one.id === id);
    const sum = (what: 'calls' | 'rows' | 'blocks' | 'ms') => own.reduce((all, one) => all + one[what], 0);
    return { calls: sum('calls'), rows: sum('rows'), blocks: sum('blocks'), ms: sum('ms') };
  });
  const [few, many] = sums.sort((a, b) => b.calls - a.calls);
  expect(few).toMatchObject({ calls: 30, rows: 30 });
  expect(few!.blocks / 30).toBeLessThanOrEqual(4);
  expect(many).toMatchObject({ calls: 7, rows: 7, blocks: 7 * (await blocksNow()) });
  expect(many!.blocks / 7).toBeGreaterThan(50);
  expect(many!.ms / 7).toBeGreaterThan(few!.ms / 30);
  expect([...texts.values()].filter((text) => /pg_stat_|pg_lock/.test(text))).toEqual([]);
});

test('statements: counted from the new beginning where somebody resets them', async () => {
  const worker = await server.connect({ kind: 'service', name: 'shop' });
  const text = 'select count(*) as planted from orders where id < $1';
  const calls = async (times: number) => {
    for (let i = 0; i < times; i++) await worker.query({ name: 'planted', text, values: [9] });
  };
  await calls(50);
  const { samples } = await sampled(async (seen) => {
    const elsewhere = await server.postgres.connect('postgres');
    await elsewhere.query('select pg_stat_statements_reset()');
    await calls(5);
    const before = seen.length;
    while (seen.length === before) await sleep(20);
  });
  const planted = samples.flatMap(({ statements }) => statements ?? []);
  const id = planted.find((one) => one.text === text)?.id;
  expect(planted.filter((one) => one.id === id).reduce((sum, one) => sum + one.calls, 0)).toBe(5);
});

test('statements: where the view is missing, that is said, and the rest sampled', async () => {
  const { samples, lost } = await sampled(() => sleep(1_100), { statisticsDatabase: 'app' });
  expect(lost).toEqual([expect.stringContaining('pg_stat_statements is not there') as unknown]);
  expect(samples.at(-1)?.commits).not.toBeNull();
  expect(samples.every(({ statements }) => statements === undefined)).toBe(true);
});

test('a lost connection: nulls while it lasts, then values again', async () => {
  let refused = false;
  const real = await server.database(testContext());
  const { samples, lost } = await sampled(
    async (seen) => {
      refused = true;
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dten/observer/server statistics'`,
      );
      while (seen.at(-1)?.commits !== null) await sleep(50);
      refused = false;
      while (seen.at(-1)?.commits === null) await sleep(50);
    },
    {
      connect: (options) =>
        refused ? Promise.reject(new Error('the database is away')) : real.connect(options),
    },
  );
  expect(samples[0]?.commits).not.toBeNull();
  expect(samples.at(-1)?.commits).not.toBeNull();
  expect(lost.filter((text) => text.startsWith('pg_stat_database'))).toHaveLength(1);
});

test('more than a thousand tables: the busiest, and those that become busy', async () => {
  await admin.query(
    `do $$ begin for i in 1..1100 loop execute format('create table many_%s (id int)', i); end loop; end $$`,
  );
  const worker = await server.connect({ kind: 'service', name: 'shop' });
  const { samples, lost } = await sampled(async (seen) => {
    await worker.query('insert into many_777 values (1)');
    while (!('public.many_777' in (seen.at(-1)?.tableActivity ?? {}))) {
      await sleep(100);
      await worker.query('select 1');
    }
  });
  expect(Object.keys(samples[0]!.tableActivity)).toHaveLength(300);
  expect(samples[0]!.tableActivity['public.orders']).toBeGreaterThan(0);
  expect(samples.at(-1)!.tableActivity['public.many_777']).toBe(1);
  expect(lost).toEqual([expect.stringContaining('tables') as unknown]);
});

test('without a database: this machine only', async () => {
  const { samples, lost } = await sampled(() => sleep(1_100), 'no database');
  expect(samples.length).toBeGreaterThanOrEqual(2);
  expect(samples[0]).toMatchObject({ commits: null, walBytes: null, tableActivity: {} });
  expect(lost).toEqual([]);
});
