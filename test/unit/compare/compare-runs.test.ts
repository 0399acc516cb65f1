import { describe, expect, test } from 'vitest';
import { compareRuns, type CompareOptions } from '../../../src/compare/compare-runs.js';
import { parseGate } from '../../../src/compare/gates.js';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import type { RunProfile } from '../../../src/compare/profile/run-profile.js';
import { comparisonSchema, type ComparisonCell } from '../../../src/model/comparison.js';
import type { ResultView } from '../../../src/model/result.js';
import { simulatedRun, verdictOf, type Simulated } from '../../support/simulated-runs.js';
import { buildView, type Planting } from '../verdict/build-view.js';

const options: CompareOptions = {
  margin: 0.1,
  detect: 0.1,
  gates: [],
  variance: undefined,
  includeInvalid: false,
  seed: 1,
};
const p99 = { latency: { p99: '250ms' } };

/** Interleaved: the baseline at even minutes, the candidate at odd ones. */
function arms(
  n: number,
  of: Partial<Simulated> & { factor?: number } = {},
  draw = 0,
): [RunProfile[], RunProfile[]] {
  const { factor = 1, ...rest } = of;
  const usual = { ratePerSecond: 100, seconds: 30, runSd: 0.04, objectives: p99, ...rest };
  const arm = (side: number, by: number) =>
    Array.from({ length: n }, (_, i) =>
      simulatedRun({
        ...usual,
        draw: draw * 1000 + i * 2 + side + 1,
        seed: i + 1,
        startedAtMin: i * 2 + side,
        factor: by,
      }),
    );
  return [arm(0, 1), arm(1, factor)];
}

function cellOf(cells: readonly ComparisonCell[], percentile: string, phase = 'soak'): ComparisonCell {
  return cells.find((cell) => cell.percentile === percentile && cell.phase === phase)!;
}

function planted(planting: Planting, about: Partial<ResultView['manifest']> = {}, seed = 1): RunProfile {
  const view = buildView(planting);
  const at = { ...view, manifest: { ...view.manifest, ...about }, plan: { ...view.plan, seed } };
  return profileRun(at, verdictOf('GO'), { dir: about.id ?? 'x' });
}

describe('what was planted', () => {
  test('+20% on every request: p99 regressed, its interval covers 20%, exit verdict regressed', () => {
    const [a, b] = arms(8, { factor: 1.2 });
    const found = compareRuns(a, b, options);
    const cell = cellOf(found.cells, 'p99');
    expect(cell.gate).toBe(true);
    expect(cell.answer).toBe('regressed');
    expect(cell.test!.interval!.low).toBeLessThan(0.2);
    expect(cell.test!.interval!.high).toBeGreaterThan(0.2);
    expect(cell.test!.method).toBe('paired runs');
    expect(found.design).toMatchObject({
      pairing: 'paired by seed',
      interleaved: true,
      relabellings: 256,
      gates: 1,
    });
    expect(found.verdict).toBe('regressed');
    expect(comparisonSchema.parse(JSON.parse(JSON.stringify(found)))).toMatchObject({ verdict: 'regressed' });
  });

  test('−20%: improved, and nothing is worse', () => {
    const [a, b] = arms(8, { factor: 0.8 });
    const found = compareRuns(a, b, options);
    expect(cellOf(found.cells, 'p99').answer).toBe('improved');
    expect(found.verdict).toBe('nothing worse');
  });

  test('+2% for sure is equivalent at a margin of 10%, and regressed at one of 1%', () => {
    const [a, b] = arms(8, { factor: 1.02, runSd: 0, seconds: 60 });
    expect(cellOf(compareRuns(a, b, options).cells, 'p50').answer).toBe('equivalent');
    // The seconds' own level makes two runs differ by some percent even without an effect of the run.
    const [c, d] = arms(8, { factor: 1.2, runSd: 0, seconds: 60 });
    expect(cellOf(compareRuns(c, d, { ...options, margin: 0.01 }).cells, 'p50').answer).toBe('regressed');
  });

  test('other seeds: two samples, the same answer', () => {
    const [a, b] = arms(8, { factor: 1.25 });
    const other = b.map((run) => ({ ...run, run: { ...run.run, seed: run.run.seed + 100 } }));
    const found = compareRuns(a, other, options);
    expect(found.design).toMatchObject({ pairing: 'two samples', relabellings: 12_870 });
    expect(cellOf(found.cells, 'p99')).toMatchObject({
      answer: 'regressed',
      test: { method: 'two samples of runs' },
    });
  });

  test('A/A: at most 5 of 100 comparisons find a regression anywhere', () => {
    let regressed = 0;
    for (let draw = 1; draw <= 100; draw++) {
      const [a, b] = arms(6, { seconds: 20 }, draw);
      if (compareRuns(a, b, options).verdict === 'regressed') regressed += 1;
    }
    expect(regressed).toBeLessThanOrEqual(5);
  });
});

