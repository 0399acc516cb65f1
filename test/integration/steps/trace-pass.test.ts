import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TraceReport } from '../../../src/model/observation.js';
import { tracePass } from '../../../src/steps/trace-pass.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { databaseUrl, openSession } from './pg-sessions.js';
import { planned, stepBench } from './step-bench.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

let count = 0;
let name: string;
beforeEach(async () => {
  name = `traced_${++count}`;
  await using admin = await openSession(postgres.url);
  await admin.query(`create database ${name}`);
  await using session = await openSession(databaseUrl(postgres.url, name));
  await session.query(`
    create schema sales;
    create table t (id int primary key, qty int);
    insert into t select g, null from generate_series(1, 10000) g;
    create table sales.p (id int) partition by range (id);
    create table sales.p1 partition of sales.p for values from (0) to (10000);
    insert into sales.p select g from generate_series(1, 5000) g;
    create type mood as enum ('ok')`);
  await session.query('vacuum analyze');
});

type Input = Record<string, unknown>;
async function trace(upgrade: Input[], rollback: Input[] = []): Promise<TraceReport> {
  await using bench = await stepBench(postgres.url, name);
  bench.plan.upgrade = await Promise.all(upgrade.map((s, i) => planned({ name: `s${i}`, ...s })));
  bench.plan.rollback = await Promise.all(
    rollback.map((s, i) => planned({ name: `s${i}`, ...s }, 'rollback')),
  );
  const report = await tracePass(bench.ctx, bench.env);
  await using admin = await openSession(postgres.url);
  const { rows } = await admin.query('select datname from pg_database where datname like $1', [`${name}_%`]);
  expect(rows).toEqual([]);
  return report;
}

