import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RollbackTrials } from '../../../src/model/rollback.js';
import { tryRollbacks } from '../../../src/steps/rollback-trials.js';
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
  name = `tried_${++count}`;
  await using admin = await openSession(postgres.url);
  await admin.query(`create database ${name}`);
  await using session = await openSession(databaseUrl(postgres.url, name));
  await session.query(`
    create table orders (id int primary key, kind text, "Größe" varchar(200));
    insert into orders select g, 'kind ' || g % 7, repeat('x', 20) from generate_series(1, 500) g;
    create table empty (id int)`);
});

type Input = Record<string, unknown>;
async function trials(upgrade: Input[], rollback: Input[], more: Input = {}): Promise<RollbackTrials> {
  await using bench = await stepBench(postgres.url, name);
  bench.plan.upgrade = await Promise.all(upgrade.map((s, i) => planned({ name: `s${i}`, ...s })));
  bench.plan.rollback = await Promise.all(
    rollback.map((s, i) => planned({ name: `b${i}`, ...s }, 'rollback')),
  );
  Object.assign(bench.plan, { scenario: { rollback: more } });
  const report = await tryRollbacks(bench.ctx, bench.env, 1000);
  await using admin = await openSession(postgres.url);
  const { rows } = await admin.query('select datname from pg_database where datname like $1', [`${name}_%`]);
  expect(rows).toEqual([]);
  return report;
}
const outcomes = ({ trials: all }: RollbackTrials) =>
  all.map(
    ({ afterStep, outcome, leftOut }) =>
      `${afterStep}: ${outcome}${leftOut > 0 ? ` without ${leftOut}` : ''}`,
  );

describe('tryRollbacks', () => {
  it('goes back from each step, and leaves no clone and the data as it was', async () => {
    const report = await trials(
      [
        { sql: 'alter table orders add column note text' },
        { wait: '60s' },
        { sql: "update orders set note = 'n'" },
      ],
      [{ sql: 'alter table orders drop column note' }],
    );
    expect(report).toMatchObject({ state: 'complete' });
    expect(outcomes(report)).toEqual(['upgrade.s0: restored', 'upgrade.s2: restored']);
    await using session = await openSession(databaseUrl(postgres.url, name));
    expect((await session.query('select count(*)::int as n from orders')).rows).toEqual([{ n: 500 }]);
  });

  it('names the column that comes back empty, although an earlier statement came too early', async () => {
    const report = await trials(
      [
        { sql: 'alter table orders add column note text' },
        { sql: 'alter table orders drop column kind' },
        { sql: 'create index by_note on orders (note)' },
      ],
      [
        {
          sql: 'drop index by_note; alter table orders add column if not exists kind text; alter table orders drop column note',
          transaction: 'file',
        },
      ],
    );
    expect(outcomes(report)).toEqual([
      'upgrade.s0: restored without 1',
      'upgrade.s1: loses without 1',
      'upgrade.s2: loses',
    ]);
    expect(report.trials[1]).toMatchObject({
      lost: ['orders.kind: values differ from before the upgrade'],
      failedStep: 'rollback.b0',
      sqlState: '42704',
      statement: 'drop index by_note',
    });
  });

  it('counts rows and tables that are gone, not those that were empty', async () => {
    const rows = await trials([{ sql: 'delete from orders where id <= 3' }], [{ sql: 'select 1' }]);
    expect(rows.trials[0]?.lost).toEqual(['orders: 500 rows before, 497 after']);
    const tables = await trials([{ sql: 'drop table orders; drop table empty' }], [{ sql: 'select 1' }]);
    expect(tables.trials[0]?.lost).toEqual(['orders: the table is gone, with its 500 rows']);
  });

  it('tells a schema that stays different, and a value that was cut', async () => {
    const index = await trials([{ sql: 'create index by_kind on orders (kind)' }], [{ sql: 'select 1' }]);
    expect(index.trials[0]).toMatchObject({ outcome: 'differs', lost: [] });
    expect(index.trials[0]?.differences).toEqual([
      '+ index by_kind on orders: CREATE INDEX by_kind ON orders USING btree (kind)',
    ]);
    const cut = await trials(
      [{ sql: 'alter table orders alter column "Größe" type text' }],
      [{ sql: 'alter table orders alter column "Größe" type varchar(200) using left("Größe", 10)' }],
    );
    expect(cut.trials[0]?.lost).toEqual(['orders.Größe: values differ from before the upgrade']);
  });

  it('a rollback that fails is told with its statement and SQLSTATE', async () => {
    const report = await trials(
      [{ sql: "insert into orders values (1000, 'long', repeat('y', 150))" }, { sql: 'select 1' }],
      [{ sql: 'alter table orders alter column "Größe" type varchar(100)' }],
    );
    expect(report.trials).toMatchObject([
      { outcome: 'failed', sqlState: '22001', failedStep: 'rollback.b0', leftOut: 0 },
      { outcome: 'failed', sqlState: '22001' },
    ]);
  });

  it('runs commands on the clone, and stops before those that do not run there', async () => {
    const psql = (text: string) => ({
      command: ['sh', '-c', `case "$PGDATABASE" in *trace*) ${text};; *) exit 9;; esac`],
    });
    expect(outcomes(await trials([psql('exit 0')], [psql('exit 0')]))).toEqual(['upgrade.s0: restored']);
    const failing = await trials([psql('exit 0')], [psql('echo "relation x does not exist"; exit 1')]);
    expect(failing.trials).toMatchObject([{ outcome: 'failed', sqlState: '42P01' }]);
    const untraced = await trials(
      [{ sql: 'select 1' }, { command: ['true'], trace: false }],
      [{ sql: 'select 1' }],
    );
    expect(untraced.state).toBe('failed');
    expect(outcomes(untraced)).toEqual(['upgrade.s0: restored', 'upgrade.s1: not tried']);
  });

  it('is off where nobody asked, and where there is more data than anybody asked for', async () => {
    const step = [{ sql: 'select 1' }];
    expect(await trials(step, step, { fromEachStep: false })).toMatchObject({ state: 'off', trials: [] });
    expect(await trials(step, [])).toMatchObject({ state: 'off' });
    await using bench = await stepBench(postgres.url, name);
    bench.plan.upgrade = [await planned({ name: 'a', sql: 'select 1' })];
    bench.plan.rollback = [await planned({ name: 'b', sql: 'select 1' }, 'rollback')];
    Object.assign(bench.plan, { scenario: { rollback: {} } });
    const big = await tryRollbacks(bench.ctx, bench.env, 2 * 1024 ** 3);
    expect(big).toMatchObject({ state: 'off', reason: expect.stringContaining('1 GB') as string });
  });

  it('ends on an interruption', async () => {
    await using bench = await stepBench(postgres.url, name);
    bench.plan.upgrade = [await planned({ name: 'a', sql: 'select pg_sleep(60)' })];
    bench.plan.rollback = [await planned({ name: 'b', sql: 'select 1' }, 'rollback')];
    Object.assign(bench.plan, { scenario: { rollback: {} } });
    const trying = tryRollbacks(bench.ctx, bench.env, 1000);
    await using watcher = await openSession(postgres.url);
    for (;;) {
      const { rows } = await watcher.query(
        `select 1 from pg_stat_activity where query = 'select pg_sleep(60)'`,
      );
      if (rows.length > 0) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    bench.abort();
    expect(await trying).toMatchObject({ state: 'failed' });
  });
});
