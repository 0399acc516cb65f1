import type pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database, Environment, TouchedKeys } from '../../../src/model/contracts.js';
import type { PlannedStep } from '../../../src/model/plan.js';
import type { StateLine } from '../../../src/model/residue.js';
import type { ScenarioInput } from '../../../src/model/scenario.js';
import { residueOf } from '../../../src/state/residue.js';
import { watchState } from '../../../src/state/watch-state.js';
import { runStep } from '../../../src/steps/run-step.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';
import { startSystem, type TestSystem } from './http-systems.js';
import { databaseOf } from './pg-database.js';

let postgres: TestPostgres;
let admin: pg.Client;
let client: pg.Client;
let database: Database;
let run: TestRun;
let number = 0;

beforeAll(async () => {
  postgres = await startTestPostgres();
  admin = await postgres.connect();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  const name = `watched${++number}`;
  await admin.query(`create database ${name}`);
  client = await postgres.connect(name);
  database = await databaseOf(postgres, name);
  await client.query(`
    create table "Order s" (id bigint primary key, note text, at timestamptz default now(), n int);
    insert into "Order s" select i, 'note ' || i, now(), i from generate_series(1, 20000) i`);
});
afterEach(() => run?.end());

type Act = () => Promise<unknown>;
interface Acts {
  upgrade?: Act;
  rollback?: Act;
}
const nothing: TouchedKeys = () => Promise.resolve({ keys: [] });

/** A run's snapshots around what an upgrade and a rollback do; gives the report and the lines as written. */
async function watched(
  scenario: Partial<ScenarioInput>,
  { upgrade, rollback }: Acts,
  more: { touched?: TouchedKeys; outputs?: Record<string, string> } = {},
) {
  run = await startTestRun({}, scenario);
  const noop: PlannedStep = {
    kind: 'wait',
    side: 'rollback',
    id: 'rollback.back',
    name: 'back',
    wait: 0,
    timeout: 1_000,
    retries: 0,
    retryDelay: 1,
  };
  run.ctx.plan.rollback = [noop];
  const env = { database, services: new Map(), outputs: more.outputs ?? {} } as unknown as Environment;
  const lines: StateLine[] = [];
  const state = await watchState(run.ctx, {
    env,
    line: (line) => void lines.push(JSON.parse(JSON.stringify(line)) as StateLine),
    touched: more.touched ?? nothing,
    runStep,
  });
  await state.before();
  await upgrade?.();
  await state.upgraded();
  await rollback?.();
  await state.after();
  const report = residueOf(lines);
  if (!report) throw new Error('no report');
  return { report, lines, of: (probe: string) => report.probes.find((one) => one.probe === probe) };
}

