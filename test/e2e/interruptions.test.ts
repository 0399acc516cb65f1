import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

function resultOf(folder: string): string {
  const results = join(folder, 'results', 'small');
  return join(results, readdirSync(results)[0]!);
}

/** The trace pass would sleep too: pg_sleep only when traffic is there to be counted. */
const sleeps =
  "do $$ begin if current_database() not like '%trace%' then perform pg_sleep(60); end if; end $$";
const slowSteps = {
  upgrade: `\n  steps: [ { name: slow up, sql: "${sleeps}", transaction: statement } ]`,
  rollback: `\n  steps: [ { name: slow down, sql: "${sleeps}", transaction: statement } ]`,
};
const quickUp = { upgrade: `\n  steps: [ { name: quick, sql: "select 1", transaction: statement } ]` };

// Side by side: nothing here is about how fast it goes, and most of each run is waiting for its phase.
describe.concurrent.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  test.each([
    ['provisioning', /provisioning|data:/i, {}],
    ['warmup', /phase warmup/, {}],
    ['baseline', /phase baseline/, {}],
    ['upgrade', /slow up: begins/, { upgrade: slowSteps.upgrade }],
    ['soak', /phase soak/, {}],
    ['rollback', /slow down: begins/, { ...quickUp, rollback: slowSteps.rollback }],
    ['recovery', /phase recovery/, {}],
  ])('in %s: everything is torn down, the partial result opens, exit 130', async (_phase, cue, blocks) => {
    const folder = smallScenario({ blocks });
    const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results')]);
    await run.says(cue);
    run.child.kill(signal);
    const ended = await run.ended;
    expect(ended.stderr).toContain(`${signal}: stopping`);
    expect(ended.code).toBe(130);
    expect(run.left()).toEqual([]);

    const result = JSON.parse(readFileSync(join(resultOf(folder), 'result.json'), 'utf8')) as {
      ended: string;
      teardownFailures: string[];
      verdict: { verdict: string };
    };
    expect(result.ended).toBe('interrupted');
    expect(result.teardownFailures).toEqual([]);
    expect(result.verdict.verdict).not.toBe('GO');
    const report = await dten(['report', resultOf(folder)]);
    expect(report.code).not.toBe(0);
    expect(report.stdout).toMatch(/interrupted/i);
  });
});

test('kill -9 in the upgrade: the partial result opens and says so; the next run removes what was left', async () => {
  const folder = smallScenario({ blocks: slowSteps });
  const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results')]);
  await run.says(/slow up: begins/);
  await new Promise((resolve) => setTimeout(resolve, 2_500)); // let some seconds of traffic settle
  run.child.kill('SIGKILL');
  await run.ended;
  expect(run.left()).not.toEqual([]); // Postgres goes on: that is what has to be found

  const report = await dten(['report', resultOf(folder)]);
  expect(report.code).toBe(3);
  expect(report.stdout).toMatch(/incomplete/i);
  // The step under way has neither an end nor an error: that is said, not left out.
  expect(report.stdout).toContain('upgrade.slow up: attempt 1 was cut off: no end of it is recorded');
  expect(
    report.stdout.split('\n').filter((line) => /^\s*(?:upgrade|rollback)\.[^:]*:\s*$/.test(line)),
  ).toEqual([]);

  const doctor = await dten(['doctor']);
  expect(doctor.code).toBe(0);
  expect(doctor.stdout).toMatch(/removed/);
  expect(run.left()).toEqual([]);
});
