import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

test.each([
  [[], 'name a command', 'rehearse, validate'],
  [['rehears', 'x'], 'there is no such command', 'did you mean "rehearse"?'],
  [['rehearse'], '<scenario> is missing', 'dten rehearse --help'],
  [
    ['rehearse', 'x', '--basline', '5s'],
    '--basline: dten rehearse has no such flag',
    'did you mean "baseline"?',
  ],
  [['rehearse', 'x', '--junit'], '--junit: needs a value', 'dten rehearse --help'],
  [['rehearse', 'x', '--seed', '1', '--seed', '2'], '--seed is given more than once', 'dten rehearse --help'],
  [['rehearse', 'x', 'y'], '"y" is one argument too many', 'dten rehearse --help'],
  [
    ['rehearse', 'x', '--junit', '/nonexistent/j.xml'],
    '--junit: there is no folder',
    'mkdir -p /nonexistent',
  ],
  [['report', 'x', '--markdown', tmpdir()], '--markdown:', 'name a file in it'],
  [['schema', '--out', '/nonexistent/schema.json'], '--out: ENOENT', 'name a file'],
  [['init', '/dev/null/x'], 'ENOTDIR', 'Name a folder'],
])('dten %j: exit 2, what is wrong and the way out', async (args, what, wayOut) => {
  const ended = await dten(args);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(what);
  expect(ended.stderr).toContain(wayOut);
  expect(ended.stdout).toBe('');
});

test('every wrong flag at once', async () => {
  const ended = await dten(['rehearse', 'x', '--seed', 'abc', '--rate', '5', '--warmup', 'x', '--soak', '9']);
  expect(ended.code).toBe(2);
  expect(ended.stderr.match(/^--\w+: expected/gm)).toEqual([
    '--seed: expected',
    '--rate: expected',
    '--warmup: expected',
    '--soak: expected',
  ]);
  expect(ended.stderr).toContain('4 problems');
});

test('init writes all of its files or none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dten-e2e-init-'));
  writeFileSync(join(folder, 'seed.sql'), 'select 1;');
  const refused = await dten(['init', folder]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('seed.sql is there already; nothing was written');
  expect((await dten(['validate', folder])).stderr).toContain('this folder holds no scenario');
});

test.each([
  ['process.exit(0);\nexport default {};', 4],
  ['process.exit(1);\nexport default {};', 4],
  ['export default new Promise(() => {});', 4],
  ['setTimeout(() => { throw new Error("late"); }, 0);\nexport default new Promise(() => {});', 4],
])('a scenario that ends dten (%j) is never a GO or a NO-GO', async (source, code) => {
  const file = join(mkdtempSync(join(tmpdir(), 'dten-e2e-ends-')), 'scenario.ts');
  writeFileSync(file, source);
  const ended = await dten(['rehearse', file]);
  expect(ended.code).toBe(code);
  expect(ended.stderr).toContain('dten ended before its work was done');
});

test('what a scenario logs stays out of the JSON document', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'dten-e2e-log-')), 'scenario.ts');
  writeFileSync(file, 'console.log("hello from the scenario");\nexport default { name: "x" };');
  const ended = await dten(['validate', '--json', file]);
  expect(JSON.parse(ended.stdout)).toMatchObject({ schema: 'dten.validate/1' });
  expect(ended.stderr).toContain('hello from the scenario');
});

test('a reader of the progress that leaves does not end the run: the verdict counts, all is torn down', async () => {
  const folder = smallScenario();
  const results = join(folder, 'results');
  const run = new DtenProcess(['rehearse', folder, '--results', results, '--json']);
  await run.says(/rehearsal begins/);
  run.child.stderr?.destroy();
  const ended = await run.ended;
  const { verdict } = JSON.parse(ended.stdout) as { verdict: 'GO' | 'NO-GO' | 'INVALID' };
  expect(ended.code).toBe({ GO: 0, 'NO-GO': 1, INVALID: 3 }[verdict]);
  expect(run.left()).toEqual([]);
});

test('a reader of the report that leaves does not change the exit code', async () => {
  // No answer comes within a microsecond: whatever the verdict is, it is not GO, whose code is that of success.
  const folder = smallScenario({ blocks: { objectives: '\n  latency: { p50: 1us, over: 1s }' } });
  const results = join(folder, 'results');
  const run = new DtenProcess(['rehearse', folder, '--results', results]);
  run.child.stdout?.destroy();
  const ended = await run.ended;
  const report = await dten(['report', '--json', results]);
  const { verdict } = JSON.parse(report.stdout) as { verdict: 'GO' | 'NO-GO' | 'INVALID' };
  expect(verdict).not.toBe('GO');
  expect(ended.code).toBe({ GO: 0, 'NO-GO': 1, INVALID: 3 }[verdict]);
  expect(run.left()).toEqual([]);
});
