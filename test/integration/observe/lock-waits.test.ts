import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import type { LiveLocks } from '../../../src/model/live.js';
import type { LockQueue } from '../../../src/model/lock-queue.js';
import type { LockWait, RunEvent } from '../../../src/model/observation.js';
import {
  observe,
  pidOf,
  startObservedServer,
  untilWaiting,
  type ObservedServer,
  type Observing,
} from './observed-server.js';

/** What scheduling on a busy machine may add between a planted instant and the server's reading of it, ms. */
const slackMs = 60;

let server: ObservedServer;
let watcher: pg.Client;

beforeAll(async () => {
  server = await startObservedServer({ max_prepared_transactions: '2' });
  watcher = await server.connect({ kind: 'observer', name: 'test' });
  await watcher.query(
    `create table orders (id int primary key, v int); insert into orders select i, 0 from generate_series(1, 100) i;
     create table parts (id int primary key, v int); insert into parts select i, 0 from generate_series(1, 100) i;
     create role hidden login password 'hidden'; create schema sales;
     create role seeing login password 'seeing' in role pg_read_all_stats;
     create table sales.invoices (id int primary key, v int);
     create table "old ""orders"" ü" (id int primary key, v int); insert into "old ""orders"" ü" values (1, 0)`,
  );
});

afterAll(() => server?.[Symbol.asyncDispose]());

const service = { kind: 'service', name: 'shop' } as const;
const step = { kind: 'upgrade', name: 'add status' } as const;
const stepId = `upgrade.${step.name}`;

/** Of a role whose password is its name. */
const samplerUrl = (role: string) =>
  `postgres://${role}:${role}@127.0.0.1:${server.postgres.port}/app?application_name=dten%2Fobserver%2Flocks`;

/** `holder` holds what `hold` took while `waiter` runs `wait`, for `ms` from the moment it is seen waiting. */
async function plant(
  holder: pg.Client,
  waiter: pg.Client,
  { hold, wait, ms }: { hold: string; wait: string; ms: number },
): Promise<{ minMs: number; maxMs: number; error: unknown }> {
  await holder.query('begin');
  await holder.query(hold);
  const sentAt = process.hrtime.bigint();
  const waiting = waiter.query(wait).then(
    () => undefined,
    (error: unknown) => error,
  );
  await untilWaiting(watcher, pidOf(waiter));
  const seenAt = process.hrtime.bigint();
  await sleep(ms);
  const releasedAt = process.hrtime.bigint();
  await holder.query('commit');
  const error = await waiting;
  const endedAt = process.hrtime.bigint();
  return { minMs: Number(releasedAt - seenAt) / 1e6, maxMs: Number(endedAt - sentAt) / 1e6, error };
}

function expectWithin(wait: LockWait, truth: { minMs: number; maxMs: number }): void {
  expect(wait.durationMs + wait.errorMs + slackMs).toBeGreaterThanOrEqual(truth.minMs);
  expect(wait.durationMs - wait.errorMs - slackMs).toBeLessThanOrEqual(truth.maxMs);
  expect(wait.errorMs).toBeLessThan(250);
  expect(wait.toUs - wait.fromUs).toBeCloseTo(wait.durationMs * 1000, 3);
}

const only = (waits: readonly LockWait[], client: pg.Client, lockType?: string): LockWait => {
  const own = waits.filter(
    (wait) => wait.waiter.pid === pidOf(client) && (lockType === undefined || wait.lockType === lockType),
  );
  expect(own).toHaveLength(1);
  return own[0]!;
};

