import { expect, test } from 'vitest';
import { compareRuns, type CompareOptions } from '../../../src/compare/compare-runs.js';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import { renderComparisonMarkdown } from '../../../src/report/comparison-markdown.js';
import { renderComparison } from '../../../src/report/comparison-terminal.js';
import { relativeText, valueText } from '../../../src/report/comparison-text.js';
import { widthOf } from '../../../src/report/text-width.js';
import { formatCount } from '../../../src/foundation/units.js';
import { simulatedRun, verdictOf } from '../../support/simulated-runs.js';
import { buildView } from '../verdict/build-view.js';

const options: CompareOptions = {
  ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};
const plainText = { color: false, width: 110 };

function simulated(factor: number, side: number, n = 6, runSd = 0.04) {
  return Array.from({ length: n }, (_, i) =>
    simulatedRun({
      ...{ draw: i * 2 + side + 1, seed: i + 1, startedAtMin: i * 2 + side, ratePerSecond: 100 },
      ...{ seconds: 30, runSd, factor, objectives: { latency: { p99: '250ms' } } },
    }),
  );
}

test('terminal: verdict, gate, change with its interval, and every line within the width', () => {
  const text = renderComparison(compareRuns(simulated(1, 0), simulated(1.5, 1), options), plainText);
  expect(text).toMatch(
    /^REGRESSED {2}planted: 6 runs against 6 of the baseline, paired by seed, interleaved, margin 10%/,
  );
  expect(text).toContain('1 of 2 gates regressed');
  expect(text).toMatch(/read p99 in soak +\S+ ms +\S+ ms +\+\d+% +\+\d+% … \+\d+% +REGRESSED/);
  for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(110);
});

test('a gate without an answer is called that, with the runs it would take, in both renderings', () => {
  const found = compareRuns(simulated(1, 0, 2), simulated(3, 1, 2), options);
  for (const text of [renderComparison(found, plainText), renderComparisonMarkdown(found)]) {
    expect(text.toLowerCase()).toContain('could not tell');
    expect(text).toContain('1 gate without an answer: this is not a pass of them');
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(/too few samples: 60 beyond it on a side, 100 needed/);
  }
  const spread = compareRuns(simulated(1, 0, 6, 0.2), simulated(1, 1, 6, 0.2), options);
  const { runsNeeded } = spread.cells.find(({ gate }) => gate)!.test!;
  expect(renderComparison(spread, plainText).replaceAll(/\s+/g, ' ')).toContain(
    `${formatCount(runsNeeded!)} pairs of runs to see +10% with power 80%`,
  );
});

test('quiet: the gates and what regressed, and nothing of the rest', () => {
  const text = renderComparison(compareRuns(simulated(1, 0), simulated(1, 1), options), {
    ...plainText,
    quiet: true,
  });
  expect(text).toContain('Gates');
  expect(text).not.toContain('Server');
  expect(text).not.toContain('Runs of the');
});

const hostile = 'a|b `x` <script>alert(1)</script>\u001b[31m\nnext **bold** ![i](http://x) $(rm)';

test('hostile names: no escape, no line, no markup of theirs gets through', () => {
  const view = buildView({ endpoints: { [hostile]: { request: { path: '/' } } }, perSecond: 20 });
  const named = {
    ...view,
    manifest: {
      ...view.manifest,
      scenario: hostile,
      revision: { commit: hostile, branch: hostile, dirty: true },
    },
  };
  const one = profileRun(named, verdictOf('NO-GO', hostile), { dir: `/results/${hostile}` });
  const other = { ...one, unfit: `INVALID: ${hostile}`, endpoints: [...one.endpoints, `${hostile}2`] };
  const found = compareRuns([one], [{ ...other, unfit: undefined }, other], options);
  const terminal = renderComparison(found, plainText);
  expect(terminal).not.toContain('\u001b');
  expect(terminal).not.toMatch(/^next/m);
  const markdown = renderComparisonMarkdown(found);
  expect(markdown).not.toContain('<script');
  expect(markdown).not.toContain('**bold**');
  expect(markdown).not.toContain('![i]');
  expect(markdown).not.toContain('\u001b');
  for (const line of markdown.split('\n').filter((text) => text.startsWith('| a&#124;b'))) {
    expect(line.split(' | ')).toHaveLength(6);
  }
});

test.each([
  [0.183, '+18%'],
  [-0.0512, '−5.1%'],
  [0.0004, '+0.04%'],
  [0, '0%'],
  [1.4, '+140%'],
  [3.2, '×4.2'],
])('a change of %f is %s', (change, text) => {
  expect(relativeText(change)).toBe(text);
});

test.each([
  [3.5, 's', false, '3.5 s'],
  [0, 's', false, '0 s'],
  [-2, 'count', true, '−2'],
  [0.02, 'ratio', true, '+2% points'],
  [2048, 'bytes', true, '+2 kB'],
  [12_345.6, 'request·s', false, '12 346 req·s'],
  [null, 'ms', false, '–'],
] as const)('%s %s (signed %s) is %s', (value, unit, signed, text) => {
  expect(valueText(value, unit, signed)).toBe(text);
});