describe('tracePass', () => {
  it('puts what the manual says of a bare name on the table that the session means by it', async () => {
    {
      await using session = await openSession(databaseUrl(postgres.url, name));
      await session.query(`
        create schema stock;
        create table stock.p (id int) partition by range (id);
        create table stock.p1 partition of stock.p for values from (0) to (10)`);
    }
    const detach = 'alter table p detach partition p1 concurrently';
    const report = await trace([
      { sql: `set search_path = stock; ${detach}`, transaction: 'statement' },
      { sql: `set search_path = sales; ${detach}`, transaction: 'statement' },
    ]);
    const tables = (step: string) =>
      [
        ...new Set(
          report.statements
            .filter((traced) => traced.step === step)
            .flatMap(({ locks }) => locks.map(({ relation }) => relation)),
        ),
      ].sort();
    expect(tables('upgrade.s0')).toEqual(['stock.p', 'stock.p1']);
    expect(tables('upgrade.s1')).toEqual(['sales.p', 'sales.p1']);
  });

  it('traces upgrade and rollback on the clone and leaves the data alone', async () => {
    const report = await trace(
      [
        { sql: 'alter table t add column c int; alter table t add check (qty > 0)', transaction: 'file' },
        { sql: "alter type mood add value 'good'" },
        { command: ['sh', '-c', 'exit 0'] },
        { wait: '60s' },
      ],
      [{ sql: 'alter table t drop column c' }],
    );
    expect(report.state).toBe('complete');
    expect(report.reason).toBeUndefined();
    expect(
      report.statements.map(({ step, index, locks, scans }) => [
        step,
        index,
        locks.map((l) => `${l.relation} ${l.mode}`),
        scans,
      ]),
    ).toEqual([
      ['upgrade.s0', 0, ['t AccessExclusiveLock'], []],
      // The second statement of the transaction takes nothing new, and scans under the first one's lock.
      ['upgrade.s0', 1, [], [{ kind: 'verify', relation: 't' }]],
      ['upgrade.s1', 0, [], []],
      ['rollback.s0', 0, ['t AccessExclusiveLock'], []],
    ]);
    const [first, second] = report.statements;
    expect(first!.heldAfterMs).toBeGreaterThan(second!.durationMs);
    expect(report.added).toEqual({
      columns: ['t.c'],
      constraints: ['t.t_qty_check'],
      enumLabels: ['mood.good'],
    });
    await using session = await openSession(databaseUrl(postgres.url, name));
    expect((await session.query('select * from t limit 1')).rows).toEqual([{ id: 1, qty: null }]);
  });

  it('knows the sizes before the upgrade', async () => {
    const { tables } = await trace([{ sql: 'truncate t; truncate sales.p' }]);
    await using session = await openSession(databaseUrl(postgres.url, name));
    const { rows } = await session.query(
      "select pg_total_relation_size('t')::int as t, pg_total_relation_size('sales.p1')::int as p",
    );
    const [sizes] = rows as [{ t: number; p: number }];
    expect(tables).toEqual({
      t: { bytes: sizes.t, rows: 10_000 },
      'sales.p': { bytes: sizes.p, rows: 5_000 },
      'sales.p1': { bytes: sizes.p, rows: 5_000 },
    });
    expect(sizes.t).toBeGreaterThan(300_000);
  });

  it('a statement that fails ends its side; the rollback is traced from there', async () => {
    const report = await trace(
      [
        { sql: 'create table made (id int);\nselect * from missing;\nselect 1' },
        { sql: 'create table never (id int)' },
      ],
      [{ sql: 'drop table made' }],
    );
    expect(report.state).toBe('failed');
    expect(report.reason).toBe('upgrade.s0:2: relation "missing" does not exist');
    expect(report.statements.map((s) => [s.step, s.index, s.outcome.ok])).toEqual([
      ['upgrade.s0', 0, true],
      ['upgrade.s0', 1, false],
      ['rollback.s0', 0, true],
    ]);
    expect(report.statements.at(-1)?.locks).toEqual([
      { relation: 'made', relkind: 'r', mode: 'AccessExclusiveLock', created: false },
    ]);
    expect(report.added.columns).toEqual(['made.id']);
  });

  it('a repeat step is traced once and completed for what follows', async () => {
    const report = await trace([
      {
        sql: 'update t set qty = 1 where id in (select id from t where qty is null limit 1000)',
        repeat: { pause: '30s' },
      },
      { sql: 'alter table t alter column qty set not null' },
    ]);
    expect(report.reason).toBeUndefined();
    expect(report.statements.map((s) => [s.step, s.rows])).toEqual([
      ['upgrade.s0', 1000],
      ['upgrade.s1', null],
    ]);
    expect(report.statements[0]?.walBytes).toBeGreaterThan(50_000);
  });

  it('a command runs against the clone; one that fails is told', async () => {
    const report = await trace([
      { command: ['sh', '-c', 'case "$DATABASE_URL" in */traced_*_trace\\?*) exit 0;; esac; exit 1'] },
      { command: ['sh', '-c', 'echo no such revision; exit 7'] },
    ]);
    expect(report.state).toBe('failed');
    expect(report.reason).toMatch(
      /^upgrade\.s1 on the clone: .*exit code 7[^]*no such revision\ntrace: false/,
    );
    expect(
      await trace([{ command: ['sh', '-c', 'exit 7'], trace: false }, { sql: 'select 1' }]),
    ).toMatchObject({ state: 'complete' });
  });

  it("the scenario's lock timeout is not in force, a file's own SET is, and hides no scan", async () => {
    const report = await trace([
      {
        sql: 'set client_min_messages = warning; set transaction isolation level serializable; alter table t add check (id > 0)',
        transaction: 'file',
        lockTimeout: '1ms',
      },
    ]);
    expect(report.reason).toBeUndefined();
    expect(report.statements.at(-1)?.scans).toEqual([{ kind: 'verify', relation: 't' }]);
  });

  it('a procedure that commits is polled', async () => {
    const { statements, reason } = await trace([
      { sql: 'do $$ begin update t set qty = 1; perform pg_sleep(0.05); commit; end $$' },
    ]);
    expect(reason).toBeUndefined();
    expect(statements).toMatchObject([{ polled: true, outcome: { ok: true } }]);
    expect(statements[0]?.locks).toContainEqual({
      relation: 't',
      relkind: 'r',
      mode: 'RowExclusiveLock',
      created: false,
    });
  });

  it('a failing COMMIT is told', async () => {
    const report = await trace([
      {
        sql: 'create table c (t_id int references t deferrable initially deferred); insert into c values (-1)',
        transaction: 'file',
      },
    ]);
    expect(report.state).toBe('failed');
    expect(report.statements.at(-1)?.outcome).toMatchObject({ ok: false, code: '23503' });
    expect(report.added.columns).toEqual([]);
  });

  it('there is nothing to trace without sql and command steps', async () => {
    expect(await trace([{ wait: '1s' }])).toMatchObject({ state: 'off', statements: [] });
  });

  it('a clone that cannot be made is told', async () => {
    await using guest = await openSession(databaseUrl(postgres.url, name));
    expect(guest.pid).toBeGreaterThan(0);
    expect(await trace([{ sql: 'select 1' }])).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('being accessed by other users') as string,
    });
  });

  it('an abort ends it', async () => {
    await using bench = await stepBench(postgres.url, name);
    bench.plan.upgrade = [await planned({ sql: 'select pg_sleep(60)' })];
    setTimeout(() => bench.abort(), 700);
    expect(await tracePass(bench.ctx, bench.env)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('interrupted') as string,
    });
  });
});
