import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Comparison } from '../../src/model/comparison.js';
import type { Manifest } from '../../src/model/result.js';
import { dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

test('--repeat 2 --against: the two plans in turn, ABBA, seeds in pairs, and then the comparison', async () => {
  const folder = smallScenario({
    blocks: { timeline: '{ warmup: 1s, baseline: 2s, soak: 3s, recovery: 1s }' },
  });
  const results = join(folder, 'results');
  const before = await dten(['rehearse', folder, '--results', results, '--soak', '2s', '--json']);
  const { paths } = JSON.parse(before.stdout) as { paths: { dir: string } };

  const args = ['--repeat', '2', '--against', paths.dir, '--results', results, '--json'];
  const ended = await dten(['rehearse', folder, '--seed', '7', ...args]);
  const found = JSON.parse(ended.stdout) as Comparison;
  const ran = [...ended.stderr.matchAll(/^(?:GO|NO-GO|INVALID): (\/.*)$/gm)].map(([, dir]) => {
    const { plan } = JSON.parse(readFileSync(join(dir!, 'manifest.json'), 'utf8')) as Manifest;
    return [plan.phaseMs.soak, plan.seed, plan.scenario.seed];
  });
  expect(ran).toEqual([
    [2_000, 7, 7],
    [3_000, 7, 7],
    [3_000, 8, 8],
    [2_000, 8, 8],
  ]);
  expect(found.runs.map(({ side, seed }) => `${side} ${seed}`).sort()).toEqual([
    'baseline 7',
    'baseline 8',
    'candidate 7',
    'candidate 8',
  ]);
  // Two pairs are too few for any answer.
  expect([ended.code, found.verdict]).toEqual([3, 'could not tell']);
  if (found.design.pairing !== 'none') {
    expect(found.differences.map(({ what }) => what)).toContain('length of soak');
  }
});

test('--repeat alone, with no number, or against another scenario: exit 2', async () => {
  const alone = await dten(['rehearse', 'x', '--repeat', '3']);
  expect([alone.code, alone.stderr.includes('--repeat: needs --against')]).toEqual([2, true]);
  const none = await dten(['rehearse', 'x', '--repeat', '0', '--against', 'y']);
  expect([none.code, none.stderr.includes('expected a number of pairs')]).toEqual([2, true]);
});
