import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

const back = (strategy: string) => `
  strategy: ${strategy}
  steps:
    - { name: drop note, sql: "alter table items drop column note", transaction: statement }`;
// A restore is an outage: what it may cost is not what these tests are about.
const objectives = `
  latency: { p99: 4s, over: 3s }`;
const timeline = '{ warmup: 1s, baseline: 2s, soak: 1s, recovery: 6s }';

interface Report {
  verdict: string;
  rollback: {
    way: string;
    outcome: string;
    parts: { part: string; ms: number }[];
    secondUpgrade: { outcome: string };
  };
  rollbackTrials: { state: string; trials: { outcome: string }[] };
  rollbackComparison: { ways: { way: string; dir: string; writesLost: number | null; tookMs: number }[] };
  paths: { dir: string };
  seed: number;
  twin: Report;
}

describe('strategy both', () => {
  test('two rehearsals with one seed, linked and compared; the worse exit code; one JSON document', async () => {
    const folder = smallScenario({ blocks: { rollback: back('both'), objectives, timeline } });
    const junit = join(folder, 'junit.xml');
    const run = new DtenProcess([
      'rehearse',
      folder,
      '--results',
      join(folder, 'results'),
      '--json',
      '--junit',
      junit,
      '--seed',
      '5',
    ]);
    const ended = await run.ended;
    expect(run.left()).toEqual([]);
    const report = JSON.parse(ended.stdout) as Report;
    const { twin, rollbackComparison: comparison } = report;
    expect([report.rollback.way, twin.rollback.way]).toEqual(['steps', 'snapshot']);
    expect([report.seed, twin.seed]).toEqual([5, 5]);
    expect([report.rollback.outcome, twin.rollback.outcome]).toEqual(['ok', 'ok']);
    expect([report.rollback.secondUpgrade.outcome, twin.rollback.secondUpgrade.outcome]).toEqual([
      'ok',
      'ok',
    ]);
    expect(report.rollbackTrials.trials).toMatchObject([{ outcome: 'restored' }]);
    expect(twin.rollback.parts.slice(0, 3).map(({ part, ms }) => [part, ms > 0])).toEqual([
      ['stop', true],
      ['put back', true],
      ['start', true],
    ]);
    // Nobody kept a ledger: how many writes were lost is not known, and not 0.
    expect(comparison.ways.map(({ way, writesLost }) => [way, writesLost])).toEqual([
      ['steps', null],
      ['snapshot', null],
    ]);
    const worse = [report.verdict, twin.verdict].includes('NO-GO')
      ? 1
      : [report.verdict, twin.verdict].includes('INVALID')
        ? 3
        : 0;
    expect(ended.code).toBe(worse);
    expect(existsSync(junit)).toBe(true);
    expect(existsSync(join(folder, 'junit.snapshot.xml'))).toBe(true);

    // Either of them shows both, later too.
    for (const dir of [report.paths.dir, twin.paths.dir]) {
      const again = await dten(['report', dir]);
      expect(again.stdout).toMatch(/Ways back[^]*steps [^]*snapshot/);
    }
  }, 180_000);
});

test('an upgrade that cannot run twice is NO-GO, and names the step', async () => {
  const folder = smallScenario({
    blocks: {
      timeline: '{ warmup: 0s, baseline: 2s, soak: 1s, recovery: 2s }',
      objectives,
      upgrade: `
  steps:
    - { name: make, sql: "create table extra (id int)", transaction: statement }`,
      rollback: `
  steps:
    - { name: forget, sql: "select 1", transaction: statement }`,
    },
  });
  const ended = await dten(['rehearse', folder, '--results', join(folder, 'results')]);
  expect(ended.stdout).toMatch(
    /second-upgrade: after the rollback the upgrade does not run again: step make/,
  );
  expect(ended.stdout).toContain('42P07');
  expect(ended.code).toBe(1);
  const results = join(folder, 'results', 'small');
  const result = JSON.parse(readFileSync(join(results, readdirSync(results)[0]!, 'result.json'), 'utf8')) as {
    secondUpgrade: object;
  };
  expect(result.secondUpgrade).toMatchObject({
    outcome: 'failed',
    failedStep: 'upgrade.make',
    code: '42P07',
  });
});

test('an external server is refused before anything is started', async () => {
  const folder = smallScenario({
    blocks: { environment: `\n  database: { provide: { external: { urlFrom: DB } } }` },
  });
  const ended = await dten(['rehearse', folder, '--rollback', 'snapshot'], { cwd: folder });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('an external server is not dten’s to stop');
});

describe('cut off while the snapshot is put back', () => {
  const start = () => {
    const folder = smallScenario({ blocks: { rollback: back('snapshot'), objectives, timeline } });
    return new DtenProcess(['rehearse', folder, '--results', join(folder, 'results')]);
  };

  test('SIGINT: nothing runs on, and no copy of the data is left', async () => {
    const run = start();
    await run.says(/restore snapshot: begins/);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(run.left()).toEqual([]);
    expect(run.folders().filter((folder) => existsSync(folder))).toEqual([]);
  });

  test('kill -9: the next run removes what was left, the copies too', async () => {
    const run = start();
    await run.says(/restore snapshot: begins/);
    run.child.kill('SIGKILL');
    await run.ended;
    expect((await dten(['doctor'])).code).toBe(0);
    expect(run.left()).toEqual([]);
    expect(run.folders()).toHaveLength(1);
    expect(run.folders().filter((folder) => existsSync(folder))).toEqual([]);
  });
});