describe('planted waits that end with a grant', () => {
  test.each([
    {
      lockType: 'relation',
      hold: 'lock table orders in share mode',
      wait: 'update orders set v = 1 where id = 1',
      mode: 'RowExclusiveLock',
      relation: 'public.orders',
    },
    {
      lockType: 'transactionid',
      hold: 'update orders set v = 1 where id = 2',
      wait: 'update orders set v = 2 where id = 2',
      mode: 'ShareLock',
      relation: 'public.orders',
    },
    {
      lockType: 'transactionid',
      hold: 'insert into sales.invoices values (1, 1)',
      wait: 'insert into sales.invoices values (1, 2) on conflict do nothing',
      mode: 'ShareLock',
      relation: 'sales.invoices',
    },
    {
      lockType: 'advisory',
      hold: 'select pg_advisory_xact_lock(7, 42)',
      wait: 'select pg_advisory_xact_lock(7, 42)',
      mode: 'ExclusiveLock',
      relation: undefined,
    },
    {
      lockType: 'virtualxid',
      hold: 'insert into parts values (1000, 1)',
      wait: 'create index concurrently if not exists parts_v on parts (v)',
      mode: 'ShareLock',
      relation: undefined,
    },
  ])('$lockType: $wait', async ({ lockType, hold, wait: statement, mode, relation }) => {
    const holder = await server.connect({ kind: 'background', name: 'holder' });
    const waiter = await server.connect(service);
    let truth = { minMs: 0, maxMs: 0 };
    const { waits } = await observe(server, async () => {
      truth = await plant(holder, waiter, { hold, wait: statement, ms: 150 });
    });
    const wait = only(waits, waiter, lockType);
    expectWithin(wait, truth);
    expect(wait).toMatchObject({ mode, ended: 'granted', waiter: { actor: service, query: statement } });
    expect(wait.relation).toBe(relation);
    expect(wait.blockers.map(({ pid }) => pid)).toEqual([pidOf(holder)]);
    expect(wait.root).toMatchObject({
      pid: pidOf(holder),
      actor: { kind: 'background', name: 'holder' },
      query: hold,
      state: 'idle in transaction',
    });
  });

  test('a session that disconnects as soon as it has its answer was granted its lock', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service);
    const { waits } = await observe(server, async () => {
      await holder.query('begin');
      await holder.query('lock table orders');
      const reading = waiter.query('select from orders where id = 1').then(() => waiter.end());
      await untilWaiting(watcher, pidOf(waiter));
      await sleep(60);
      await holder.query('commit');
      await reading;
      await sleep(60);
    });
    expect(only(waits, waiter).ended).toBe('granted');
  });

  test.each([10, 60_000])('behind a prepared transaction, sampled every %d ms', async (cadenceMs) => {
    const holder = await server.connect(service);
    const waiter = await server.connect(step, { deadlock_timeout: '50ms' });
    const { waits } = await observe(
      server,
      async () => {
        await holder.query(`begin; update orders set v = 1 where id = 4; prepare transaction 'forgotten'`);
        const locking = waiter.query('begin; lock table orders; commit');
        await untilWaiting(watcher, pidOf(waiter));
        await sleep(150);
        await holder.query(`rollback prepared 'forgotten'`);
        await locking;
      },
      { cadenceMs },
    );
    const wait = only(waits, waiter);
    expect(wait.seenBy).toEqual(cadenceMs === 10 ? ['sampler', 'log'] : ['log']);
    // The log calls it process 0, and no more.
    const name = cadenceMs === 10 ? 'prepared transaction forgotten' : 'prepared transaction';
    expect(wait.root).toMatchObject({ pid: 0, actor: { kind: 'other', name } });
    expect(wait.durationMs).toBeGreaterThan(150 - slackMs);
  });

  test('of two prepared transactions, each wait is told behind the one that holds its lock', async () => {
    const holder = await server.connect(service);
    const waiter = await server.connect(step);
    const rowWaiter = await server.connect(service);
    const { waits } = await observe(server, async () => {
      await holder.query(`begin; select * from parts; prepare transaction 'dten/background/audit'`);
      await holder.query(`begin; update orders set v = 1 where id = 4; prepare transaction 'theirs'`);
      const locking = waiter.query('begin; lock table parts; commit');
      await untilWaiting(watcher, pidOf(waiter));
      const writing = rowWaiter.query('update orders set v = 2 where id = 4');
      await untilWaiting(watcher, pidOf(rowWaiter));
      await sleep(150);
      await holder.query(`rollback prepared 'dten/background/audit'`);
      await holder.query(`rollback prepared 'theirs'`);
      await locking;
      await writing;
    });
    const state = 'prepared transaction';
    expect(only(waits, waiter).root).toMatchObject({
      pid: 0,
      state,
      actor: { kind: 'background', name: 'audit' },
    });
    expect(only(waits, rowWaiter, 'transactionid').root).toMatchObject({
      pid: 0,
      state,
      actor: { kind: 'other', name: 'prepared transaction theirs' },
    });
  });

  test('a row wait that only the log saw names its table, quotes and all', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service, { deadlock_timeout: '50ms' });
    const update = 'update "old ""orders"" ü" set v = v + 1';
    const { waits } = await observe(
      server,
      async () => {
        await plant(holder, waiter, { hold: update, wait: update, ms: 150 });
      },
      { cadenceMs: 60_000 },
    );
    expect(only(waits, waiter)).toMatchObject({
      lockType: 'transactionid',
      relation: 'public.old "orders" ü',
      seenBy: ['log'],
    });
  });

  test('tuple: the second waiter for a row, behind the first and its holder', async () => {
    const holder = await server.connect({ kind: 'background', name: 'holder' });
    const first = await server.connect(service);
    const second = await server.connect(service);
    const { waits } = await observe(server, async () => {
      await holder.query('begin');
      await holder.query('update orders set v = 1 where id = 3');
      const one = first.query('update orders set v = 2 where id = 3');
      await untilWaiting(watcher, pidOf(first));
      const two = second.query('update orders set v = 3 where id = 3');
      await untilWaiting(watcher, pidOf(second));
      await sleep(100);
      await holder.query('commit');
      await Promise.all([one, two]);
    });
    const wait = only(waits, second, 'tuple');
    expect(wait).toMatchObject({ mode: 'ExclusiveLock', relation: 'public.orders', ended: 'granted' });
    expect(wait.target).toMatch(/^row version \(0,\d+\) of public\.orders$/);
    expect(wait.durationMs + wait.errorMs + slackMs).toBeGreaterThan(100);
    expect(wait.chain.map(({ pid }) => pid)).toEqual([pidOf(first), pidOf(holder)]);
    expect(wait.root?.pid).toBe(pidOf(holder));
  });
});

