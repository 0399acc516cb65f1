import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { plantNights, type PlantedRun } from '../support/planted-results.js';
import { nightly } from '../unit/compare/noise.js';
import { repository } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

const read = <T>(path: string): T => parse(readFileSync(join(repository, path), 'utf8')) as T;

interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  runs: {
    steps: {
      name: string;
      id?: string;
      uses?: string;
      shell?: string;
      run?: string;
      env?: Record<string, string>;
    }[];
  };
}
const action = read<Action>('.github/actions/dten/action.yml');
const gitlab = read<
  Record<'.dten', { script: string[]; variables: Record<string, string>; artifacts: object }>
>('.gitlab/dten.gitlab-ci.yml')['.dten'];
const step = (name: string) => action.runs.steps.find((one) => one.id === name || one.name === name)!;

const dry = `${process.execPath} ${join(repository, 'test/e2e/support/dry-dten.mjs')}`;
const scenario = smallScenario();
const workspace = () => mkdtempSync(join(tmpdir(), 'dten-e2e-ci-'));

const nights = (length: number, factor = 1): PlantedRun[] =>
  nightly(5, length, { levels: { [length - 8]: factor } }).map((p99Ms) => ({ p99Ms, scenario: 'small' }));

/** As GitHub runs a step of shell bash, and GitLab a script: what it said, how it ended. */
function bash(
  script: string,
  cwd: string,
  env: Record<string, string>,
): { code: number | null; said: string } {
  const output = join(cwd, 'output');
  writeFileSync(output, '');
  const ended = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: join(cwd, 'summary'),
      ...env,
    },
  });
  return { code: ended.status, said: `${ended.stdout}${ended.stderr}${readFileSync(output, 'utf8')}` };
}

describe('the GitHub action', () => {
  const rehearse = { DTEN: dry, SCENARIO: scenario, ARGUMENTS: '--rate 200/s --seed 3' };

  test('has only inputs that are there, and passes them to no script but by its environment', () => {
    const text = readFileSync(join(repository, '.github/actions/dten/action.yml'), 'utf8');
    for (const [, name = ''] of text.matchAll(/inputs\.([\w-]+)/g))
      expect(Object.keys(action.inputs)).toContain(name);
    const scripts = action.runs.steps.filter(({ run }) => run !== undefined);
    expect(scripts.map(({ name }) => name)).toHaveLength(4);
    for (const { run, shell } of scripts) {
      expect(shell).toBe('bash');
      expect(run).not.toContain('${{');
    }
    expect(action.runs.steps.flatMap(({ uses }) => uses ?? [])).toEqual([
      'actions/cache/restore@v4',
      'actions/cache/save@v4',
      'github/codeql-action/upload-sarif@v3',
      'actions/upload-artifact@v4',
    ]);
  });

  test('rehearses with flags that dten has, and hands the exit code on', () => {
    const cwd = workspace();
    const ended = bash(step('rehearse').run!, cwd, rehearse);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.said).toMatch(/seed +3/);
    expect(ended.said).toMatch(/^code=0$/m);

    const wrong = bash(step('rehearse').run!, cwd, { ...rehearse, ARGUMENTS: '--no-such-flag' });
    expect(wrong.said).toMatch(/dten rehearse has no such flag[^]*^code=2$/m);
  });

  test('compares with the results of the baseline branch, where there are any', () => {
    const cwd = workspace();
    const none = bash(step('compare').run!, cwd, { DTEN: dry });
    expect(none).toMatchObject({ code: 0 });
    expect(none.said).toContain('nothing to compare with');
    bash(step('rehearse').run!, cwd, rehearse);
    plantNights(join(cwd, 'dten-results/baseline'), nights(8));
    plantNights(join(cwd, 'dten-results/run'), [{ scenario: 'small', startedAt: '2026-07-01T00:00:00Z' }]);
    const ended = bash(step('compare').run!, cwd, { DTEN: dry });
    expect(ended.code, ended.said).toBe(0);
    // Planted results have no observations to compare: the flags and the sides are right, and it says that it cannot tell.
    expect(ended.said).toMatch(/^code=[013]$/m);
    expect(existsSync(join(cwd, 'dten-results/reports/compare.md'))).toBe(true);
  });

  test('keeps so many nights of the baseline branch, and tells their trend', () => {
    const cwd = workspace();
    bash(step('rehearse').run!, cwd, rehearse);
    const baseline = join(cwd, 'dten-results/baseline');
    const planted = plantNights(baseline, nights(30, 1.5));
    plantNights(join(cwd, 'dten-results/run'), [
      { p99Ms: 150, scenario: 'small', startedAt: '2026-08-01T00:00:00Z' },
    ]);
    const ended = bash(step('trend').run!, cwd, { DTEN: dry, KEEP: '25' });
    expect(ended.code, ended.said).toBe(0);
    expect(ended.said).toMatch(/^code=1$/m);
    expect(ended.said).toContain('small: 25 runs');
    const left = readdirSync(join(baseline, 'small'));
    expect(left).toHaveLength(25);
    expect(left[0]).toBe(planted[6]!.split('/').at(-1));
    expect(left.at(-1)).toMatch(/^20260801T/);
    expect(readFileSync(join(cwd, 'summary'), 'utf8')).toContain('small: 25 runs');
  });

  test.each([
    ['invalid', '0', '', '', 0],
    ['invalid', '1', '', '', 1],
    ['invalid', '3', '', '', 1],
    ['no-go', '3', '', '', 0],
    ['no-go', '1', '', '', 1],
    ['nothing', '1', '1', '1', 0],
    ['nothing', '2', '', '', 1],
    ['nothing', '4', '', '', 1],
    ['nothing', '', '', '', 1], // it never came to an end
    ['invalid', '0', '1', '', 1],
    ['invalid', '0', '3', '', 0],
    ['invalid', '0', '', '3', 0],
    ['no-go', '0', '', '1', 1],
    ['no-go', '0', '2', '', 1],
  ])(
    'with fail-on %s: rehearse %s, compare "%s", trend "%s" ends with %i',
    (on, rehearsed, compared, trend, code) => {
      const env = { FAIL_ON: on, REHEARSE: rehearsed, COMPARE: compared, TREND: trend };
      expect(bash(step('Verdict').run!, workspace(), env).code).toBe(code);
    },
  );

  test('runs every night, and on pull requests that touch SQL', () => {
    const workflow = read<{
      on: { schedule: { cron: string }[]; pull_request: { paths: string[] } };
      permissions: Record<string, string>;
      jobs: { rehearse: { steps: { uses?: string; with?: Record<string, string> }[] } };
    }>('.github/workflows/nightly.yml');
    expect(workflow.on.schedule[0]!.cron).toMatch(/^\d+ \d+ \* \* \*$/);
    expect(workflow.on.pull_request.paths).toContain('**/*.sql');
    expect(workflow.permissions).toEqual({ contents: 'read', 'security-events': 'write' });
    const used = workflow.jobs.rehearse.steps.find(({ uses }) => uses === './.github/actions/dten')!;
    for (const name of Object.keys(used.with!)) expect(Object.keys(action.inputs)).toContain(name);
    expect(existsSync(join(repository, used.with!.scenario!, 'scenario.yaml'))).toBe(true);
  });
});