describe('the rows of a table', () => {
  const probes = { rows: { table: '"Order s"', ignore: ['$.at'] } };

  it('are compared by key and column, less those that the traffic wrote', async () => {
    const { report, of } = await watched(
      { probes, environment: { database: {} } },
      {
        upgrade: () => client.query(`update "Order s" set at = now(), n = n + 1 where id <= 3`),
        rollback: () =>
          client.query(
            `update "Order s" set note = left(note, 6) where id between 19998 and 20000;
             delete from "Order s" where id in (5, 6); insert into "Order s" values (30000, 'new')`,
          ),
      },
      {
        touched: (table, key) =>
          Promise.resolve({ keys: table === '"Order s"' && key[0] === 'id' ? ['6', '20000', '1'] : [] }),
      },
    );
    expect(of('rows')).toMatchObject({ state: 'residue', before: 20_000, after: 19_999, unknown: [] });
    expect(report.items.map(({ path, origin }) => [path, origin])).toEqual([
      ['rows/missing rows', 'unattributed'],
      ['rows/changed rows', 'attributed'],
    ]);
    expect(report.items[0]?.note).toBe('1 of 19997 rows missing: 5');
    const changed = report.items.find(({ change }) => change === 'changed');
    expect(changed?.note).toMatch(/^4 of 19997 rows changed \(note in 2, n in 2\): /);
    expect(sortedKeys(changed?.note ?? '')).toBe('19998, 19999, 2, 3');
    expect(of('rows')?.note).toBe('19997 of 20000 rows compared, 3 were written by the traffic, 1 new since');
    expect(report.items.every(({ owned }) => owned)).toBe(true);
  });

  it('are unknown where it is not known which rows the traffic wrote, and some differ', async () => {
    const unknown: TouchedKeys = () => Promise.resolve({ unknown: 'no ledger covers it' });
    const changed = await watched(
      { probes },
      { rollback: () => client.query(`update "Order s" set n = 0 where id = 9`) },
      { touched: unknown },
    );
    expect(changed.report.items).toEqual([]);
    expect(changed.of('rows')).toMatchObject({
      state: 'unknown',
      unknown: [{ snapshot: 'S2', reason: '1 rows differ, and no ledger covers it' }],
    });
  });

  it('are unknown where the traffic wrote all of them: nothing is left that a truncation could show in', async () => {
    const all: TouchedKeys = () =>
      Promise.resolve({ keys: Array.from({ length: 20_000 }, (_, i) => String(i + 1)) });
    const { of } = await watched(
      { probes },
      { rollback: () => client.query(`update "Order s" set note = left(note, 2)`) },
      { touched: all },
    );
    expect(of('rows')).toMatchObject({
      state: 'unknown',
      unknown: [{ snapshot: 'S2', reason: 'the traffic wrote all 20000 rows: none is left to compare' }],
    });
  });

  it('that were dropped with their table are all missing', async () => {
    const { report } = await watched({ probes }, { upgrade: () => client.query(`drop table "Order s"`) });
    expect(report.items.find(({ probe }) => probe === 'rows')).toMatchObject({
      change: 'removed',
      origin: 'attributed',
    });
    expect(report.items.map(({ path }) => path)).toContain('catalog.tables/"Order s"');
  });

  it('cannot be compared without a key, or without the table', async () => {
    await client.query('create table keyless (a int)');
    const { of } = await watched({ probes: { a: { table: 'keyless' }, b: { table: 'nowhere' } } }, {});
    expect(of('a')).toMatchObject({ state: 'unknown' });
    expect(of('a')?.unknown[0]?.reason).toMatch(/no primary key/);
    expect(of('b')?.unknown[0]?.reason).toBe('there is no table nowhere');
  });
});