describe('planted waits that end otherwise', () => {
  const hold = 'lock table orders';
  const read = 'select * from orders where id = 1';
  test.each([
    { ended: 'lock timeout', settings: { lock_timeout: '120ms' }, ms: 400, lastsMs: 120 },
    { ended: 'statement timeout', settings: { statement_timeout: '140ms' }, ms: 400, lastsMs: 140 },
  ])('$ended', async ({ ended, settings, ms, lastsMs }) => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service, settings);
    const { waits } = await observe(server, async () => {
      await plant(holder, waiter, { hold, wait: read, ms });
    });
    const wait = only(waits, waiter);
    expect(wait).toMatchObject({ ended, seenBy: ['sampler', 'log'], relation: 'public.orders' });
    expect(Math.abs(wait.durationMs - lastsMs)).toBeLessThan(wait.errorMs + slackMs);
  });

  test('cancelled and disconnected', async () => {
    const holder = await server.connect(step);
    const cancelled = await server.connect(service);
    const killed = await server.connect(service);
    const { waits } = await observe(server, async () => {
      await holder.query('begin');
      await holder.query(hold);
      const ends = [cancelled.query(read), killed.query(read)].map((one) => one.catch(() => undefined));
      await untilWaiting(watcher, pidOf(cancelled));
      await untilWaiting(watcher, pidOf(killed));
      await sleep(60);
      await watcher.query('select pg_cancel_backend($1), pg_terminate_backend($2)', [
        pidOf(cancelled),
        pidOf(killed),
      ]);
      await Promise.all(ends);
      await holder.query('commit');
    });
    expect(only(waits, cancelled).ended).toBe('cancelled');
    expect(only(waits, killed).ended).toBe('disconnected');
  });

  test('deadlock: the victim’s wait says so, the survivor’s is granted', async () => {
    const settings = { deadlock_timeout: '150ms' };
    const a = await server.connect(step, settings);
    const b = await server.connect(service, settings);
    const { waits } = await observe(server, async () => {
      await a.query('begin');
      await b.query('begin');
      await a.query('update orders set v = 1 where id = 10');
      await b.query('update orders set v = 1 where id = 11');
      const both = [
        a.query('update orders set v = 1 where id = 11'),
        b.query('update orders set v = 1 where id = 10'),
      ].map((one) => one.catch(() => undefined));
      await Promise.all(both);
      await a.query('rollback');
      await b.query('rollback');
    });
    const ends = [a, b].map((client) => only(waits, client));
    expect(ends.map(({ ended }) => ended).sort()).toEqual(['deadlock', 'granted']);
    const victim = ends.find(({ ended }) => ended === 'deadlock')!;
    expect(victim.seenBy).toEqual(['sampler', 'log']);
    expect(Math.abs(victim.durationMs - 150)).toBeLessThan(victim.errorMs + slackMs);
    expect(victim.relation).toBe('public.orders');
    const sides = victim.deadlock?.sides ?? [];
    expect(sides.map(({ query }) => query).sort()).toEqual([
      'update orders set v = 1 where id = 10',
      'update orders set v = 1 where id = 11',
    ]);
    expect(sides.map(({ pid }) => pid).sort()).toEqual([pidOf(a), pidOf(b)].sort());
    expect(sides.map(({ blockedBy }) => blockedBy).sort()).toEqual([pidOf(a), pidOf(b)].sort());
  });

  test('a wait that outlasts the run', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service);
    let reading: Promise<unknown> | undefined;
    const { waits } = await observe(server, async () => {
      await holder.query('begin');
      await holder.query(hold);
      reading = waiter.query(read);
      await untilWaiting(watcher, pidOf(waiter));
      await sleep(150);
    });
    await holder.query('commit');
    await reading;
    const wait = only(waits, waiter);
    expect(wait.ended).toBe('outlasted');
    expect(wait.durationMs).toBeGreaterThan(150 - slackMs);
    expect(wait.root?.pid).toBe(pidOf(holder));
  });
});

