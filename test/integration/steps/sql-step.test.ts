import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PgSession } from '../../../src/model/contracts.js';
import { runStep } from '../../../src/steps/run-step.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { databaseUrl, openSession } from './pg-sessions.js';
import { planned, stepBench, type StepBench } from './step-bench.js';

let postgres: TestPostgres;
let url: string;
let other: PgSession;

beforeAll(async () => {
  postgres = await startTestPostgres();
  await using admin = await openSession(postgres.url);
  await admin.query('create database app');
  url = databaseUrl(postgres.url, 'app');
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  other = await openSession(url);
  await other.query('drop schema public cascade; create schema public');
  await other.query('create table t (id int primary key, qty int)');
  await other.query('insert into t select g, null from generate_series(1, 1000) g');
  return () => other.close();
});

const one = async (sql: string): Promise<unknown> => Object.values((await other.query(sql)).rows[0] ?? {})[0];

/** `step 1 start`, `statement 1.0 end ok 3`, `transaction 1 0..1 ok` */
function told(bench: StepBench): string[] {
  return bench.events.flatMap((e) => {
    const end = 'outcome' in e && e.outcome ? (e.outcome.ok ? ' ok' : ` ${e.outcome.code}`) : '';
    if (e.type === 'step') return `step ${e.attempt} ${e.edge}${end}${e.final ? ' final' : ''}`;
    if (e.type === 'statement')
      return `statement ${e.attempt}.${e.index} ${e.edge}${end}${e.rows === undefined ? '' : ` ${e.rows}`}`;
    if (e.type === 'transaction') return `transaction ${e.attempt} ${e.from}..${e.to}${end}`;
    return e.type === 'note' ? `note ${e.message}` : [];
  });
}

describe('transactions', () => {
  it('each statement commits by itself, or the file as a whole', async () => {
    const sql = 'update t set qty = 1 where id <= 3; alter table t add column c int';
    for (const [transaction, ends] of [
      ['statement', ['transaction 1 0..0 ok', 'transaction 1 1..1 ok']],
      ['file', [undefined, 'transaction 1 0..1 ok']],
    ] as const) {
      await other.query('alter table t drop column if exists c');
      await using bench = await stepBench(postgres.url, 'app');
      const result = await runStep(await planned({ sql, transaction }), bench.env, bench.ctx);
      expect(result).toMatchObject({ outcome: { ok: true }, attempts: 1 });
      expect(told(bench)).toEqual(
        [
          'step 1 start',
          'statement 1.0 start',
          'statement 1.0 end ok 3',
          ends[0],
          'statement 1.1 start',
          'statement 1.1 end ok',
          ends[1],
          'step 1 end ok final',
        ].filter((line) => line !== undefined),
      );
      const pids = new Set(bench.events.flatMap((e) => ('pid' in e ? [e.pid] : [])));
      expect(pids.size).toBe(1);
      expect(bench.events.every((e) => !('pid' in e) || e.pid! > 0)).toBe(true);
    }
  });

  it('a failed statement takes its transaction with it, and says where', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({
      sql: 'alter table t add column c int;\nalter table t add column c int;\nselect 1',
      transaction: 'file',
      retries: 5,
    });
    const { outcome, attempts } = await runStep(step, bench.env, bench.ctx);
    expect(outcome).toEqual({
      ok: false,
      code: '42701',
      sqlState: '42701',
      message: 'upgrade.a step:2: column "c" of relation "t" already exists',
    });
    expect(attempts).toBe(1);
    expect(told(bench).slice(3)).toEqual([
      'statement 1.1 start',
      'statement 1.1 end 42701',
      'transaction 1 0..1 42701',
      'step 1 end 42701 final',
    ]);
    expect(
      await one("select count(*)::int from pg_attribute where attrelid = 't'::regclass and attname = 'c'"),
    ).toBe(0);
  });

  it("the file's own BEGIN and COMMIT count", async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({
      sql: 'select 1; begin; update t set qty = 7 where id = 1; commit; begin; update t set qty = 8 where id = 2; rollback',
    });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toEqual({ ok: true });
    expect(told(bench).filter((line) => line.startsWith('transaction'))).toEqual([
      'transaction 1 0..0 ok',
      'transaction 1 1..3 ok',
      'transaction 1 4..6 ok',
    ]);
    expect(await one('select array_agg(id) from t where qty is not null')).toEqual([1]);
  });

  it('a BEGIN without COMMIT is not taken for success', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({ sql: 'begin; update t set qty = 7' });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toMatchObject({
      code: 'transaction-left-open',
    });
    expect(await one('select count(*)::int from t where qty = 7')).toBe(0);
  });

  it('a deferred constraint fails at COMMIT', async () => {
    await other.query('create table c (t_id int references t deferrable initially deferred)');
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({ sql: 'insert into c values (-1)', transaction: 'file' });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toMatchObject({ sqlState: '23503' });
    expect(told(bench)).toContain('transaction 1 0..0 23503');
  });
});