describe('too little to tell', () => {
  test('fewer than 100 samples beyond a quantile: refused, whatever they show', () => {
    const [a, b] = arms(8, { factor: 3, seconds: 10 });
    // 8 runs × 1 000 requests: 80 beyond p99.
    const cell = cellOf(compareRuns(a, b, options).cells, 'p99');
    expect(cell).toMatchObject({ answer: 'refused', test: null });
    expect(cell.reason).toBe('too few samples: 80 beyond it on a side, 100 needed');
  });

  test('one run a side: never an answer, labelled within-run only, three times slower or not', () => {
    const [a, b] = arms(1, { factor: 3, seconds: 120 });
    const found = compareRuns(a, b, options);
    const cell = cellOf(found.cells, 'p99');
    expect(cell).toMatchObject({
      answer: 'inconclusive',
      test: { method: 'within-run only', permutationP: null },
    });
    expect(cell.reason).toContain('within-run only');
    expect(cell.test!.interval!.low).toBeGreaterThan(1);
    expect(found.verdict).toBe('could not tell');
  });

  test('one run a side with an A/A variance: the gate regressed at +60%, not at +15%; what is no gate never', () => {
    const cells = ['p50', 'p99'].map((percentile) => ({
      endpoint: 'read',
      phase: 'soak' as const,
      percentile,
      sdLog: 0.05,
      df: 39,
    }));
    const variance = { schema: 'dten.run-variance/1' as const, scenario: 'planted', runs: 40, cells };
    const with60 = compareRuns(...arms(1, { factor: 1.6, seconds: 120 }), { ...options, variance });
    expect(cellOf(with60.cells, 'p99')).toMatchObject({
      answer: 'regressed',
      test: { method: 'A/A variance' },
    });
    expect(cellOf(with60.cells, 'p50')).toMatchObject({
      answer: 'inconclusive',
      reason: 'too few runs, and no gate',
    });
    expect(with60.verdict).toBe('regressed');
    const alone = compareRuns(...arms(1, { factor: 1.6, seconds: 120 }), options).cells;
    const width = (cell: ComparisonCell) =>
      Math.log1p(cell.test!.interval!.high) - Math.log1p(cell.test!.interval!.low);
    // The run-to-run part alone: 2 × t(39) × 0.05 × √2 = 0.286.
    expect(width(cellOf(with60.cells, 'p99'))).toBeGreaterThan(0.286);
    expect(width(cellOf(with60.cells, 'p99'))).toBeGreaterThan(width(cellOf(alone, 'p99')));
    const with15 = compareRuns(...arms(1, { factor: 1.15, seconds: 120 }), { ...options, variance });
    expect(cellOf(with15.cells, 'p99').answer).toBe('inconclusive');
  });

  test('two pairs: no answer, since two differences know nothing of their spread', () => {
    const found = compareRuns(...arms(2, { factor: 1.5, seconds: 60 }), options);
    expect(cellOf(found.cells, 'p99')).toMatchObject({ answer: 'inconclusive' });
    expect(cellOf(found.cells, 'p99').reason).toBe('2 pairs: at least 3 are needed, 6 to permute');
    expect(found.verdict).toBe('could not tell');
  });

  test('all inconclusive: could not tell, with the number of runs that it would take', () => {
    const [a, b] = arms(6, { runSd: 0.2 });
    const found = compareRuns(a, b, options);
    expect(found.verdict).toBe('could not tell');
    expect(found.because).toEqual(['none of 1 gated quantiles got an answer']);
    const { sd, runsNeeded } = cellOf(found.cells, 'p99').test!;
    // (1.96 + 0.84)² sd² ÷ ln(1.1)², with the upper 80% limit of an sd of 5 df: √(5 ÷ 2.343) times as large.
    const normal = ((2.8 * sd!) ** 2 / Math.log(1.1) ** 2) * (5 / 2.343);
    expect(runsNeeded).toBeGreaterThanOrEqual(Math.floor(normal * 0.98));
    expect(runsNeeded).toBeLessThanOrEqual(normal * 1.02 + 5);
  });

  test('drops reach p99 in every candidate run: regressed by rank, and the change is no number', () => {
    const [a] = arms(6);
    const b = Array.from({ length: 6 }, (_, i) =>
      simulatedRun({
        ...{ draw: 500 + i, seed: i + 1, startedAtMin: i * 2 + 1, ratePerSecond: 100, seconds: 30 },
        ...{ runSd: 0.04, objectives: p99, dropped: 0.02 },
      }),
    );
    const cell = cellOf(compareRuns(a, b, options).cells, 'p99');
    expect(cell).toMatchObject({ answer: 'regressed', candidate: { typicalMs: 'inf', pooledMs: 'inf' } });
    expect(cell.test).toMatchObject({ method: 'ranks of runs', change: null, interval: null, p: 2 / 64 });
    const both = compareRuns(
      b,
      b.map((run) => ({ ...run })),
      options,
    );
    expect(cellOf(both.cells, 'p99').answer).toBe('inconclusive');
  });
});