describe('the GitLab template', () => {
  const script = gitlab.script.join('\n');
  const variables = { ...gitlab.variables, DTEN: dry, DTEN_SCENARIO: scenario };

  test('rehearses, and compares on a merge request', () => {
    const cwd = workspace();
    const first = bash(script, cwd, variables);
    expect(first.code, first.said).toBe(0);
    expect(first.said).toContain('nothing to compare with');
    plantNights(join(cwd, 'dten-results/baseline'), nights(8));
    plantNights(join(cwd, 'dten-results/run'), [{ scenario: 'small', startedAt: '2026-07-01T00:00:00Z' }]);
    const ended = bash(script, cwd, variables);
    expect(ended.said).toMatch(/^dten rehearse 0\ndten compare [013]\ndten trend 0$/m);
    expect(existsSync(join(cwd, 'dten-results/reports/compare.md'))).toBe(true);
  });

  test('keeps so many nights on a schedule, and fails where their trend changed for the worse', () => {
    const cwd = workspace();
    plantNights(join(cwd, 'dten-results/baseline'), nights(30, 1.5));
    plantNights(join(cwd, 'dten-results/run'), [
      { p99Ms: 150, scenario: 'small', startedAt: '2026-08-01T00:00:00Z' },
    ]);
    const ended = bash(script, cwd, { ...variables, DTEN_CACHE_POLICY: 'pull-push', DTEN_KEEP: '25' });
    expect(ended.said).toMatch(/^dten rehearse 0\ndten compare 0\ndten trend 1$/m);
    expect(ended.code).toBe(1);
    const left = readdirSync(join(cwd, 'dten-results/baseline/small'));
    expect(left).toHaveLength(25);
    expect(left.at(-1)).toMatch(/^20260801T/);
  });

  test('a wrong flag is red', () => {
    const ended = bash(script, workspace(), {
      ...variables,
      DTEN_ARGUMENTS: '--no-such-flag',
      DTEN_FAIL_ON: 'nothing',
    });
    expect(ended.said).toContain('dten rehearse has no such flag');
    expect(ended.said).toContain('dten rehearse 2');
    expect(ended.code).toBe(1);
  });

  test('hands JUnit and code quality to GitLab', () => {
    expect(gitlab.artifacts).toMatchObject({
      when: 'always',
      reports: {
        junit: 'dten-results/reports/*.xml',
        codequality: 'dten-results/reports/*.codequality.json',
      },
    });
  });
});
