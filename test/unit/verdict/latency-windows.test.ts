import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highestOf, indexOf } from '../../../src/histogram/layout.js';
import { exceeds, neededSamples } from '../../../src/verdict/exceedance.js';
import { judgedViewOf } from '../../../src/verdict/judged-view.js';
import { slidingWindows, stepWindow } from '../../../src/verdict/latency-windows.js';
import type { LatencyLimit } from '../../../src/model/latency-limits.js';
import { buildView, ran, s, sqlStep, type Planted } from './build-view.js';

const limit = (q: number, limitMs: number, overMs = 10_000): LatencyLimit => ({
  endpoint: 0,
  endpointName: 'read',
  percentile: `p${q * 100}`,
  q,
  limitMs,
  overMs,
});

describe('neededSamples and exceeds', () => {
  it('asks for 100, or one beyond the quantile', () => {
    expect(neededSamples(0.5)).toBe(100);
    expect(neededSamples(0.99)).toBe(100);
    expect(neededSamples(0.999)).toBe(1000);
    expect(neededSamples(1)).toBe(100);
  });

  it('lets p99 of 100 stand one over the limit, not two; max none', () => {
    expect(exceeds(0.99, 100, 1)).toBe(false);
    expect(exceeds(0.99, 100, 2)).toBe(true);
    expect(exceeds(0.99, 1000, 10)).toBe(false);
    expect(exceeds(0.99, 1000, 11)).toBe(true);
    expect(exceeds(1, 100, 0)).toBe(false);
    expect(exceeds(1, 100, 1)).toBe(true);
    expect(exceeds(0.5, 0, 0)).toBe(false);
  });

  it('is the quantile of the sorted samples, whatever they are', () => {
    const values = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(0.5, 0.9, 0.95, 0.99, 0.999, 1),
        fc.integer({ min: 0, max: 100 }),
        (all, q, at) => {
          const sorted = all.toSorted((a, b) => a - b);
          const rank = Math.max(1, Math.ceil(Math.round(q * sorted.length * 1e6) / 1e6));
          const over = sorted.filter((value) => value > at).length;
          expect(exceeds(q, sorted.length, over)).toBe((sorted[rank - 1] ?? 0) > at);
        },
      ),
    );
  });
});

