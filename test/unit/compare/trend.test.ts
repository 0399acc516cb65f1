import { describe, expect, it } from 'vitest';
import { measuresOf } from '../../../src/compare/trend-measures.js';
import { runOfTrend, type RunOfTrend } from '../../../src/compare/trend-runs.js';
import { trendSourceSchema } from '../../../src/compare/trend-source.js';
import { trendOf, type TrendInput } from '../../../src/compare/trend.js';
import { trendSchema, type ScenarioTrend } from '../../../src/model/trend.js';
import { renderTrend } from '../../../src/report/terminal-trend.js';
import { sparkline } from '../../../src/report/sparkline.js';
import { widthOf } from '../../../src/report/text-width.js';
import { plantedResult, type PlantedRun } from '../../support/planted-results.js';
import { nightly } from './noise.js';

const source = (run: PlantedRun, night = 0) => trendSourceSchema.parse(plantedResult(run, night));

function trend(nights: readonly PlantedRun[], measures: string[] = []): ScenarioTrend {
  const read = nights.map((night, at) => runOfTrend(`results/orders/night-${at}`, source(night, at)));
  const runs = read.filter((run): run is RunOfTrend => 'run' in run);
  const input: TrendInput = {
    scenario: 'orders',
    way: 'steps',
    runs: runs.toReversed(),
    leftOut: [],
    unread: 0,
  };
  const all = trendOf([input], { measures });
  expect(trendSchema.parse(JSON.parse(JSON.stringify(all)))).toEqual(all);
  return all.scenarios[0]!;
}

const measure = (one: ScenarioTrend, name: string) => one.measures.find((m) => m.measure === name)!;
const upgradeP99 = 'latency/create order/upgrade/p99';

describe('the measures of a result', () => {
  it('are latency by endpoint and phase, failures, locks, steps, downtime', () => {
    const measures = measuresOf(
      source({ p99Ms: 40, stepMs: 340, failed: 12, downMs: 3_000, longestWaitMs: 77 }),
    );
    expect(measures.get(upgradeP99)).toEqual({ unit: 'ms', value: 40 });
    expect(measures.get('latency/create order/soak/p50')).toEqual({ unit: 'ms', value: 4 });
    // Of upgrade, soak, rollback and recovery: 12 of 4 000.
    expect(measures.get('errors/create order')).toEqual({ unit: 'ratio', value: 0.003 });
    expect(measures.get('dropped')).toEqual({ unit: 'ratio', value: 0 });
    expect(measures.get('locks/longest wait')).toEqual({ unit: 'ms', value: 77 });
    expect(measures.get('locks/blocked')).toEqual({ unit: 's', value: 0.2 });
    expect(measures.get('steps/upgrade.add status/duration')).toEqual({ unit: 'ms', value: 340 });
    expect(measures.get('steps/upgrade.add status/retries')).toEqual({ unit: 'count', value: 0 });
    expect(measures.get('downtime')).toEqual({ unit: 's', value: 3 });
    expect([...measures.keys()].some((name) => name.includes('warmup'))).toBe(false);
  });

  it('are not there where they were not measured: never 0', () => {
    const result = source({ p99Ms: null });
    result.locks = null;
    result.steps[0]!.outcome = 'failed';
    delete result.verdict.downtime;
    const names = [...measuresOf(result).keys()];
    expect(names.filter((name) => /^(latency|locks|steps|downtime|rollback|ledger)/.test(name))).toEqual([]);
  });

  it('know drops as without end', () => {
    expect(measuresOf(source({ p99Ms: 'inf' })).get(upgradeP99)).toEqual({ unit: 'ms', value: 'inf' });
  });
});

describe('a run of a trend', () => {
  it('is left out by name where it says nothing of the system', () => {
    expect(runOfTrend('x', source({ ended: 'interrupted' }))).toMatchObject({ leftOut: 'interrupted' });
    expect(runOfTrend('x', source({ ended: 'broken' }))).toMatchObject({ leftOut: 'broken' });
    expect(runOfTrend('x', source({ verdict: 'INVALID' }))).toMatchObject({
      leftOut: 'INVALID: it cannot be told: the harness was late',
    });
    expect(runOfTrend('x', source({ verdict: 'NO-GO' }))).toHaveProperty('run.verdict', 'NO-GO');
  });
});

