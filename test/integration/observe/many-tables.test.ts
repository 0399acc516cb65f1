import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import type { ServerSample } from '../../../src/model/observation.js';
import { startServerStats } from '../../../src/observe/server-stats.js';
import { tracePass } from '../../../src/steps/trace-pass.js';
import { planned, stepBench } from '../steps/step-bench.js';
import { observe, pidOf, startObservedServer, untilWaiting, type ObservedServer } from './observed-server.js';

const tables = 5_000;

let server: ObservedServer;
beforeAll(async () => {
  server = await startObservedServer({ max_locks_per_transaction: '256', fsync: 'off' });
  const admin = await server.postgres.connect('app');
  for (let from = 1; from <= tables; from += 250) {
    await admin.query(`do $$ begin for i in ${from}..${from + 249} loop
      execute format('create table many_%s (id int primary key, v int)', i); end loop; end $$`);
  }
  await admin.query('insert into many_4999 select g, g from generate_series(1, 20000) g');
  await admin.query('vacuum analyze many_4999');
  // A database that somebody is connected to cannot be cloned.
  await admin.end();
}, 300_000);
afterAll(() => server?.[Symbol.asyncDispose]());

test('5 000 tables: the trace on a clone names the locks of one, and knows the size of all', async () => {
  await using bench = await stepBench(server.postgres.url, 'app');
  bench.plan.upgrade = [
    await planned({
      name: 'two',
      sql: 'alter table many_4999 alter v set not null; create index many_i on many_4999 (v); drop table many_7',
    }),
  ];
  const report = await tracePass(bench.ctx, bench.env);
  expect([report.state, report.reason]).toEqual(['complete', undefined]);
  expect(Object.keys(report.tables)).toHaveLength(tables);
  expect(report.tables.many_4999).toMatchObject({ rows: 20_000 });
  const seen = report.statements.map(({ locks, scans, rewrites }) => ({
    locks: locks.map(({ relation, mode, created }) => `${relation} ${mode}${created ? ' (new)' : ''}`).sort(),
    scans: scans.map(({ kind, relation }) => `${kind} ${relation}`),
    rewrites,
  }));
  expect(seen).toEqual([
    { locks: ['many_4999 AccessExclusiveLock'], scans: ['verify many_4999'], rewrites: [] },
    {
      locks: ['many_4999 ShareLock', 'many_i AccessExclusiveLock (new)'],
      scans: ['build index many_4999'],
      rewrites: [],
    },
    { locks: ['many_7 AccessExclusiveLock', 'many_7_pkey AccessExclusiveLock'], scans: [], rewrites: [] },
  ]);
}, 240_000);

test('5 000 tables, one of them locked: its wait is told with its name, and no observer falls silent', async () => {
  const holder = await server.connect({ kind: 'upgrade', name: 'add note' });
  const waiter = await server.connect({ kind: 'service', name: 'shop' });
  const watcher = await server.postgres.connect();
  const samples: ServerSample[] = [];
  const { waits, coverage, events } = await observe(server, async ({ ctx, database }) => {
    const sink = { lockWait: () => undefined, server: (sample: ServerSample) => samples.push(sample) };
    const stats = await startServerStats(ctx, database, sink);
    await holder.query('begin; lock table many_4999');
    const reading = waiter.query('select count(*) from many_4999');
    await untilWaiting(watcher, pidOf(waiter));
    await sleep(2_500);
    await holder.query('commit');
    await reading;
    await sleep(3_000);
    await stats[Symbol.asyncDispose]();
  });
  expect(waits.filter(({ waiter: { pid } }) => pid === pidOf(waiter))).toMatchObject([
    { relation: 'public.many_4999', mode: 'AccessShareLock', ended: 'granted', root: { pid: pidOf(holder) } },
  ]);
  // Samples of some seconds, each with the busy table in it, and not with five thousand others.
  expect(samples.length).toBeGreaterThanOrEqual(4);
  const later = samples.slice(1);
  for (const { tableActivity } of later) {
    expect(Object.keys(tableActivity).length).toBeLessThan(1_000);
    expect(tableActivity['public.many_4999']).toBeGreaterThan(0);
  }
  for (const [fromUs, toUs] of coverage.gaps) expect(toUs - fromUs).toBeLessThan(1_000_000);
  // That not all tables are sampled is said; nothing else was amiss but what a busy machine does to the cadence.
  const said = events.flatMap((event) => (event.type === 'degraded' ? [event.lost] : []));
  expect(said.filter((lost) => !/ gaps between /.test(lost))).toEqual([
    'tables: 5000 tables: only the busiest and those that become busy are sampled',
  ]);
}, 120_000);