describe('a cleanup', () => {
  let system: TestSystem;
  let flags: Map<string, boolean>;
  let broken = false;
  beforeEach(async () => {
    broken = false;
    flags = new Map([['a', false]]);
    system = await startSystem(({ method, url, body }) => {
      const [, , key = ''] = url.pathname.split('/').map(decodeURIComponent);
      if (broken) return { status: 500, json: { error: 'broken' } };
      if (method === 'GET') return { json: [...flags].map(([name, on]) => ({ name, on })) };
      if (url.pathname.startsWith('/toggle')) flags.set(key, !flags.get(key));
      else if (method === 'PUT') flags.set(key, (body as { on: boolean }).on);
      else if (!flags.delete(key)) return { status: 404, json: {} };
      return { status: 200, json: {} };
    });
  });
  afterEach(() => system.stop());

  const probe = (cleanup: object) => ({
    flags: { http: { url: `${system.url}/flags` }, select: '$[*]', key: '$.name', cleanup },
  });
  const remove = () => ({ http: { url: `${system.url}/flags/\${item.key}` } });
  const restore = () => ({
    http: { method: 'PUT', url: `${system.url}/flags/\${item.key}`, json: { on: '${before.on}' } },
  });

  it('that restores each item is proven, by S3 after each of two rounds', async () => {
    const { report } = await watched(
      { probes: probe(restore()) as never, cleanup: {} },
      { upgrade: async () => flags.set('a', true) },
    );
    expect(report.items).toMatchObject([
      { path: 'flags/a', origin: 'attributed', command: expect.stringContaining('-X PUT') as string },
    ]);
    expect(report.cleanup).toMatchObject({ proven: true, items: [], unknown: [] });
    expect(report.cleanup?.runs.map(({ round, name, ok }) => [round, name, ok])).toEqual([
      [1, 'flags/a', true],
      [2, 'flags/a', true],
    ]);
    expect(flags).toEqual(new Map([['a', false]]));
    expect(run.events.filter(({ type }) => type === 'step')).toEqual([]);
  });

  it('of a name with spaces, slashes and templates deletes that and nothing else', async () => {
    const name = 'new check/out ${env.HOME} "ü"';
    const { report } = await watched(
      { probes: probe(remove()) as never, cleanup: {} },
      { upgrade: async () => flags.set(name, true) },
    );
    expect(report.items).toMatchObject([{ key: name, change: 'added' }]);
    expect(report.cleanup).toMatchObject({ proven: true });
    expect([...flags.keys()]).toEqual(['a']);
  });

  it('that toggles is not idempotent, and is found out', async () => {
    const toggle = { http: { method: 'POST', url: `${system.url}/toggle/\${item.key}` } };
    const { report } = await watched(
      { probes: probe(toggle) as never, cleanup: {} },
      { upgrade: async () => flags.set('a', true) },
    );
    expect(report.cleanup).toMatchObject({ proven: false, afterFirst: [], items: [{ path: 'flags/a' }] });
  });

  it('is printed and not run without `cleanup`, nor for what came after the upgrade', async () => {
    const printed = await watched(
      { probes: probe(restore()) as never },
      { upgrade: async () => flags.set('a', true) },
    );
    expect(printed.report.items[0]?.command).toBe(
      `curl -fsS -X PUT ${system.url}/flags/a -H 'content-type: application/json' -d '{"on":false}'`,
    );
    expect(printed.report.cleanup).toBeNull();
    expect(flags.get('a')).toBe(true);
    await run.end();
    flags.set('a', false);
    const foreign = await watched(
      { probes: probe(restore()) as never, cleanup: {} },
      { rollback: async () => flags.set('a', true) },
    );
    expect(foreign.report.items).toMatchObject([
      { origin: 'unattributed', command: expect.any(String) as string },
    ]);
    expect(foreign.report.cleanup?.runs).toEqual([]);
    expect(flags.get('a')).toBe(true);
  });

  it('that fails is told, and the rest is still cleaned', async () => {
    const failing = { command: ['sh', '-c', 'echo no such thing >&2; exit 4'] };
    const { report } = await watched(
      {
        probes: probe(failing) as never,
        cleanup: {},
      },
      { upgrade: async () => flags.set('a', true) },
    );
    expect(report.cleanup).toMatchObject({ proven: false, items: [{ path: 'flags/a' }] });
    expect(report.cleanup?.runs[0]).toMatchObject({
      ok: false,
      message: expect.stringContaining('no such thing') as string,
    });
  });

  it('is not proven by a probe that can no longer be read, and a flapping one is unstable', async () => {
    const { report, of } = await watched(
      { probes: probe(remove()) as never, cleanup: {} },
      {
        upgrade: async () => flags.set('b', true),
        rollback: async () => {
          broken = true;
        },
      },
    );
    expect(of('flags')).toMatchObject({ state: 'unknown', after: null });
    expect(report.items).toEqual([]); // never "removed"
    expect(report.cleanup).toMatchObject({ proven: false });
    expect(report.cleanup?.unknown[0]?.reason).toMatch(/S3a: .*answered 500/);
  });

  it('takes its secrets from the environment and writes none down', async () => {
    process.env.DTEN_TEST_TOKEN = 'hunter2-token';
    const secret = { ...remove().http, headers: { authorization: 'Bearer ${env.DTEN_TEST_TOKEN}' } };
    const { lines, report } = await watched(
      { probes: probe({ http: secret }) as never, cleanup: {} },
      { upgrade: async () => flags.set('b', true) },
    );
    delete process.env.DTEN_TEST_TOKEN;
    expect(report.cleanup?.proven).toBe(true);
    expect(report.items[0]?.command).toContain(`-H 'authorization: Bearer '"$DTEN_TEST_TOKEN"`);
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  it('masks a secret that an error quotes', async () => {
    process.env.DTEN_TEST_TOKEN = 'hunter2-token';
    const failing = { command: ['sh', '-c', 'echo "$1" >&2; exit 1', 'sh', '${env.DTEN_TEST_TOKEN}'] };
    const { lines, report } = await watched(
      { probes: probe(failing) as never, cleanup: {} },
      { upgrade: async () => flags.set('b', true) },
    );
    delete process.env.DTEN_TEST_TOKEN;
    expect(report.cleanup?.runs[0]?.message).toContain('***');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

function sortedKeys(note: string): string {
  return note.replace(/^.*: /, '').split(', ').sort().join(', ');
}