describe('a queue behind a long SELECT', () => {
  test('root, direct blockers, phase, step, and the time behind the step', async () => {
    const report = await server.connect({ kind: 'background', name: 'report' });
    const migrator = await server.connect(step);
    const victims = await Promise.all([1, 2, 3, 4, 5].map(() => server.connect(service)));
    let live: LiveLocks | undefined;
    const queues: LockQueue[] = [];
    const scene = async (observing: Observing) => {
      observing.event({ type: 'phase', phase: 'baseline', fromUs: observing.ctx.clock.now() });
      await report.query('begin');
      const select = report.query('select count(*), pg_sleep(0.7) from orders');
      await sleep(50);
      observing.event({ type: 'phase', phase: 'upgrade', fromUs: observing.ctx.clock.now() });
      observing.event({ type: 'step', step: stepId, attempt: 1, edge: 'start' });
      const alter = migrator.query('alter table orders add column status text');
      await untilWaiting(watcher, pidOf(migrator));
      const reads = victims.map((victim) => victim.query('select * from orders where id = 1'));
      await untilWaiting(watcher, pidOf(victims.at(-1)!));
      await sleep(250);
      live = observing.live();
      await select;
      // The phase ends while they wait.
      observing.event({ type: 'phase', phase: 'soak', fromUs: observing.ctx.clock.now() });
      await report.query('commit');
      await Promise.all([alter, ...reads]);
      observing.event({
        type: 'step',
        step: stepId,
        attempt: 1,
        edge: 'end',
        outcome: { ok: true },
        final: true,
      });
    };
    const { waits } = await observe(server, scene, { onQueue: (queue) => queues.push(queue) });
    expect(live).toMatchObject({ waiting: 6, behindSteps: 5, coverage: { log: 'read' } });

    // The same, as it was told while it lasted: nobody waits, six wait, nobody waits.
    const full = queues.findLast(({ waiting }) => waiting.length === 6);
    expect(full?.leftOut).toBe(0);
    expect(full?.holders).toMatchObject([
      {
        pid: pidOf(report),
        actor: { kind: 'background', name: 'report' },
        query: 'select count(*), pg_sleep(0.7) from orders',
      },
    ]);
    const [first, ...behind] = full?.waiting ?? [];
    expect(first).toMatchObject({
      waiter: { pid: pidOf(migrator), actor: step, query: 'alter table orders add column status text' },
      mode: 'AccessExclusiveLock',
      target: 'public.orders',
      blockedBy: [pidOf(report)],
      behindStep: false,
    });
    expect(behind.map(({ waiter }) => waiter.pid).sort()).toEqual(victims.map(pidOf).sort());
    for (const { blockedBy, behindStep, fromUs } of behind) {
      expect(blockedBy).toEqual([pidOf(migrator)]);
      expect(behindStep).toBe(true);
      expect(fromUs).toBeGreaterThanOrEqual(first!.fromUs);
    }
    expect(queues.at(-1)).toMatchObject({ waiting: [], holders: [] });
    for (const victim of victims) {
      const wait = only(waits, victim);
      expect(wait.blockers.map(({ pid }) => pid)).toEqual([pidOf(migrator)]);
      expect(wait.chain.map(({ pid }) => pid)).toEqual([pidOf(migrator), pidOf(report)]);
      expect(wait.root?.actor).toEqual({ kind: 'background', name: 'report' });
      expect(wait.chain[0]).toMatchObject({
        actor: step,
        query: 'alter table orders add column status text',
      });
      expect(wait).toMatchObject({ phase: 'upgrade', step: stepId, ended: 'granted' });
      expect(Math.abs((wait.behindStepMs ?? 0) - wait.durationMs)).toBeLessThan(slackMs);
    }
    const own = only(waits, migrator);
    expect(own).toMatchObject({ mode: 'AccessExclusiveLock', root: { pid: pidOf(report) } });
  });
});

