import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Comparison } from '../../src/model/comparison.js';
import { comparisonSchema } from '../../src/model/comparison.js';
import { buildView, type Planting } from '../unit/verdict/build-view.js';
import { writeResult } from '../support/write-result.js';
import { dten } from './support/dten-process.js';

const root = mkdtempSync(join(tmpdir(), 'dten-e2e-compare-'));
const runs = 6;
const dirs: Record<'before' | 'same' | 'slower', string[]> = { before: [], same: [], slower: [] };
const commit = '0123456789abcdef0123456789abcdef01234567';

/** 20 s of soak at 50/s a run: 10 beyond p99, 60 a side; p90 has 600. Latencies spread a little from run to run. */
const planting = (factor: number, run: number): Planting => ({
  objectives: { latency: { p90: '250ms' } },
  request: (_, second, i) => ({ ms: factor * (4 + (i % 10) / 5) * (1 + ((run * 7 + second) % 5) / 200) }),
});

beforeAll(async () => {
  const arms = [
    ['before', 1, 0],
    ['same', 1, 1],
    ['slower', 1.3, 2],
  ] as const;
  for (const [name, factor, at] of arms) {
    for (let run = 0; run < runs; run++) {
      const startedAt = `2026-06-15T10:${String(run * 3 + at).padStart(2, '0')}:00.000Z`;
      const revision = name === 'before' ? { commit, branch: 'main', dirty: false } : null;
      const about = { startedAt, id: `${name}${run}`, seed: run + 1, revision };
      dirs[name].push(await writeResult(join(root, name), buildView(planting(factor, run)), about));
    }
  }
});
afterAll(() => rmSync(root, { recursive: true }));

async function json(args: string[]): Promise<{ code: number | null; found: Comparison }> {
  const ended = await dten(['compare', ...args, '--json']);
  return { code: ended.code, found: comparisonSchema.parse(JSON.parse(ended.stdout)) };
}

test('+30% in each of six runs: exit 1, the p90 gates regressed, their intervals around 30%', async () => {
  const { code, found } = await json([...dirs.before, '--', ...dirs.slower]);
  expect(code).toBe(1);
  expect(found).toMatchObject({
    verdict: 'regressed',
    design: { pairing: 'paired by seed', interleaved: true },
  });
  const gates = found.cells.filter(({ gate }) => gate);
  expect(gates.map(({ phase, percentile, answer }) => [phase, percentile, answer])).toEqual([
    ['soak', 'p90', 'regressed'],
    ['recovery', 'p90', 'regressed'],
  ]);
  for (const { test: of } of gates) expect(of!.change).toBeCloseTo(0.3, 1);
  expect(found.runs.every(({ verdict, leftOut }) => verdict === 'GO' && leftOut === undefined)).toBe(true);
});

test('the same again: exit 0, equivalent; folders, patterns and two names stand for results', async () => {
  const { code, found } = await json([join(root, 'before'), join(root, 'same')]);
  expect(code).toBe(0);
  expect(found.verdict).toBe('nothing worse');
  expect(found.design.runs).toEqual({ baseline: 6, candidate: 6 });
  const pattern = await json([join(root, 'bef*', '*'), '--', join(root, 'same', 'planted', '2026*')]);
  expect(pattern.found.runs).toEqual(found.runs);
});