describe('what can be compared', () => {
  const steady: Planting = { perSecond: 20, phases: { warmup: 0 } };

  test('other endpoints: those of both are compared, the rest listed; none in common is void', () => {
    const one = planted({
      ...steady,
      endpoints: { read: { request: { path: '/' } }, old: { request: { path: '/o' } } },
    });
    const two = planted({
      ...steady,
      endpoints: { read: { request: { path: '/' } }, new: { request: { path: '/n' } } },
    });
    const found = compareRuns([one], [two], options);
    expect(found.onlyIn).toEqual({ baseline: ['old'], candidate: ['new'] });
    expect(new Set(found.cells.map(({ endpoint }) => endpoint))).toEqual(new Set(['read']));
    const other = planted({
      ...steady,
      endpoints: { x: { request: { path: '/' } }, y: { request: { path: '/' } } },
    });
    const none = compareRuns([one], [other], options);
    expect(none.verdict).toBe('could not tell');
    expect(none.cells).toEqual([]);
    expect(none.because[0]).toContain('void: endpoints: none is on both sides');
  });

  test('another rate or scenario is void; another machine is a warning; another table size a note', () => {
    const fingerprint = {
      ...{
        dten: '1',
        node: 'v20',
        platform: 'linux',
        cpus: 2,
        cpuModel: 'A',
        memoryBytes: 1e9,
        provide: 'embedded',
      },
      ...{ postgres: '18', settings: { work_mem: '4MB' }, tables: { orders: { rows: 1000, bytes: 8192 } } },
    };
    const base = { ...planted(steady), fingerprint };
    const weightsAgainst = (other: RunProfile) =>
      compareRuns([base], [other], options).differences.map(({ weight, what }) => `${weight} ${what}`);
    expect(weightsAgainst({ ...base })).toEqual([]);
    expect(weightsAgainst(planted({ ...steady, perSecond: 30 }))).toContain('void offered rate');
    expect(weightsAgainst({ ...base, run: { ...base.run, scenario: 'other' } })).toEqual(['void scenario']);
    const moved = { ...fingerprint, cpuModel: 'B', settings: { work_mem: '8MB', jit: 'on' } };
    expect(weightsAgainst({ ...base, fingerprint: moved })).toEqual([
      'warning cpu',
      'note setting jit',
      'note setting work_mem',
    ]);
    const grown = { ...fingerprint, tables: { orders: { rows: 1100, bytes: 8192 } } };
    expect(weightsAgainst({ ...base, fingerprint: grown })).toEqual(['note table orders']);
  });

  test('INVALID and cut short runs are named and left out; with none left it cannot tell', () => {
    const [a, b] = arms(6);
    const invalid = { ...b[0]!, unfit: 'INVALID: the harness was late' };
    const found = compareRuns(a, [invalid, ...b.slice(1)], options);
    expect(found.runs.filter(({ leftOut }) => leftOut !== undefined)).toMatchObject([
      { side: 'candidate', leftOut: 'INVALID: the harness was late' },
    ]);
    expect(found.design.runs).toEqual({ baseline: 6, candidate: 5 });
    const all = compareRuns(a, [invalid], options);
    expect(all.verdict).toBe('could not tell');
    expect(all.because).toEqual(['no run of the candidate counts: all are INVALID or incomplete']);
    const included = compareRuns(a, [invalid, ...b.slice(1)], { ...options, includeInvalid: true });
    expect(included.design.runs).toEqual({ baseline: 6, candidate: 6 });
    expect(included.runs.find(({ doubts }) => doubts.length > 0)?.doubts).toEqual([
      'INVALID: the harness was late',
    ]);
  });

  test('one side after the other: said, since a drift would look like a change', () => {
    const [a, b] = arms(6);
    const later = b.map((run) => ({
      ...run,
      run: { ...run.run, startedAt: `2027${run.run.startedAt.slice(4)}` },
    }));
    expect(compareRuns(a, b, options).differences.map(({ what }) => what)).toEqual([]);
    expect(compareRuns(a, later, options).differences[0]?.what).toContain('one side ran after the other');
  });

  test('--gate takes endpoint, percentile and phase', () => {
    const gate = parseGate('read*:p90@soak')!;
    const found = compareRuns(...arms(6), { ...options, gates: [gate] });
    expect(found.cells.filter((cell) => cell.gate).map(({ percentile }) => percentile)).toEqual([
      'p90',
      'p99',
    ]);
    expect(parseGate('a:b:p99.9')?.endpoint.test('a:b')).toBe(true);
    for (const wrong of ['', 'max', 'p0', 'p99@upgrade', 'read', 'p999'])
      expect(parseGate(wrong)).toBeUndefined();
  });
});

test('1 000 endpoints, 6 runs a side: every cell judged, in work that grows with them and not with their square', () => {
  const endpoints = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => [`e${i}`, { request: { path: `/${i}` } }]),
  );
  const short = { warmup: 0, baseline: 0, upgrade: 1, soak: 1, rollback: 0, recovery: 0 };
  const run = planted({ endpoints, perSecond: 1, phases: short });
  const copies = (from: number) =>
    Array.from({ length: 6 }, (_, i) => ({
      ...run,
      run: { ...run.run, id: `${from}-${i}`, startedAt: `2026-01-01T00:0${i}:0${from}` },
      // As if each second had been a thousand: enough for every quantile but p99.9.
      phases: new Map(
        [...run.phases].map(([key, one]) => [
          key,
          { ...one, samples: 4_000, counts: { index: one.counts.index, count: [4_000] } },
        ]),
      ),
    }));
  const found = compareRuns(copies(0), copies(1), options);
  expect(found.cells).toHaveLength(4_000);
  expect(found.cells.filter(({ answer }) => answer === 'equivalent')).toHaveLength(3_000);
  expect(found.cells.filter(({ answer }) => answer === 'refused')).toHaveLength(1_000);
});