describe('retries', () => {
  it('past a planted lock, from the transaction that failed, with exact counts', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; lock table t in access share mode');
    await using bench = await stepBench(postgres.url, 'app');
    let released: Promise<unknown> = Promise.resolve();
    bench.onEvent((e) => {
      if (e.type === 'step' && e.attempt === 3 && e.edge === 'end') released = holder.query('commit');
    });
    const step = await planned({
      sql: "create table log (x text); insert into log values ('once'); alter table t add column c int; insert into log values ('after')",
      lockTimeout: '60ms',
      retries: 10,
      retryDelay: '40ms',
    });
    const { outcome, attempts } = await runStep(step, bench.env, bench.ctx);
    await released;
    expect(outcome).toEqual({ ok: true });
    expect(attempts).toBe(4);
    expect(await one('select array_agg(x) from log')).toEqual(['once', 'after']);
    expect(told(bench)).toEqual([
      'step 1 start',
      'statement 1.0 start',
      'statement 1.0 end ok',
      'transaction 1 0..0 ok',
      'statement 1.1 start',
      'statement 1.1 end ok 1',
      'transaction 1 1..1 ok',
      ...[1, 2, 3].flatMap((n) => [
        ...(n > 1 ? [`step ${n} start`] : []),
        `statement ${n}.2 start`,
        `statement ${n}.2 end 55P03`,
        `transaction ${n} 2..2 55P03`,
        `step ${n} end 55P03`,
      ]),
      'step 4 start',
      'statement 4.2 start',
      'statement 4.2 end ok',
      'transaction 4 2..2 ok',
      'statement 4.3 start',
      'statement 4.3 end ok 1',
      'transaction 4 3..3 ok',
      'step 4 end ok final',
    ]);
    // Waits of 40, 80 and 160 ms between the attempts.
    const steps = bench.events.filter((e) => e.type === 'step');
    for (const [n, delayMs] of [40, 80, 160].entries()) {
      const pauseMs = (steps[2 * n + 2]!.atUs - steps[2 * n + 1]!.atUs) / 1000;
      expect(pauseMs).toBeGreaterThanOrEqual(delayMs - 1);
    }
  });

  it('end with the last error when they are used up', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; lock table t in access share mode');
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({
      sql: 'alter table t add column c int',
      lockTimeout: '30ms',
      retries: 2,
      retryDelay: '10ms',
    });
    expect(await runStep(step, bench.env, bench.ctx)).toMatchObject({
      outcome: { ok: false, code: '55P03', message: expect.stringContaining('upgrade.a step:1') as string },
      attempts: 3,
    });
    expect(told(bench).filter((line) => line.endsWith('final'))).toEqual(['step 3 end 55P03 final']);
  });

  it('without retries there is one attempt', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; lock table t in access share mode');
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({ sql: 'alter table t add column c int', lockTimeout: '30ms' });
    expect((await runStep(step, bench.env, bench.ctx)).attempts).toBe(1);
  });

  it('a statement timeout of the scenario is tried again', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({
      sql: 'select pg_sleep(5)',
      statementTimeout: '50ms',
      retries: 1,
      retryDelay: '10ms',
    });
    expect(await runStep(step, bench.env, bench.ctx)).toMatchObject({
      outcome: { code: '57014' },
      attempts: 2,
    });
  });
});

