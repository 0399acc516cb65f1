import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { provision } from '../../../src/environment/provision.js';
import type { Environment, PgSession } from '../../../src/model/contracts.js';
import type { LockWait, StampedEvent } from '../../../src/model/observation.js';
import { scenarioSchema, type ScenarioInput } from '../../../src/model/scenario.js';
import { startLockObserver } from '../../../src/observe/lock-observer.js';
import { startBackground } from '../../../src/rehearsal/background.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

type Jobs = NonNullable<ScenarioInput['background']>;
type BackgroundEvent = Extract<StampedEvent, { type: 'background' }>;

const step = 'upgrade.alter';

describe('background jobs', () => {
  let run: TestRun;
  let env: Environment;
  let watch: PgSession;

  beforeAll(async () => {
    run = await startTestRun({
      database: {
        settings: { max_prepared_transactions: '2', log_lock_waits: 'on' },
        roles: { app: { settings: { statement_timeout: '300ms' } }, migrator: { owns: ['public'] } },
      },
      data: [
        { sql: 'create table orders (id int)' },
        { sql: 'create table items (id int)' },
        // 250 pages at 100 ms and more each.
        {
          sql: "create table pages as select i as id, repeat('x', 1000) as filler from generate_series(1, 1750) i",
        },
        { sql: 'create table page as select 1 as id' },
      ],
    });
    env = await provision(run.ctx);
    watch = await env.database!.connect({ consumer: { kind: 'observer', name: 'test' }, role: 'owner' });
  });
  afterAll(async () => {
    await watch.close();
    expect(await run.end()).toEqual([]);
  });
  beforeEach(() => void (run.events.length = 0));

  const start = (jobs: Jobs) => {
    const { plan } = run.ctx;
    const { background } = scenarioSchema.parse({
      name: 'background',
      environment: {},
      traffic: { rate: '1/s', endpoints: {} },
      background: jobs,
      upgrade: { steps: [{ name: 'alter', wait: '0' }] },
      objectives: {},
    });
    const collisions = Object.entries(background).flatMap(([job, { collide }]) =>
      collide.map(({ startBefore, holdFor }) => ({
        job,
        stepId: step,
        startBeforeMs: startBefore,
        holdForMs: holdFor,
      })),
    );
    return startBackground(
      { ...run.ctx, plan: { ...plan, scenario: { ...plan.scenario, background }, collisions } },
      env.database!,
    );
  };
  const told = (job: string) =>
    run.events.filter((event): event is BackgroundEvent => event.type === 'background' && event.job === job);
  /** Who holds a lock on which table, by the server. */
  const holders = async () => {
    const { rows } = await watch.query(
      `select a.application_name || ': ' || l.relation::regclass::text as held
         from pg_locks l join pg_stat_activity a using (pid)
        where a.application_name like 'dten/background/%' and l.relation::regclass::text in ('orders', 'items')
        order by 1`,
    );
    return rows.map(({ held }) => held);
  };
  const sessions = async () => {
    const { rows } = await watch.query(
      `select count(*)::int n from pg_stat_activity where application_name like 'dten/background/%'`,
    );
    return rows[0]!['n'];
  };

  it('hold their locks when the step begins, and say so before it does', async () => {
    await using jobs = start({
      report: {
        sql: 'select * from orders',
        kind: 'idleInTransaction',
        collide: { step, startBefore: '100ms', holdFor: '2s' },
      },
    });
    await jobs.beforeStep('upgrade.other');
    expect(told('report')).toEqual([]);
    await jobs.beforeStep(step);
    expect(await holders()).toEqual(['dten/background/report: orders']);
    expect(told('report').map(({ edge }) => edge)).toEqual(['start', 'holding']);
    for (const { pid } of told('report')) expect(pid).toBeGreaterThan(0);
  });

  it('of different leads are each there when the step begins', async () => {
    await using jobs = start({
      long: {
        sql: 'select * from orders',
        kind: 'idleInTransaction',
        collide: { step, startBefore: '2s', holdFor: '20s' },
      },
      // Begun together with the other, it would have ended a second before the step.
      brief: {
        sql: 'select * from items',
        kind: 'idleInTransaction',
        collide: { step, startBefore: '50ms', holdFor: '1s' },
      },
    });
    await jobs.beforeStep(step);
    expect(await holders()).toEqual(['dten/background/brief: items', 'dten/background/long: orders']);
  });

  it('that fail before the step are told, with their SQLSTATE, and hold nothing up', async () => {
    await using jobs = start({
      broken: { sql: 'select * from nowhere', collide: { step, startBefore: '20ms', holdFor: '5s' } },
    });
    await jobs.beforeStep(step);
    await expect.poll(() => told('broken').at(-1)?.edge).toBe('end');
    expect(told('broken').at(-1)?.outcome).toMatchObject({ ok: false, sqlState: '42P01' });
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: 'degraded',
        lost: expect.stringContaining(`across ${step}`) as unknown,
      }),
    );
    expect(told('broken').some(({ edge }) => edge === 'holding')).toBe(false);
  });

  it('with a schedule do not run beside their own collision', async () => {
    await using jobs = start({
      report: {
        sql: 'select * from orders',
        kind: 'longTransaction',
        holdFor: '1ms',
        every: '30ms',
        collide: { step, startBefore: '300ms', holdFor: '1s' },
      },
    });
    await expect.poll(() => told('report').length).toBeGreaterThan(4);
    await jobs.beforeStep(step);
    await expect
      .poll(() => told('report').some((e) => e.step === step && e.edge === 'end'), { timeout: 10_000 })
      .toBe(true);
    const of = (edge: string) =>
      told('report').find((event) => event.step === step && event.edge === edge)!.atUs;
    const beside = told('report').filter(
      (e) => e.step === undefined && e.edge === 'start' && e.atUs > of('start') && e.atUs < of('end'),
    );
    expect(beside).toEqual([]);
  });

  it('hold a long transaction for as long as asked, whatever its role allows one statement', async () => {
    await using jobs = start({
      batch: {
        sql: 'select * from orders',
        role: 'app',
        kind: 'longTransaction',
        collide: { step, startBefore: '10ms', holdFor: '900ms' },
      },
    });
    await jobs.beforeStep(step);
    await expect.poll(() => told('batch').at(-1)?.edge, { timeout: 10_000 }).toBe('end');
    expect(told('batch').at(-1)?.outcome).toEqual({ ok: true });
    const [first] = told('batch');
    expect(told('batch').at(-1)!.atUs - first!.atUs).toBeGreaterThan(850_000);
  });

  /** Runs the statement as the step, watched; returns its wait. */
  const waitOf = async (sql: string, meanwhile: () => Promise<void>): Promise<LockWait> => {
    const waits: LockWait[] = [];
    const observer = await startLockObserver(run.ctx, env.database!, {
      lockWait: (wait) => void waits.push(wait),
      server: () => undefined,
    });
    await using session = await env.database!.connect({
      consumer: { kind: 'upgrade', name: 'upgrade.alter' },
      role: 'migrator',
    });
    await Promise.all([session.query(sql), meanwhile()]);
    await observer.finish();
    const own = waits.filter(({ waiter }) => waiter.pid === session.pid);
    expect(own).toHaveLength(1);
    return own[0]!;
  };
  const preparedNow = async () =>
    (await watch.query('select gid from pg_prepared_xacts order by 1')).rows.map(({ gid }) => gid);

  it('prepared: held by no session, met under the job’s name, and rolled back when its time is over', async () => {
    await using jobs = start({
      'two phase': {
        sql: 'insert into items values (1)',
        role: 'app',
        kind: 'preparedTransaction',
        collide: { step, startBefore: '300ms', holdFor: '2s' },
      },
    });
    await jobs.beforeStep(step);
    expect(await preparedNow()).toEqual(['dten/background/two phase']);
    const wait = await waitOf('alter table items add column c int', async () => undefined);
    expect(wait.root).toMatchObject({ pid: 0, actor: { kind: 'background', name: 'two phase' } });
    // 2 s from its start, of which 300 ms and the way here had passed.
    expect(wait.durationMs).toBeGreaterThan(500);
    expect(wait.durationMs).toBeLessThan(1_800);
    await expect.poll(() => told('two phase').at(-1)?.edge).toBe('end');
    expect(told('two phase').at(-1)?.outcome).toEqual({ ok: true });
    expect(await preparedNow()).toEqual([]);
    expect((await watch.query('select count(*)::int n from items')).rows).toEqual([{ n: 0 }]);
  });

  it('prepared: rolled back when the traffic ends, and what a killed run left before another is made', async () => {
    const left = await env.database!.connect({
      consumer: { kind: 'background', name: 'audit' },
      role: 'app',
    });
    await left.query(`begin; insert into items values (7); prepare transaction 'dten/background/audit'`);
    await left.close();
    const jobs = start({
      audit: {
        sql: 'insert into items values (8)',
        role: 'app',
        kind: 'preparedTransaction',
        collide: { step, startBefore: '300ms', holdFor: '60s' },
      },
    });
    await jobs.beforeStep(step);
    expect(await preparedNow()).toEqual(['dten/background/audit']);
    await jobs[Symbol.asyncDispose]();
    expect(await preparedNow()).toEqual([]);
    expect((await watch.query('select count(*)::int n from items')).rows).toEqual([{ n: 0 }]);
  });

  it('a vacuum in place of one against wraparound does not give way, and ends when its time is over', async () => {
    await using jobs = start({
      wraparound: {
        kind: 'antiWraparoundVacuum',
        table: 'pages',
        collide: { step, startBefore: '200ms', holdFor: '3s' },
      },
    });
    await jobs.beforeStep(step);
    // A plain autovacuum is cancelled once somebody has waited for it for deadlock_timeout, 1 s.
    const wait = await waitOf('alter table pages add column c int', async () => undefined);
    expect(wait.durationMs).toBeGreaterThan(1_500);
    expect(wait.durationMs).toBeLessThan(2_900);
    expect(wait.root).toMatchObject({
      actor: { kind: 'background', name: 'wraparound' },
      query: expect.stringMatching(/^vacuum \(freeze/) as unknown,
    });
    await expect.poll(() => told('wraparound').at(-1)?.edge).toBe('end');
    expect(told('wraparound').at(-1)?.outcome).toEqual({ ok: true });
    expect(run.events.filter(({ type }) => type === 'degraded')).toEqual([]);
  });

  it.each([
    { table: 'page', role: undefined, why: 'few pages' },
    { table: 'pages', role: 'app', why: 'permission denied' },
  ])('a vacuum that ends too soon says why: $why', async ({ table, role, why }) => {
    await using jobs = start({
      wraparound: {
        kind: 'antiWraparoundVacuum',
        table,
        ...(role !== undefined && { role }),
        collide: { step, startBefore: '10ms', holdFor: '20s' },
      },
    });
    await jobs.beforeStep(step);
    await expect.poll(() => told('wraparound').at(-1)?.edge, { timeout: 10_000 }).toBe('end');
    expect(told('wraparound').at(-1)?.outcome).toMatchObject({
      ok: false,
      message: expect.stringContaining(why) as unknown,
    });
  });

  it.each([0, 1, 3, 6, 10, 15, 25, 60])(
    'end at once when the traffic ends, %d ms after their start',
    async (ms) => {
      const jobs = start({
        slow: {
          sql: 'select pg_sleep(40)',
          role: 'migrator',
          collide: { step, startBefore: '30s', holdFor: '60s' },
        },
      });
      const before = jobs.beforeStep(step);
      before.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, ms));
      const fromUs = run.ctx.clock.now();
      await jobs[Symbol.asyncDispose]();
      expect((run.ctx.clock.now() - fromUs) / 1000).toBeLessThan(8_000);
      await expect(before).rejects.toThrow('traffic has ended');
      await expect.poll(sessions).toBe(0);
    },
  );
});