describe('one channel alone', () => {
  test('the log, when the sampler looks too seldom', async () => {
    const settings = { deadlock_timeout: '50ms' };
    const report = await server.connect({ kind: 'background', name: 'report' });
    const migrator = await server.connect(step, settings);
    const victim = await server.connect(service, settings);
    const { waits, coverage } = await observe(
      server,
      async () => {
        await report.query('begin');
        await report.query('select count(*) from orders');
        const alter = migrator.query('alter table orders add column if not exists note text');
        await untilWaiting(watcher, pidOf(migrator));
        const read = victim.query('select * from orders where id = 1');
        await untilWaiting(watcher, pidOf(victim));
        await sleep(150);
        await report.query('commit');
        await Promise.all([alter, read]);
      },
      { cadenceMs: 60_000 },
    );
    const wait = only(waits, victim);
    expect(wait.seenBy).toEqual(['log']);
    expect(wait).toMatchObject({
      lockType: 'relation',
      mode: 'AccessShareLock',
      relation: 'public.orders',
      ended: 'granted',
      waiter: { actor: service, query: 'select * from orders where id = 1' },
    });
    expect(wait.durationMs).toBeGreaterThan(150 - slackMs);
    expect(wait.logHolders).toEqual([pidOf(report)]);
    // The log's holder is the report; the queued ALTER stands before the victim all the same.
    expect(wait.chain.map(({ pid }) => pid)).toEqual([pidOf(migrator), pidOf(report)]);
    expect(wait.root?.pid).toBe(pidOf(report));
    expect(coverage.log).toBe('read');
  });

  test('the sampler, when the log cannot be read', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service);
    let truth = { minMs: 0, maxMs: 0 };
    const { waits, coverage, events } = await observe(
      server,
      async () => {
        truth = await plant(holder, waiter, { hold: 'lock table parts', wait: 'table parts', ms: 120 });
      },
      {
        overrides: {
          readLog: async () => ({ unavailable: 'permission denied for function pg_read_binary_file' }),
        },
      },
    );
    const wait = only(waits, waiter);
    expect(wait.seenBy).toEqual(['sampler']);
    expectWithin(wait, truth);
    expect(coverage.log).toBe('denied');
    expect(events.filter(({ type }) => type === 'degraded')).toHaveLength(1);
  });

  test('the client, for a step’s lock timeout that nobody else saw', async () => {
    const { waits } = await observe(
      server,
      async ({ ctx, ...observing }) => {
        const event = (one: RunEvent) => observing.event(one);
        event({ type: 'step', step: stepId, attempt: 1, edge: 'start', pid: 77 });
        event({ type: 'statement', step: stepId, attempt: 1, index: 0, pid: 77, edge: 'start' });
        const outcome = {
          ok: false,
          code: '55P03',
          sqlState: '55P03',
          message: 'canceling statement due to lock timeout',
        } as const;
        await sleep(60);
        event({ type: 'statement', step: stepId, attempt: 1, index: 0, pid: 77, edge: 'end', outcome });
        event({ type: 'step', step: stepId, attempt: 1, edge: 'end', pid: 77, outcome, final: true });
        expect(ctx.events).toHaveLength(4);
      },
      { plan: { upgrade: [{ id: stepId, side: 'upgrade', kind: 'sql', lockTimeout: 50 } as never] } },
    );
    expect(waits).toHaveLength(1);
    expect(waits[0]).toMatchObject({
      waiter: { pid: 77, actor: step },
      ended: 'lock timeout',
      seenBy: ['client'],
      durationMs: 50,
      lockType: 'unknown',
      step: stepId,
    });
  });

  test('all three, for a step’s lock timeout', async () => {
    const holder = await server.connect(service);
    const migrator = await server.connect(step, { lock_timeout: '120ms' });
    const pid = pidOf(migrator);
    const { waits } = await observe(server, async (observing) => {
      const event = (one: RunEvent) => observing.event(one);
      await holder.query('begin');
      await holder.query('select * from orders');
      event({ type: 'statement', step: stepId, attempt: 1, index: 0, pid, edge: 'start' });
      const error = await migrator
        .query('alter table orders drop column if exists note')
        .catch((e: Error) => e);
      const outcome = {
        ok: false,
        code: '55P03',
        sqlState: '55P03',
        message: (error as Error).message,
      } as const;
      event({ type: 'statement', step: stepId, attempt: 1, index: 0, pid, edge: 'end', outcome });
      await holder.query('commit');
    });
    expect(only(waits, migrator)).toMatchObject({
      ended: 'lock timeout',
      seenBy: ['sampler', 'log', 'client'],
      root: { actor: service },
    });
  });
});