describe('a trend', () => {
  const commit = (night: number) => ({
    commit: `c${night}`.padEnd(40, '0'),
    branch: 'main',
    dirty: night === 25,
  });

  it('names the change, its levels, the results and revisions on its sides, and what else changed', () => {
    const p99 = nightly(1, 40, { levels: { 25: 1.5 } });
    const one = trend(
      p99.map((p99Ms, night) => ({
        p99Ms,
        revision: commit(night),
        postgres: night < 25 ? '18.3' : '18.4',
        stepMs: 200 + (night % 3),
      })),
    );
    const [change, ...more] = measure(one, upgradeP99).changes;
    expect(more).toEqual([]);
    expect(change).toMatchObject({
      at: 25,
      before: 24,
      direction: 'worse',
      stands: true,
      runsBefore: 25,
      runsAfter: 15,
      p: 1 / 2_000,
      alsoChanged: ['Postgres 18.3 → 18.4'],
    });
    expect(change!.magnitude).toBeGreaterThan(0.45);
    expect(change!.magnitude).toBeLessThan(0.55);
    expect(one.runs[change!.at]!.revision).toEqual({
      commit: `c25${'0'.repeat(37)}`,
      branch: 'main',
      dirty: true,
    });
    expect(measure(one, 'steps/upgrade.add status/duration').changes).toEqual([]);
    const text = renderTrend(
      { ...trendOf([], { measures: [] }), scenarios: [one] },
      { color: false, width: 120 },
    );
    expect(text).toContain('orders: 40 runs, 2026-06-01 to 2026-07-10');
    expect(text).toMatch(/✗ worse: latency\/create order\/upgrade\/p99 {2}\S+ ms → \d+ ms \(\+(4|5)\d/);
    expect(text).toContain('before  night-24, revision c24000000000\n');
    expect(text).toContain('after   night-25, revision c25000000000, changed files\n');
    expect(text).toContain('also    Postgres 18.3 → 18.4\n');
    // What changed between the same runs is told under them once.
    expect(text.match(/ before /g)).toHaveLength(1);
    expect(text).toContain(', p 0.0005, 25 and 15 runs');
  });

  it('does not say of a change that was mended that it stands', () => {
    const p99 = nightly(2, 60, { levels: { 20: 1.6, 40: 1 } });
    const { changes } = measure(trend(p99.map((p99Ms) => ({ p99Ms }))), upgradeP99);
    expect(changes.map(({ at, direction, stands }) => [at, direction, stands])).toEqual([
      [20, 'worse', false],
      [40, 'better', false],
    ]);
  });

  it('tells the runs by their numbers where some have no value', () => {
    const p99 = nightly(3, 50, { levels: { 30: 1.5 } });
    const gaps = new Set([4, 11, 28, 29]);
    const one = trend(p99.map((p99Ms, night) => ({ p99Ms: gaps.has(night) ? null : p99Ms })));
    expect(measure(one, upgradeP99).changes).toMatchObject([{ at: 30, before: 27, runsBefore: 26 }]);
    expect(measure(one, upgradeP99).values[28]).toBeNull();
  });

  it('takes drops that reach the percentile for worse than all that was measured', () => {
    const p99 = nightly(4, 40, {});
    const one = trend(p99.map((p99Ms, night) => ({ p99Ms: night >= 30 ? ('inf' as const) : p99Ms })));
    expect(measure(one, upgradeP99).changes).toMatchObject([
      { at: 30, direction: 'worse', medianAfter: 'inf', magnitude: null, stands: true },
    ]);
  });

  it('knows errors that come out of nothing', () => {
    const one = trend(
      Array.from({ length: 30 }, (_, night) => ({ failed: night >= 24 ? 3 + (night % 2) : 0 })),
    );
    expect(measure(one, 'errors/create order').changes).toMatchObject([
      { at: 24, direction: 'worse', medianBefore: 0, magnitude: null, stands: true },
    ]);
  });

  it.each([0, 1, 2, 15])('of %i runs can tell nothing, and says so', (length) => {
    const one = trend(Array.from({ length }, (_, night) => ({ p99Ms: night })));
    expect(one.state).toBe('too few');
    expect(one.measures.every(({ state, changes }) => state === 'too few' && changes.length === 0)).toBe(
      true,
    );
    const text = renderTrend(
      { ...trendOf([], { measures: [] }), scenarios: [one] },
      { color: false, width: 100 },
    );
    expect(text).toContain(
      length === 0 ? 'no measure: nothing can be told' : `too few runs to tell: ${length} of the 16`,
    );
    expect(text).not.toContain('no change');
  });

  it('says no change only of measures that had enough values', () => {
    const one = trend(Array.from({ length: 20 }, (_, night) => ({ p99Ms: night < 6 ? 20 : null })));
    expect(one.state).toBe('told');
    expect(measure(one, upgradeP99).state).toBe('too few');
    const text = renderTrend(
      { ...trendOf([], { measures: [] }), scenarios: [one] },
      { color: false, width: 100 },
    );
    expect(text).toMatch(/✓ no change of 8 measures, 20 more with too few values/);
  });

  it('keeps to the measures that were asked for', () => {
    const one = trend(
      Array.from({ length: 20 }, () => ({})),
      ['latency/*/p99', 'downtime'],
    );
    expect(new Set(one.measures.map((m) => m.measure.split('/').at(-1)))).toEqual(
      new Set(['p99', 'downtime']),
    );
  });

  it('prints no text of others as it is', () => {
    const evil = '\u001b[2J<script>\u202e|x\n\ny';
    const p99 = nightly(6, 30, { levels: { 15: 2 } });
    const one = trend(
      p99.map((p99Ms, night) => ({
        p99Ms,
        endpoints: [evil],
        revision: { commit: evil, branch: null, dirty: false },
        postgres: night < 15 ? 'a' : evil,
      })),
    );
    one.leftOut.push({ dir: `results/${evil}`, why: evil });
    for (const width of [40, 80, 200]) {
      const text = renderTrend(
        { ...trendOf([], { measures: [] }), scenarios: [{ ...one, scenario: evil }] },
        { color: false, width },
      );
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
      if (width > 60) for (const line of text.split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
    }
  });
});

describe('the newest results', () => {
  const dir = (night: number) => `results/orders/202606${String(night + 1).padStart(2, '0')}T020000Z-aa`;
  const of = (runs: readonly PlantedRun[], out: readonly number[]) => {
    const read = runs.map((night, at) => ({ at, run: runOfTrend(dir(at), source(night, at)) }));
    const input: TrendInput = {
      ...{ scenario: 'orders', way: 'steps', unread: 0 },
      runs: read.flatMap(({ at, run }) => ('run' in run && !out.includes(at) ? [run] : [])),
      leftOut: out.map((at) => ({ dir: dir(at), why: 'INVALID: planted' })),
    };
    const all = trendOf([input], { measures: [] });
    expect(trendSchema.parse(JSON.parse(JSON.stringify(all)))).toEqual(all);
    return { one: all.scenarios[0]!, text: renderTrend(all, { color: false, width: 200 }) };
  };
  const thirty = nightly(3, 28, {}).map((p99Ms): PlantedRun => ({ p99Ms }));

  it('say nothing where all three are left out: it could not tell', () => {
    const silent = of(thirty, [25, 26, 27]);
    expect(silent.one).toMatchObject({
      state: 'could not tell',
      because: 'the newest 3 results are all left out',
    });
    expect(silent.text).toContain('? could not tell: the newest 3 results are all left out');
    for (const out of [
      [26, 27],
      [24, 25, 26],
      [24, 25, 27],
    ])
      expect(of(thirty, out).one.state).toBe('told');
  });

  it('may lack a measure that older ones had: since when is said', () => {
    const gone = (from: number) =>
      thirty.map((run, at): PlantedRun => (at < from ? run : { ...run, p99Ms: null }));
    expect(of(gone(25), []).text).toContain(`? ${upgradeP99}: not measured since 20260625T020000Z-aa`);
    expect(of(gone(26), []).text).not.toContain('not measured since');
  });
});

describe('a sparkline', () => {
  it('goes from the smallest to the largest, and shows what is missing and what has no end', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
    expect(sparkline([5, null, 'inf', 5], 8)).toBe('▁·∞▁');
    expect(sparkline([1, 1, 9, 1, 1, 1], 3)).toBe('▁█▁');
    expect(sparkline([], 8)).toBe('');
  });
});