describe('CREATE INDEX CONCURRENTLY', () => {
  const cic = { sql: 'create index concurrently t_new on t (qty)', lockTimeout: '150ms', retryDelay: '20ms' };

  it('drops the invalid index that a failed attempt left before the next', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; update t set qty = 1 where id = 1');
    await using bench = await stepBench(postgres.url, 'app');
    let released: Promise<unknown> = Promise.resolve();
    bench.onEvent((e) => {
      if (e.type === 'step' && e.attempt === 1 && e.edge === 'end') released = holder.query('commit');
    });
    const step = await planned({ ...cic, retries: 3 });
    const { outcome, attempts } = await runStep(step, bench.env, bench.ctx);
    await released;
    expect(outcome).toEqual({ ok: true });
    expect(attempts).toBe(2);
    expect(told(bench)).toContain(
      'note upgrade.a step: dropping the invalid index t_new that the failed attempt left',
    );
    expect(await one("select indisvalid from pg_index where indexrelid = 't_new'::regclass")).toBe(true);
    expect(await one("select count(*)::int from pg_index where indrelid = 't'::regclass")).toBe(2);
  });

  it('names the invalid index that the last failed attempt left, and not one of before', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; update t set qty = 1 where id = 1');
    for (const [name, quoted] of [
      ['t_new', 't_new'],
      ['Größe "x"', '"Größe ""x"""'],
    ]) {
      await using bench = await stepBench(postgres.url, 'app');
      const sql = `create index concurrently ${quoted} on t (qty)`;
      const step = await planned({ ...cic, sql, retries: 1 });
      const { outcome, attempts } = await runStep(step, bench.env, bench.ctx);
      expect(attempts).toBe(2);
      const message = outcome.ok ? '' : outcome.message;
      const [error, ...left] = message.split('\n');
      expect(error).toMatch(/lock timeout$/);
      expect(left).toEqual([
        `left behind: ${name} on t is invalid: it costs every write and serves no read; DROP INDEX CONCURRENTLY public.${quoted}, then build it again`,
      ]);
      const end = bench.events.findLast((event) => event.type === 'step' && event.edge === 'end');
      expect(end).toMatchObject({ attempt: 2, final: true, outcome: { message } });
    }
    await holder.query('rollback');
  });

  it('names it too where the session was lost with the attempt', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; update t set qty = 1 where id = 1');
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({ sql: 'create index concurrently t_new on t (qty)' });
    const running = runStep(step, bench.env, bench.ctx);
    const kill = `select pg_terminate_backend(pid) from pg_stat_activity
                   where wait_event_type = 'Lock' and query like 'create index concurrently%'`;
    while ((await one(kill)) !== true);
    const { outcome } = await running;
    expect(outcome).toMatchObject({ code: '57P01' });
    expect(outcome.ok ? '' : outcome.message).toContain('left behind: t_new on t is invalid');
    await holder.query('rollback');
  });

  it('IF NOT EXISTS that "succeeds" on an invalid index is a failure', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; update t set qty = 1 where id = 1');
    {
      await using bench = await stepBench(postgres.url, 'app');
      expect((await runStep(await planned(cic), bench.env, bench.ctx)).outcome).toMatchObject({
        code: '55P03',
      });
    }
    await holder.query('rollback');
    await using bench = await stepBench(postgres.url, 'app');
    const again = await planned({
      sql: 'create index concurrently if not exists t_new on t (qty)',
      retries: 3,
    });
    expect(await runStep(again, bench.env, bench.ctx)).toMatchObject({
      outcome: {
        code: 'invalid-index',
        message: expect.stringContaining('DROP INDEX CONCURRENTLY public.t_new') as string,
      },
      attempts: 1,
    });
  });

  it('leaves an invalid index of somebody else alone', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; update t set qty = 1 where id = 1');
    {
      await using bench = await stepBench(postgres.url, 'app');
      await runStep(
        await planned({ ...cic, sql: 'create index concurrently theirs on t (qty)' }),
        bench.env,
        bench.ctx,
      );
    }
    await holder.query('rollback');
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned(cic);
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toEqual({ ok: true });
    expect(await one("select indisvalid from pg_index where indexrelid = 'theirs'::regclass")).toBe(false);
  });
});

describe('repeat', () => {
  const sql =
    'update t set qty = 0 where id in (select id from t where qty is null order by id limit 150 for update skip locked)';

  it('runs until a round touches no more than untilRows', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    expect((await runStep(await planned({ sql, repeat: {} }), bench.env, bench.ctx)).outcome).toEqual({
      ok: true,
    });
    const rows = bench.events.flatMap((e) => (e.type === 'statement' && e.edge === 'end' ? [e.rows] : []));
    expect(rows).toEqual([150, 150, 150, 150, 150, 150, 100, 0]);
    expect(bench.events.filter((e) => e.type === 'transaction')).toHaveLength(8);
    expect(await one('select count(*)::int from t where qty is null')).toBe(0);
  });

  it('untilRows ends it earlier; max is a limit, not a success', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const early = await planned({ sql, repeat: { untilRows: 100 } });
    expect((await runStep(early, bench.env, bench.ctx)).outcome).toEqual({ ok: true });
    expect(bench.events.filter((e) => e.type === 'transaction')).toHaveLength(7);
    await other.query('update t set qty = null');
    const capped = await planned({ sql, repeat: { max: 3 } });
    expect((await runStep(capped, bench.env, bench.ctx)).outcome).toMatchObject({ code: 'repeat-limit' });
    expect(await one('select count(*)::int from t where qty = 0')).toBe(450);
  });
});

