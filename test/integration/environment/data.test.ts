import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { provision } from '../../../src/environment/provision.js';
import type { Environment } from '../../../src/model/contracts.js';
import type { ScenarioInput } from '../../../src/model/scenario.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

type Data = NonNullable<ScenarioInput['environment']['data']>;

let dir: string;
let run: TestRun;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dten-test-data-'));
});
afterAll(() => rm(dir, { recursive: true }));
afterEach(async () => {
  expect(await run.end()).toEqual([]);
});

async function load(data: Data, more: { seed?: number; cache?: 'warm' | 'cold' } = {}): Promise<Environment> {
  const { seed = 1, cache = 'warm' } = more;
  run = await startTestRun({ database: {}, data, cache }, { baseDir: dir, seed });
  return provision(run.ctx);
}

async function rowsOf(env: Environment, sql: string) {
  await using session = await env.database!.connect({
    consumer: { kind: 'observer', name: 'test' },
    role: 'owner',
  });
  return (await session.query(sql)).rows;
}

const narrow: Data = [
  {
    sql: 'create table orders (id bigint primary key, customer int not null, status text not null, amount int not null)',
  },
  {
    rows: {
      orders: {
        count: '400_000',
        columns: {
          id: { sequence: {} },
          customer: { int: [1, 5000] },
          status: { choice: ['new', 'paid', 'sent'] },
          amount: { int: [1, 100_000] },
        },
      },
    },
  },
];

describe('generated rows', () => {
  it('are the same for the same seed, others for another, and come at the rate that is noted', async () => {
    const digest = async (env: Environment) => {
      const [row] = await rowsOf(
        env,
        `select md5(string_agg(o::text, ',' order by id)) as sum, count(*)::int as n from orders o`,
      );
      return row;
    };
    const first = await digest(await load(narrow));
    const note = run.events.find((e) => e.type === 'note' && e.message.includes('rows/s'));
    expect(note && 'message' in note && note.message).toMatch(
      /^data: 400.000 rows into orders in .* rows\/s\)$/,
    );
    await run.end();
    expect(await digest(await load(narrow))).toEqual(first);
    await run.end();
    expect((await digest(await load(narrow, { seed: 2 })))?.sum).not.toBe(first?.sum);
  });

  it('into a table that is not there: names the entry, exit 2', async () => {
    await expect(
      load([{ rows: { nowhere: { count: 10, columns: { id: { sequence: {} } } } } }]),
    ).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(
        /^environment\.data\[0\]\.rows\.nowhere: relation "nowhere" does not exist/,
      ) as string,
    });
  });

  it('with a bound the wrong way round: names the column', async () => {
    await expect(
      load([{ rows: { t: { count: 10, columns: { id: { int: [9, 1] } } } } }]),
    ).rejects.toMatchObject({ message: expect.stringContaining('rows.t.columns.id') as string, exitCode: 2 });
  });

  it('an interruption in the middle ends at once', async () => {
    run = await startTestRun(
      {
        database: {},
        data: [
          narrow[0]!,
          {
            rows: {
              orders: { ...('rows' in narrow[1]! ? narrow[1].rows.orders! : never()), count: '50_000_000' },
            },
          },
        ],
      },
      { baseDir: dir },
    );
    const failed = expect(provision(run.ctx)).rejects.toThrow();
    while (!run.events.some((e) => e.type === 'note' && e.message.startsWith('data: inline SQL')))
      await new Promise((resolve) => setTimeout(resolve, 20));
    run.abort();
    await failed;
  });
});

function never(): never {
  throw new Error('the second entry has rows');
}

describe('SQL data', () => {
  it('an error names the file and the line, also inside a statement of several lines', async () => {
    await writeFile(
      join(dir, 'seed.sql'),
      'create table t (id int);\n\ninsert into t (id)\nvalues (1),\n  (wrong);\n',
    );
    await expect(load([{ sql: 'seed.sql' }])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(
        `${join(dir, 'seed.sql')}:5: column "wrong" does not exist (SQLSTATE 42703)`,
      ) as string,
    });
    await run.end();
    await writeFile(
      join(dir, 'dup.sql'),
      'create table t (id int primary key);\ninsert into t values (1);\ninsert into t values (1);\n',
    );
    await expect(load([{ sql: 'dup.sql' }])).rejects.toMatchObject({
      message: expect.stringContaining('dup.sql:3: duplicate key') as string,
    });
    await run.end();
    await writeFile(join(dir, 'syntax.sql'), 'create table t (id int);\ncreat table u (id int);\n');
    await expect(load([{ sql: 'syntax.sql' }])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('syntax.sql:2:') as string,
    });
    await run.end();
    await expect(load([{ sql: 'absent.sql' }])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('absent.sql') as string,
    });
  });

  it('a plain dump with COPY data is streamed', async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i}\tname\\t${i}\t\\N\n`).join('');
    const dump = [
      "-- PostgreSQL database dump\n\n\\restrict abc\n\nSET client_encoding = 'UTF8';\n",
      'CREATE TABLE public.t (id integer, name text, note text);\n\n',
      `COPY public.t (id, name, note) FROM stdin;\n${rows}\\.\n\n`,
      'COPY public.t (id) FROM stdin;\n\\.\n\n',
      'CREATE INDEX t_id ON public.t USING btree (id);\n\\unrestrict abc\n',
    ].join('');
    await writeFile(join(dir, 'dump.sql'), dump);
    const env = await load([{ sql: 'dump.sql' }]);
    expect(
      await rowsOf(
        env,
        `select count(*)::int as n, max(name) filter (where id = 7) as name, count(note)::int as notes from t`,
      ),
    ).toEqual([{ n: 20_000, name: 'name\t7', notes: 0 }]);
  });

  it('a dump with other psql commands is refused with the line and the way out', async () => {
    await writeFile(
      join(dir, 'psql.sql'),
      'CREATE TABLE t (id int);\nCOPY t (id) FROM stdin;\n1\n\\.\n\\i other.sql\n',
    );
    await expect(load([{ sql: 'psql.sql' }])).rejects.toMatchObject({
      message: expect.stringContaining("psql.sql:5: psql's \\i is not understood") as string,
      hint: expect.stringContaining('command: [psql') as string,
    });
    await run.end();
    await writeFile(join(dir, 'bad-copy.sql'), 'CREATE TABLE t (id int);\nCOPY t (id) FROM stdin;\nx\n\\.\n');
    await expect(load([{ sql: 'bad-copy.sql' }])).rejects.toMatchObject({
      message: expect.stringContaining('bad-copy.sql:2: invalid input syntax for type integer') as string,
    });
  });

  it('cache: cold empties the shared buffers by a restart, and says what it does not drop', async () => {
    const env = await load(narrow, { cache: 'cold' });
    const [row] = await rowsOf(
      env,
      `create extension pg_buffercache; select count(*)::int as n from pg_buffercache
        where relfilenode = pg_relation_filenode('orders')`,
    );
    expect(Number(row?.n)).toBeLessThan(50);
    expect(run.events).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('the OS page cache is not dropped') as string,
      }),
    );
  });
});
