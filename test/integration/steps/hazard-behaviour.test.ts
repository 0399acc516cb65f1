import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { sleep } from '../../../src/foundation/clock.js';
import type { PgSession } from '../../../src/model/contracts.js';
import { splitSql } from '../../../src/sql/split.js';
import { explainTraced } from '../../../src/verdict/hazards/explain.js';
import { startTestPostgres } from '../../support/postgres.js';
import { startContainerPostgres, whyNoContainer } from './container-postgres.js';
import { hazardSchema, type HazardCase } from './hazard-table.js';
import { databaseUrl, openSession } from './pg-sessions.js';
import { traceScript } from './twin-run.js';

/** SQLSTATE of what a query came to; undefined: it went well. */
async function stateOf(query: Promise<unknown>): Promise<string | undefined> {
  return query.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

async function untilWaiting(watcher: PgSession, pid: number): Promise<void> {
  for (;;) {
    const { rows } = await watcher.query('select 1 from pg_locks where pid = $1 and not granted', [pid]);
    if (rows.length > 0) return;
    await sleep(5);
  }
}

interface Scene {
  migrator: PgSession;
  /** Stands in the way. */
  holder: PgSession;
  /** Waits no longer than 200 ms for a lock. */
  traffic: PgSession;
  url: string;
}

/** What no trace on a clone shows: what others meet. Each hazard beside its twin. */
function behaviourOn(start: () => Promise<{ url: string; stop(): Promise<void> }>): void {
  let postgres: { url: string; stop(): Promise<void> };
  let scenes = 0;
  beforeAll(async () => {
    postgres = await start();
  });
  afterAll(() => postgres?.stop());

  async function scene(setup: string, play: (scene: Scene) => Promise<void>): Promise<void> {
    const name = `scene_${++scenes}`;
    await using admin = await openSession(postgres.url);
    await admin.query(`create database ${name}`);
    try {
      const url = databaseUrl(postgres.url, name);
      await using migrator = await openSession(url);
      await using holder = await openSession(url);
      await using traffic = await openSession(url);
      await migrator.query(hazardSchema);
      await migrator.query(setup);
      await traffic.query("set lock_timeout = '200ms'");
      await play({ migrator, holder, traffic, url });
    } finally {
      await admin.query(`drop database ${name} with (force)`);
    }
  }

  async function twinOf(
    sql: string,
    more: Partial<HazardCase> & { side?: 'rollback' } = {},
  ): Promise<string[]> {
    const { side, ...hazard } = more;
    const traced = await traceScript(postgres.url, `traced_${++scenes}`, hazard, sql, side ? { side } : {});
    const explained = explainTraced(traced.report, traced.report.statements.at(-1)!);
    const { statements } = await splitSql(explained?.twin ?? '', { file: 'twin.sql' });
    return statements.map(({ text }) => text);
  }

  async function runAll(session: PgSession, statements: readonly string[]): Promise<string | undefined> {
    for (const text of statements) {
      const state = await stateOf(session.query(text));
      if (state !== undefined) return state;
    }
    return undefined;
  }

  it('20 a queue behind a long SELECT: the ALTER holds readers up; under its twin they go on', async () => {
    const alter = 'alter table t add column c int';
    const twin = await twinOf(alter);
    await scene('', async ({ migrator, holder, traffic }) => {
      await holder.query('begin');
      await holder.query('select count(*) from t');
      const altering = migrator.query(alter);
      await untilWaiting(holder, migrator.pid);
      expect(await stateOf(traffic.query('select 1 from t limit 1'))).toBe('55P03');
      await holder.query('commit');
      await altering;
    });
    await scene('', async ({ migrator, holder, traffic }) => {
      await holder.query('begin');
      await holder.query('select count(*) from t');
      expect(await runAll(migrator, twin)).toBe('55P03');
      expect(await stateOf(traffic.query('select 1 from t limit 1'))).toBeUndefined();
      await holder.query('commit');
      expect(await runAll(migrator, twin)).toBeUndefined();
    });
  });

  it('22 a backfill: a writer of its first rows waits for the last; by the twin only for its own batch', async () => {
    const update = 'update t set qty = qty + 1';
    const more = "insert into t (id, name) select g, 'n' from generate_series(1001, 12000) g";
    const twin = await twinOf(update, { setup: more });
    const write = "update t set note = 'mine' where id = 1";
    const play = (migrate: (migrator: PgSession) => Promise<unknown>, expected: string | undefined) =>
      scene(more, async ({ migrator, holder, traffic }) => {
        await holder.query('begin');
        await holder.query('select 1 from t where id = 12000 for update');
        const migrating = migrate(migrator);
        await untilWaiting(holder, migrator.pid);
        expect(await stateOf(traffic.query(write))).toBe(expected);
        await holder.query('commit');
        expect(await migrating).toBeUndefined();
        const { rows } = await traffic.query('select qty, count(*)::int as rows from t group by 1');
        expect(rows).toEqual([{ qty: 2, rows: 12_000 }]);
      });
    await play((migrator) => stateOf(migrator.query(update)), '55P03');
    await play((migrator) => runAll(migrator, twin), undefined);
  });

  it('26 a prepared SELECT * fails once after ADD COLUMN; with its columns named it does not', async () => {
    await scene('', async ({ migrator, url }) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const star = () => stateOf(client.query({ name: 'star', text: 'select * from t where id = 1' }));
      const named = () =>
        stateOf(client.query({ name: 'named', text: 'select id, name from t where id = 1' }));
      expect([await star(), await named()]).toEqual([undefined, undefined]);
      await migrator.query('alter table t add column c int');
      expect([await star(), await named()]).toEqual(['0A000', undefined]);
      await client.end();
    });
  });

  it('27 down: DROP COLUMN loses what was written; the twin keeps it, and the old release’s writes pass', async () => {
    const setup =
      "alter table t add column status text not null default 'new'; alter table t alter column status drop default; update t set status = 'paid' where id = 1";
    const twin = await twinOf('alter table t drop column status', { setup, side: 'rollback' });
    await scene(setup, async ({ migrator, traffic }) => {
      expect(await stateOf(traffic.query('insert into t (id) values (5000)'))).toBe('23502');
      expect(await runAll(migrator, twin)).toBeUndefined();
      expect(await stateOf(traffic.query('insert into t (id) values (5000)'))).toBeUndefined();
      expect((await traffic.query('select status from t where id = 1')).rows).toEqual([{ status: 'paid' }]);
    });
  });

  it('28 down: USING left() truncates in silence; the twin keeps old values and refuses new ones', async () => {
    const setup = "update t set name = 'much too long' where id = 1";
    const down = 'alter table t alter column name type varchar(5) using left(name, 5)';
    const twin = await twinOf(down, { setup, side: 'rollback' });
    await scene(setup, async ({ migrator, traffic }) => {
      expect(await runAll(migrator, twin)).toBeUndefined();
      expect((await traffic.query('select name from t where id = 1')).rows).toEqual([
        { name: 'much too long' },
      ]);
      expect(await stateOf(traffic.query("update t set name = 'too long again' where id = 2"))).toBe('22001');
      expect(await stateOf(traffic.query("insert into t (id, name) values (5000, 'too long')"))).toBe(
        '22001',
      );
      expect(await stateOf(traffic.query("insert into t (id, name) values (5001, 'short')"))).toBeUndefined();
      // The old release still changes what else is in the row, also where it writes the whole of it back.
      expect(await stateOf(traffic.query('update t set qty = 7 where id = 1'))).toBeUndefined();
      expect(
        await stateOf(traffic.query("update t set name = 'much too long', qty = 8 where id = 1")),
      ).toBeUndefined();
      await migrator.query(down);
      expect((await traffic.query('select name from t where id = 1')).rows).toEqual([{ name: 'much ' }]);
    });
  });

  it('29 a column and its trigger in separate transactions: writes fail between; by the twin they wait', async () => {
    const setup = `
      create function stamp() returns trigger language plpgsql as 'begin new.note := ''x''; return new; end';
      create trigger g before update on t for each row execute function stamp()`;
    const swap = 'alter table t rename column note to remark; drop trigger g on t';
    const twin = await twinOf(swap, { setup });
    const write = 'update t set qty = 2 where id = 1';
    await scene(setup, async ({ migrator, traffic }) => {
      await migrator.query('alter table t rename column note to remark');
      expect(await stateOf(traffic.query(write))).toBe('42703');
    });
    await scene(setup, async ({ migrator, traffic }) => {
      const states: (string | undefined)[] = [];
      for (const text of twin) {
        await migrator.query(text);
        states.push(await stateOf(traffic.query(write)));
      }
      // SET, BEGIN, RENAME, DROP TRIGGER, COMMIT: it waits inside the transaction, and never fails otherwise.
      expect(states).toEqual([undefined, undefined, '55P03', '55P03', undefined]);
    });
  });
}

describe('hazards and twins as others meet them, on Postgres 18', () =>
  behaviourOn(() => startTestPostgres()));

const without = await whyNoContainer();
describe.skipIf(without !== undefined)(
  `hazards and twins as others meet them, on Postgres 15 in a container${without ? `: ${without}` : ''}`,
  () => behaviourOn(startContainerPostgres),
);
