import { expect, test } from 'vitest';
import { join } from 'node:path';
import { startTestPostgres } from '../support/postgres.js';
import { DtenProcess } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

interface Found {
  rule: string;
  what: string;
  why?: string;
  remedy: string;
  measured?: number;
  twin?: string;
  where: { step?: string; table?: string; path?: string; endpoint?: string };
}
interface Report {
  findings: Found[];
}

/** As SQL writes them, and as the catalog has them. */
const sql = {
  table: '"Bestell ""Ära"" № 1"',
  key: '"Schlüssel"',
  size: '"Größe €"',
  added: '"neu ""☕"""',
  check: '"größer als 0 ""!"""',
};
const table = 'Bestell "Ära" № 1';
const steps = { add: 'füge "☕" an', force: 'erzwinge % €', back: 'zurück \\ "☕"' };

const blocks = {
  production: { tables: { [table]: { rows: 400_000_000 } } },
  environment: {
    database: {
      roles: { 'App "ü" x': {}, "Miss O'Grün; --": { owns: ['public'] } },
    },
    data: [
      {
        sql: `create table ${sql.table} (${sql.key} text primary key, ${sql.size} text, n int,
                constraint ${sql.check} check (n > 0));
              insert into ${sql.table} select 'alt ' || i, 'so lang wie sonst ' || i, 1 from generate_series(1, 4000) i`,
      },
    ],
  },
  traffic: {
    rate: '100/s',
    connections: 8,
    timeout: '5s',
    endpoints: {
      'lege "Ä" an': {
        sql: {
          text: `insert into ${sql.table} (${sql.key}, ${sql.size}, n) values ($1, $2, 1) returning ${sql.key} as id`,
          values: ['ß "${random.string(16)}"', "g'ß {\\"],
        },
        expect: { rows: 1 },
        ledger: {
          entity: 'Bestellung "ü"',
          op: 'create',
          key: '$[0].id',
          values: { 'Größe €': "g'ß {\\" },
          find: `select ${sql.key}, ${sql.size} from ${sql.table} where ${sql.key} = any($1)`,
        },
      },
      'lies, bitte': { sql: { text: `select n from ${sql.table} where ${sql.key} = $1`, values: ['alt 7'] } },
    },
  },
  ledger: { entities: { 'Bestellung "ü"': { key: 'Schlüssel' } } },
  upgrade: {
    steps: [
      {
        name: steps.add,
        sql: `alter table ${sql.table} add column ${sql.added} text`,
        transaction: 'statement',
      },
      {
        name: steps.force,
        sql: `alter table ${sql.table} alter column ${sql.size} set not null`,
        transaction: 'statement',
      },
    ],
  },
  rollback: {
    steps: [
      {
        name: steps.back,
        // Five rows of before are cut, three that the traffic wrote are lost, a constraint stays away.
        sql: `alter table ${sql.table} alter column ${sql.size} drop not null;
              alter table ${sql.table} drop column ${sql.added};
              alter table ${sql.table} drop constraint ${sql.check};
              update ${sql.table} set ${sql.size} = left(${sql.size}, 3) where ${sql.key} in ('alt 1', 'alt 2', 'alt 3', 'alt 4', 'alt 5');
              delete from ${sql.table} where ${sql.key} in (select ${sql.key} from ${sql.table} where ${sql.key} like 'ß%' order by 1 limit 3)`,
        transaction: 'statement',
      },
    ],
  },
  probes: { 'Zeilen "ü"': { table: sql.table } },
  objectives: {
    latency: { p99: '4s', over: '3s' },
    locks: { longestWait: '5s' },
    ledger: { lost: 0 },
    residue: 'none',
  },
};

test('names with quotes, spaces, Unicode and SQL in them: through data, ledger, trace, probes, findings and twins', async () => {
  const folder = smallScenario({
    blocks: Object.fromEntries(Object.entries(blocks).map(([key, value]) => [key, JSON.stringify(value)])),
  });
  const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results'), '--json']);
  const ended = await run.ended;
  expect(ended.code, ended.stderr).toBe(1);
  const { findings } = JSON.parse(ended.stdout) as Report;
  const of = (rule: string) => findings.filter((finding) => finding.rule === rule);

  // Exactly what was planted: three rows of the traffic, five of before, one constraint, and the scan.
  expect(of('ledger')).toMatchObject([
    { measured: 3, what: expect.stringContaining(`3 acknowledged rows of ${table} `) as string },
  ]);
  expect(of('ledger')[0]?.why).toContain('(create by lege "Ä" an in ');
  expect(
    of('residue')
      .map(({ where }) => where.path)
      .sort(),
  ).toEqual(['Zeilen "ü"/changed rows', 'catalog.constraints/"Bestell ""Ära"" № 1"."größer als 0 ""!"""']);
  const rows = of('residue').find(({ where }) => where.path?.startsWith('Zeilen'));
  expect(rows?.what).toContain('5 of 4000 rows changed (Größe € in 5): ');
  const [scan] = of('extrapolation');
  expect(scan?.where).toMatchObject({ step: `upgrade.${steps.force}`, table });
  expect(scan?.what).toContain(`AccessExclusiveLock on ${table} `);
  expect(of('ledger-unaudited')).toEqual([]);
  for (const { where } of of('queue-hazard-not-exercised')) expect(where.table).toBe(table);
  // What it advises can be run as it is printed.
  const advice = of('queue-hazard-not-exercised').map(({ remedy }) => remedy);
  expect(advice[0]).toContain(`sql: 'select count(*) from ${sql.table}'`);
  expect(advice[0]).toContain(`step: 'upgrade.${steps.add}'`);
  const postgres = await startTestPostgres();
  try {
    const client = await postgres.connect();
    await client.query(blocks.environment.data[0]!.sql);
    await client.query(scan?.twin ?? 'nothing');
    const { rows: columns } = await client.query<{ attname: string }>(
      `select attname from pg_attribute where attrelid = '${sql.table}'::regclass and attnotnull and attnum > 0 order by attnum`,
    );
    expect(columns.map(({ attname }) => attname)).toEqual(['Schlüssel', 'Größe €']);
  } finally {
    await postgres.stop();
  }
});