test('--baseline takes the results of a revision, and says which there are where it finds none', async () => {
  const candidates = join(root, 'slower', 'planted');
  const { code, found } = await json([
    join(root, 'before'),
    '--baseline',
    commit.slice(0, 10),
    '--',
    candidates,
  ]);
  expect(code).toBe(1);
  expect(
    found.runs.filter(({ side }) => side === 'baseline').map(({ revision }) => revision?.commit),
  ).toEqual(Array<string>(6).fill(commit));
  const none = await dten(['compare', join(root, 'before'), '--baseline', 'deadbeef00', '--', candidates]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('no result of a clean checkout of deadbeef00');
  expect(none.stderr).toContain('there are 0123456789 (main)');
});

test('one run a side: exit 3, since nothing that was asked got an answer', async () => {
  const ended = await dten(['compare', dirs.before[0]!, dirs.slower[0]!]);
  expect(ended.code).toBe(3);
  expect(ended.stdout).toContain('COULD NOT TELL');
});

test('--strict: a gate without an answer is exit 3, without it exit 0 and said', async () => {
  const args = ['compare', '--gate', 'p99', ...dirs.before, '--', ...dirs.same];
  const usual = await dten(args);
  expect(usual.code).toBe(0);
  expect(usual.stdout).toContain('2 gates without an answer: this is not a pass of them');
  expect(usual.stdout).toContain('too few samples: 60 beyond it on a side, 100 needed');
  expect((await dten([...args, '--strict'])).code).toBe(3);
});

test('cut short: named and left out; with --include-invalid it counts', async () => {
  const cut = await writeResult(join(root, 'cut'), buildView(planting(1, 0)), {
    ...{ startedAt: '2026-06-15T11:00:00.000Z', id: 'cut', seed: 1, cutShort: true },
  });
  const alone = await dten(['compare', ...dirs.before, '--', cut]);
  expect(alone.code).toBe(3);
  expect(alone.stdout).toContain('no run of the candidate counts');
  expect(alone.stdout).toMatch(/LEFT OUT, incomplete:\s+cut\s+short/);
  const { found } = await json(['--include-invalid', ...dirs.before, '--', cut]);
  expect(found.design.runs.candidate).toBe(1);
});

test('another scenario is void: exit 3, with what differs', async () => {
  const view = buildView(planting(1, 0));
  const other = await writeResult(
    join(root, 'other'),
    { ...view, plan: { ...view.plan, name: 'other' } },
    { startedAt: '2026-06-15T12:00:00.000Z', id: 'other' },
  );
  const ended = await dten(['compare', dirs.before[0]!, other]);
  expect(ended.code).toBe(3);
  expect(ended.stdout).toContain('void: scenario differs: planted against other');
});

test('everything wrong at once: exit 2', async () => {
  const aa = join(root, 'aa.json');
  writeFileSync(aa, '{}');
  const args = ['--margin', 'much', '--detect', '0', '--gate', 'fast', '--aa', aa, '--seed', 'x'];
  const ended = await dten(['compare', ...args, join(root, 'nowhere'), '--', dirs.same[0]!]);
  expect(ended.code).toBe(2);
  for (const flag of [
    '--margin:',
    '--detect:',
    '--gate:',
    '--seed:',
    `${aa}:`,
    `${join(root, 'nowhere')}:`,
  ]) {
    expect(ended.stderr).toContain(flag);
  }
  expect(ended.stderr).toContain('6 problems');
  const twice = await dten(['compare', dirs.same[0]!, '--', dirs.same[0]!]);
  expect([twice.code, twice.stderr.includes('is on both sides')]).toEqual([2, true]);
  const unclear = await dten(['compare', ...dirs.same.slice(0, 3)]);
  expect([unclear.code, unclear.stderr.includes('dten compare BASELINE… -- CANDIDATE…')]).toEqual([2, true]);
});

test('Markdown for a pull request, also into the step summary', async () => {
  const [file, summary] = [join(root, 'pr.md'), join(root, 'summary.md')];
  const args = ['compare', ...dirs.before, '--', ...dirs.slower, '--markdown', file];
  await dten(args, { env: { GITHUB_STEP_SUMMARY: summary } });
  const markdown = readFileSync(file, 'utf8');
  expect(markdown).toMatch(/^### 🔴 Regressed: planted/);
  expect(markdown).toMatch(/\| read p90 in soak \| .*\+30&#37;|\| read p90 in soak \| .*\+30%/);
  expect(readFileSync(summary, 'utf8')).toBe(markdown);
});

test('--html writes one file beside what is printed, and says where; a folder that is not there is exit 2', async () => {
  const file = join(root, 'comparison.html');
  const ended = await dten(['compare', ...dirs.before, '--', ...dirs.slower, '--html', file]);
  expect([ended.code, ended.stderr]).toEqual([1, `Comparison: ${file}\n`]);
  expect(ended.stdout).toContain('REGRESSED');
  const html = readFileSync(file, 'utf8');
  expect(html).toMatch(/<title>regressed: comparison of planted<\/title>/);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<(?:link|script|img)[^>]+(?:src|href)="(?!data:,)/);
  const nowhere = await dten([
    'compare',
    dirs.before[0]!,
    dirs.same[0]!,
    '--html',
    join(root, 'no', 'x.html'),
  ]);
  expect([nowhere.code, nowhere.stderr.includes('--html: there is no folder')]).toEqual([2, true]);
});

test('rehearse --html is of a comparison: without --against it is exit 2', async () => {
  const ended = await dten(['rehearse', 'scenarios/orders', '--html', join(root, 'x.html')]);
  expect([ended.code, ended.stderr.includes('--html: is of a comparison: needs --against')]).toEqual([
    2,
    true,
  ]);
});