describe('bad days', () => {
  const running =
    "select count(*)::int from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'";

  it("the step's timeout cancels the query", async () => {
    await using bench = await stepBench(postgres.url, 'app');
    const step = await planned({ sql: 'select pg_sleep(60)', timeout: '200ms', retries: 5 });
    expect(await runStep(step, bench.env, bench.ctx)).toMatchObject({
      outcome: { code: 'timeout', message: 'not done within its timeout of 200 ms' },
      attempts: 1,
    });
    expect(await one(running)).toBe(0);
  });

  it('an abort cancels the query, rolls back, and is told as interrupted', async () => {
    await using bench = await stepBench(postgres.url, 'app');
    bench.onEvent((e) => {
      if (e.type === 'statement' && e.index === 1 && e.edge === 'start') setTimeout(() => bench.abort(), 50);
    });
    const step = await planned({
      sql: 'alter table t add column c int; select pg_sleep(60)',
      transaction: 'file',
      retries: 5,
    });
    expect(await runStep(step, bench.env, bench.ctx)).toMatchObject({
      outcome: { code: 'interrupted' },
      attempts: 1,
    });
    expect(await one(running)).toBe(0);
    expect(
      await one(
        "select count(*)::int from pg_locks where relation = 't'::regclass and mode = 'AccessExclusiveLock'",
      ),
    ).toBe(0);
    expect(told(bench).at(-1)).toBe('step 1 end interrupted final');
  });

  it('an abort between attempts ends the step', async () => {
    await using holder = await openSession(url);
    await holder.query('begin; lock table t in access share mode');
    await using bench = await stepBench(postgres.url, 'app');
    bench.onEvent((e) => {
      if (e.type === 'step' && e.edge === 'end') setTimeout(() => bench.abort(), 20);
    });
    const step = await planned({
      sql: 'alter table t add column c int',
      lockTimeout: '30ms',
      retries: 5,
      retryDelay: '10s',
    });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toMatchObject({ code: 'interrupted' });
    expect(told(bench).at(-1)).toBe('step 2 end interrupted final');
  });

  it('nobody there to connect to is a failed step', async () => {
    await using bench = await stepBench('postgres://u:p@127.0.0.1:1/none', 'none');
    expect(await runStep(await planned({ sql: 'select 1' }), bench.env, bench.ctx)).toMatchObject({
      outcome: { code: 'ECONNREFUSED' },
      attempts: 1,
    });
    expect(told(bench)).toEqual(['step 1 start', 'step 1 end ECONNREFUSED final']);
  });
});

// Last: each of these makes the server restart all its sessions.
describe('Postgres killed in the middle of a migration', () => {
  /** Kills the step's own backend with SIGKILL as soon as its first statement has begun. */
  async function killed(input: Record<string, unknown>) {
    await using bench = await stepBench(postgres.url, 'app');
    let done = false;
    bench.onEvent((e) => {
      if (e.type !== 'statement' || e.edge !== 'start' || done) return;
      done = true;
      setTimeout(() => process.kill(e.pid!, 'SIGKILL'), 100);
    });
    const result = await runStep(await planned(input), bench.env, bench.ctx);
    return { ...result, told: told(bench) };
  }

  async function serverIsBack(): Promise<void> {
    for (;;) {
      try {
        other = await openSession(url);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  it('is a failed step; a statement that may have committed is not sent again', async () => {
    const { outcome, attempts } = await killed({ sql: 'select pg_sleep(1)', retries: 5 });
    await serverIsBack();
    expect(outcome.ok).toBe(false);
    expect(attempts).toBe(1);
    expect(outcome).toMatchObject({ message: expect.stringContaining('unknown') as string });
  });

  it('a transaction that surely is gone is tried again when the server is back', async () => {
    const {
      outcome,
      attempts,
      told: lines,
    } = await killed({
      sql: 'select pg_sleep(0.3); alter table t add column c int',
      transaction: 'file',
      retries: 20,
      retryDelay: '100ms',
    });
    await serverIsBack();
    expect(lines.at(-1)).toBe(`step ${attempts} end ok final`);
    expect(outcome).toEqual({ ok: true });
    expect(attempts).toBeGreaterThan(1);
    expect(
      await one("select count(*)::int from pg_attribute where attrelid = 't'::regclass and attname = 'c'"),
    ).toBe(1);
  });
});