describe('what the observer could not see', () => {
  test('a lost connection is a gap, and waits go on being seen after it', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service);
    const { waits, coverage, events } = await observe(
      server,
      async () => {
        const holding = plant(holder, waiter, { hold: 'lock table parts', wait: 'table parts', ms: 900 });
        await sleep(200);
        await watcher.query('alter role seeing nologin');
        await watcher.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dten/observer/locks'`,
        );
        await sleep(300);
        await watcher.query('alter role seeing login');
        await holding;
      },
      { overrides: { urlFor: () => samplerUrl('seeing') } },
    );
    expect(coverage.gaps.some(([fromUs, toUs]) => toUs - fromUs > 250_000)).toBe(true);
    const lost = events.flatMap((event) => (event.type === 'degraded' ? [event.lost] : []));
    expect(lost.some((text) => text.includes('lost its connection'))).toBe(true);
    expect(lost.some((text) => text.includes('no lock samples for'))).toBe(true);
    const wait = only(waits, waiter);
    expect(wait.ended).toBe('granted');
    expect(wait.durationMs).toBeGreaterThan(900 - slackMs - wait.errorMs);
  });

  test('a role that may not read other sessions’ statements: waits without them, and it is said', async () => {
    const holder = await server.connect(step);
    const waiter = await server.connect(service);
    const { waits, events } = await observe(
      server,
      async () => {
        await plant(holder, waiter, { hold: 'lock table parts', wait: 'table parts', ms: 120 });
      },
      {
        overrides: {
          urlFor: () => samplerUrl('hidden'),
        },
      },
    );
    const wait = only(waits, waiter);
    expect(wait).toMatchObject({ relation: 'public.parts', root: { pid: pidOf(holder), actor: step } });
    expect(wait.root?.query).toBeUndefined();
    expect(events.filter(({ type }) => type === 'degraded')).toHaveLength(1);
  });

  test('coverage on a quiet server: the floor is near the cadence', async () => {
    const { waits, coverage, events } = await observe(server, () => sleep(1_000));
    expect(waits).toEqual([]);
    // On a busy machine there may be gaps between samples; nothing else may be amiss.
    expect(events.filter((event) => event.type !== 'degraded' || !event.lost.includes('gaps'))).toEqual([]);
    expect(coverage.samples).toBeGreaterThan(40);
    expect(coverage.floorMs).toBeGreaterThanOrEqual(9);
    expect(coverage.cadenceMs!.asked).toBe(10);
    expect(coverage.cadenceMs!.p50).toBeGreaterThan(5);
    expect(coverage.cadenceMs!.max).toBeGreaterThanOrEqual(coverage.cadenceMs!.p50);
    expect(coverage).toMatchObject({ log: 'read', deadlockTimeoutMs: 1000 });
  });

  test('a server that is killed and stays away: what was seen until then, and a gap to the end', async () => {
    await using doomed = await startObservedServer();
    const admin = await doomed.connect({ kind: 'observer', name: 'test' });
    await admin.query('create table parts (id int)');
    const holder = await doomed.connect(step);
    const waiter = await doomed.connect(service);
    let answer: Promise<'granted' | 'lost'> | undefined;
    const { waits, coverage, events } = await observe(doomed, async () => {
      await holder.query('begin');
      await holder.query('lock table parts');
      answer = waiter.query('table parts').then(
        () => 'granted' as const,
        () => 'lost' as const,
      );
      await untilWaiting(admin, pidOf(waiter));
      await sleep(200);
      await doomed.postgres.server.kill9();
      await sleep(1_500);
    });
    const wait = only(waits, waiter);
    expect(wait.durationMs).toBeGreaterThan(200 - slackMs);
    expect(wait).toMatchObject({ relation: 'public.parts', root: { pid: pidOf(holder) } });
    // Sessions end one after another: the holder's may be the first, and the waiter have its lock for a moment.
    const could = (await answer) === 'granted' ? ['granted'] : [];
    expect([...could, 'outlasted', 'disconnected', 'unknown']).toContain(wait.ended);
    const [fromUs, toUs] = coverage.gaps.at(-1) ?? [0, 0];
    expect(toUs - fromUs).toBeGreaterThan(1_000_000);
    expect(events.some((event) => event.type === 'degraded')).toBe(true);
  });
});
