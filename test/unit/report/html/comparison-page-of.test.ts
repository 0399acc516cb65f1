import { expect, test } from 'vitest';
import { compareRuns, type CompareOptions } from '../../../../src/compare/compare-runs.js';
import { profileRun } from '../../../../src/compare/profile/profile-run.js';
import { formatCount } from '../../../../src/foundation/units.js';
import { comparisonPageOf } from '../../../../src/report/html/comparison/comparison-page-of.js';
import { renderPage } from '../../../../src/report/html/render-page.js';
import { simulatedRun, verdictOf } from '../../../support/simulated-runs.js';
import { buildView } from '../../verdict/build-view.js';

const options: CompareOptions = {
  ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
};

function simulated(factor: number, side: number, n = 6, more: { runSd?: number; dropped?: number } = {}) {
  return Array.from({ length: n }, (_, i) =>
    simulatedRun({
      ...{ draw: i * 2 + side + 1, seed: i + 1, startedAtMin: i * 2 + side, ratePerSecond: 100 },
      ...{ seconds: 30, runSd: 0.04, factor, objectives: { latency: { p99: '250ms' } }, ...more },
    }),
  );
}

const soakOf = (page: ReturnType<typeof comparisonPageOf>) =>
  page.endpoints[0]!.phases.find(({ phase }) => phase === 'soak')!;
const columnOf = (page: ReturnType<typeof comparisonPageOf>, title: string) =>
  page.gates!.columns.findIndex((column) => column.title === title);

test('the figures of the comparison, as ratios to draw and as words', () => {
  const comparison = compareRuns(simulated(1, 0), simulated(1.5, 1), options);
  const page = comparisonPageOf(comparison);
  expect(page).toMatchObject({ verdict: 'regressed', isVoid: false, scenario: 'planted', marginRatio: 1.1 });
  expect(page.because[0]).toBe('1 of 2 gates regressed');
  expect(page.restsOn).toBe('6 runs against 6 of the baseline, paired by seed, interleaved, margin 10%');
  const row = soakOf(page).rows.find(({ percentile }) => percentile === 'p99')!;
  const { test: of, ...cell } = comparison.cells.find((one) => one.percentile === 'p99')!;
  expect(row).toMatchObject({ gate: true, answer: 'regressed', ratio: 1 + of!.change! });
  expect(row.ratio).toBeCloseTo(1.5, 0);
  expect(row.interval).toEqual({ low: 1 + of!.interval!.low, high: 1 + of!.interval!.high });
  expect(row.equivalence).toEqual({ low: 1 + of!.equivalence!.low, high: 1 + of!.equivalence!.high });
  expect(row.equivalence!.low).toBeGreaterThan(row.interval!.low);
  expect(row.values).toMatch(/^[\d.]+ ms → [\d.]+ ms$/);
  expect(row.runs.candidate.split(', ')).toHaveLength(cell.candidate.valuesMs.length);
  expect(page.gates!.rows[0]).toMatchObject({ bad: true });
  expect(page.gates!.rows[0]!.cells[columnOf(page, 'answer')]).toBe('✗ regressed');
});

test('inconclusive and refused are said as such, with the runs an answer takes or why there is none', () => {
  const spread = compareRuns(simulated(1, 0, 6, { runSd: 0.2 }), simulated(1, 1, 6, { runSd: 0.2 }), options);
  const { runsNeeded } = spread.cells.find(({ gate }) => gate)!.test!;
  const page = comparisonPageOf(spread);
  const cells = page.gates!.rows[0]!.cells;
  expect(cells[columnOf(page, 'answer')]).toBe('? inconclusive');
  expect(cells[columnOf(page, 'why')]).toContain(`${formatCount(runsNeeded!)} pairs of runs to see +10%`);
  const few = comparisonPageOf(compareRuns(simulated(1, 0, 2), simulated(3, 1, 2), options));
  const refused = soakOf(few).rows.find(({ percentile }) => percentile === 'p99')!;
  expect(refused).toMatchObject({ answer: 'refused', ratio: null, interval: null, equivalence: null });
  expect(refused.note).toContain('too few samples: 60 beyond it on a side, 100 needed');
  expect(few.notices.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/gates? without an answer: this is not a pass of them/),
  );
});

test('drops are ∞ from their share on, and no share is drawn that no request lies beyond', () => {
  const page = comparisonPageOf(compareRuns(simulated(1, 0), simulated(1, 1, 6, { dropped: 0.02 }), options));
  const [baseline, candidate] = soakOf(page).curves;
  expect([baseline!.side, baseline!.drops, candidate!.side]).toEqual(['baseline', 0, 'candidate']);
  expect(candidate!.drops).toBeGreaterThan(300);
  const of = (share: number) => candidate!.quantiles.find(([at]) => at === share)![1];
  expect(of(0.97)).toBeGreaterThan(0);
  expect([of(0.99), of(1)]).toEqual([null, null]);
  // 18 000 requests a side: 1.8 beyond 99.99%.
  expect(baseline!.quantiles.at(-2)![0]).toBe(0.9999);
  const small = comparisonPageOf(compareRuns(simulated(1, 0, 1), simulated(1, 1, 1), options));
  expect(soakOf(small).curves[0]!.quantiles.at(-2)![0]).toBe(0.9995);
});

test('void: said first, and nothing is drawn', () => {
  const one = simulated(1, 0, 1);
  const other = simulated(1, 1, 1).map((run) => ({ ...run, run: { ...run.run, scenario: 'other' } }));
  const comparison = compareRuns(one, other, options);
  const page = comparisonPageOf({
    ...comparison,
    ...{ cells: [], measures: [], curves: [], verdict: 'could not tell' },
    differences: [{ weight: 'void', what: 'scenario', baseline: 'planted', candidate: 'other' }],
  });
  expect(page).toMatchObject({ isVoid: true, endpoints: [], gates: null, changed: null, groups: [] });
  expect(page.notices[0]).toEqual({
    weight: 'bad',
    text: 'VOID: the two cannot be compared. scenario differs: planted against other',
  });
});

test('runs left out are named, and counted at the top', () => {
  const [first, ...rest] = simulated(1, 0);
  const comparison = compareRuns([{ ...first!, unfit: 'INVALID: late' }, ...rest], simulated(1, 1), options);
  const page = comparisonPageOf(comparison);
  expect(page.notices.map(({ text }) => text)).toContain('1 run left out: see the runs');
  const left = page.runs.rows.filter(({ cells }) => cells[1] === 'LEFT OUT');
  expect(left.map(({ cells }) => cells.at(-1))).toEqual(['INVALID: late']);
});

const hostile = '</script><script>alert(1)</script>\u001b[31m\n<img src=x onerror=alert(2)>';

test('hostile names stay text: no control character, and nothing that ends the block they stand in', () => {
  const view = buildView({ endpoints: { [hostile]: { request: { path: '/' } } }, perSecond: 20 });
  const named = { ...view, manifest: { ...view.manifest, scenario: hostile } };
  const run = profileRun(named, verdictOf('NO-GO', hostile), { dir: `/results/${hostile}` });
  const page = comparisonPageOf(compareRuns([run], [run], options));
  expect(JSON.stringify(page)).not.toContain('\\u001b');
  expect(page.endpoints[0]!.name).toContain('<img src=x onerror=alert(2)>');
  const assets = { script: '0', style: '', scriptSha256: '', styleSha256: '' };
  const html = renderPage({ title: page.scenario, data: page, assets, withoutScript: page.because });
  expect(html).not.toContain('<img');
  expect(html.match(/<script/g)).toHaveLength(2);
});