describe('slidingWindows', () => {
  it('is the quantile of the raw requests of every window, drops as +∞', () => {
    const plans = fc.array(
      fc.record({
        ms: fc.integer({ min: 1, max: 2000 }),
        dropped: fc.boolean().map((yes) => yes && true),
      }),
      { minLength: 11, maxLength: 11 },
    );
    fc.assert(
      fc.property(plans, fc.constantFrom(0.5, 0.95, 0.99, 1), (bySecond, q) => {
        // Upgrade from second 1 to 5, soak to 10; one value a second for half of its requests, else 5 ms.
        const planted = (second: number, i: number): Planted => {
          const plan = bySecond[second];
          if (!plan || i % 2 === 0) return { ms: 5 };
          return plan.dropped && i % 4 === 1 ? { ms: 0, end: 'dropped' } : { ms: plan.ms };
        };
        const view = judgedViewOf(
          buildView({
            perSecond: 20,
            phases: { warmup: 0, baseline: 1, upgrade: 4, soak: 5, rollback: 0, recovery: 0 },
            request: (_, second, i) => planted(second, i),
          }),
        );
        const windows = slidingWindows(view, limit(q, 250, 6000));
        expect(windows.map(({ fromUs, toUs }) => [fromUs / s, toUs / s])).toEqual([
          [1, 7],
          [2, 8],
          [3, 9],
          [4, 10],
        ]);
        for (const window of windows) {
          const values: number[] = [];
          for (let second = window.fromUs / s; second < window.toUs / s; second++) {
            for (let i = 0; i < 20; i++) {
              const { ms, end } = planted(second, i);
              values.push(end === 'dropped' ? Infinity : highestOf(indexOf(ms * 1000)));
            }
          }
          values.sort((a, b) => a - b);
          const rank = Math.max(1, Math.ceil(Math.round(q * values.length * 1e6) / 1e6));
          expect(window.quantileUs).toBe(values[rank - 1]);
          expect(window.violates).toBe((values[rank - 1] ?? 0) > highestOf(indexOf(250_000)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('crosses phases, so that a short upgrade is judged with what follows it', () => {
    const view = judgedViewOf(
      buildView({
        phases: { warmup: 0, baseline: 5, upgrade: 0.2, soak: 10, rollback: 0, recovery: 0 },
        request: (_, __, ___, phase) => (phase === 'upgrade' ? { ms: 900 } : undefined),
      }),
    );
    const [first, ...rest] = slidingWindows(view, limit(0.99, 250, 5000));
    expect(first).toMatchObject({ fromUs: 5 * s, over: 10, violates: true });
    expect(rest.every(({ violates }) => !violates)).toBe(true);
  });

  it('counts what the end of the run cut off at what it had waited', () => {
    const view = judgedViewOf(
      buildView({
        phases: { warmup: 0, baseline: 5, upgrade: 5, soak: 10, rollback: 0, recovery: 0 },
        request: (_, second, i) => (second === 10 && i < 10 ? { ms: 0, end: 'aborted' } : undefined),
      }),
    );
    const worst = slidingWindows(view, limit(1, 250)).reduce((a, b) =>
      a.quantileUs >= b.quantileUs ? a : b,
    );
    // Intended by the end of second 10 at the latest, and still under way when the traffic ended at second 20.
    expect(worst).toMatchObject({ quantileUs: highestOf(indexOf(9 * s)), violates: true, over: 10 });
  });
});

describe('stepWindow', () => {
  const step = sqlStep('upgrade', 'noop', ['select 1']);

  it('runs to 10 s after the step, and on until there are samples enough', () => {
    const view = judgedViewOf(buildView({ perSecond: 10 }));
    const record = ran(step, 23 * s + 400_000, 24 * s + 100_000);
    // [23, 35) is 12 s × 10; the window begins with the step, and takes second 23 in whole.
    expect(stepWindow(view, limit(0.99, 250), record)).toMatchObject({
      fromUs: record.fromUs,
      toUs: 35 * s,
      n: 120,
    });
    expect(stepWindow(view, limit(0.999, 250), record)).toBeUndefined();
    const sparse = judgedViewOf(buildView({ perSecond: 5 }));
    expect(stepWindow(sparse, limit(0.99, 250), record)).toMatchObject({ toUs: 43 * s, n: 100 });
  });

  it('holds every request that overlaps it, and none that ended a second before it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 22_000, max: 30_000 }),
        fc.array(fc.tuple(fc.integer({ min: 2, max: 34 }), fc.integer({ min: 1, max: 20_000 })), {
          maxLength: 60,
        }),
        (fromMs, requests) => {
          const view = judgedViewOf(
            buildView({
              phases: { warmup: 2, baseline: 18, upgrade: 15, soak: 20, rollback: 0, recovery: 0 },
              perSecond: 70,
              request: (_, second, i) => ({
                ms: requests.filter((request) => request[0] === second)[i]?.[1] ?? 0.2,
              }),
            }),
          );
          const window = stepWindow(view, limit(1, 0.5), ran(step, fromMs * 1000, fromMs * 1000 + 100_000));
          const [first, end] = [Math.floor(fromMs / 1000), (window?.toUs ?? 0) / s];
          const inside = requests.filter(([second]) => second >= first && second < end).length;
          const counted = (window?.over ?? 0) - inside;
          const before = requests.filter(([second]) => second < first);
          // Intended at the very end of its second at the latest, at its very start at the earliest.
          const may = before.filter(([second, ms]) => (second + 1) * 1000 + ms * 1.002 >= fromMs).length;
          const must = before.filter(([second, ms]) => second * 1000 + ms >= fromMs).length;
          expect(counted).toBeGreaterThanOrEqual(must);
          expect(counted).toBeLessThanOrEqual(may);
        },
      ),
      { numRuns: 60 },
    );
  });
});
