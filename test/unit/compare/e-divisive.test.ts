import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eDivisiveDefaults,
  findChangePoints,
  leastRuns,
  type EDivisiveOptions,
} from '../../../src/compare/e-divisive.js';
import { bestSplit, splitRoom } from '../../../src/compare/energy-split.js';
import { median, withoutOutliers } from '../../../src/compare/order-statistics.js';
import { splitSignificance } from '../../../src/compare/split-significance.js';
import { autocorrelated, nightly } from './noise.js';

const options: EDivisiveOptions = { ...eDivisiveDefaults, name: 'latency/x/soak/p99' };
const find = (values: number[], changed: Partial<EDivisiveOptions> = {}) =>
  findChangePoints(values, { ...options, ...changed });
const indexes = (values: number[], changed?: Partial<EDivisiveOptions>) =>
  find(values, changed).map(({ at }) => at);

/** The statistic written out: means over all pairs. */
function plainQ(x: readonly number[], y: readonly number[]): number {
  const pairs = (values: readonly number[]) => {
    let sum = 0;
    for (let i = 0; i < values.length; i++)
      for (let j = 0; j < i; j++) sum += Math.abs(values[i]! - values[j]!);
    return sum / ((values.length * (values.length - 1)) / 2);
  };
  let across = 0;
  for (const a of x) for (const b of y) across += Math.abs(a - b);
  const [m, n] = [x.length, y.length];
  return ((m * n) / (m + n)) * ((2 * across) / (m * n) - pairs(x) - pairs(y));
}

describe('the energy split', () => {
  it('of two levels lies between them: 0 0 0 | 10 10 10 has Q = 3·3/6 · 2·10 = 30', () => {
    expect(bestSplit(Float64Array.of(0, 0, 0, 10, 10, 10), 2, splitRoom(6))).toEqual({
      at: 3,
      end: 6,
      q: 30,
    });
  });

  it('ends the right sample where a third level begins', () => {
    const found = bestSplit(Float64Array.of(0, 0, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0), 2, splitRoom(12));
    expect(found).toMatchObject({ at: 4, end: 8, q: 36 });
  });

  it('is the largest of all splits, as the formula says', () => {
    const values = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 6, maxLength: 14 });
    fc.assert(
      fc.property(values, fc.boolean(), (z, toEnd) => {
        let largest = -Infinity;
        for (let at = 3; at <= z.length - 3; at++) {
          for (let end = toEnd ? z.length : at + 3; end <= z.length; end++) {
            largest = Math.max(largest, plainQ(z.slice(0, at), z.slice(at, end)));
          }
        }
        const found = bestSplit(Float64Array.from(z), 3, splitRoom(14), toEnd)!;
        expect(found.q).toBeCloseTo(largest, 9);
        expect(plainQ(z.slice(0, found.at), z.slice(found.at, found.end))).toBeCloseTo(largest, 9);
      }),
    );
  });

  it('needs two samples', () => {
    expect(bestSplit(Float64Array.of(1, 2, 3, 4, 5), 3, splitRoom(5))).toBeUndefined();
    expect(bestSplit(new Float64Array(), 3, splitRoom(1))).toBeUndefined();
  });
});

describe('the permutation test', () => {
  const significance = (z: number[], stream = 1) => {
    const series = Float64Array.from(z);
    const room = splitRoom(z.length);
    const split = bestSplit(series, 3, room, true)!;
    return splitSignificance(series, split, room, {
      least: 3,
      permutations: 1_999,
      seed: 1,
      stream,
      toEnd: true,
    });
  };

  it('gives the share of orders that split as well: of 0000 1111 it is 2 of C(8, 4) = 70', () => {
    const mean =
      [1, 2, 3, 4, 5, 6, 7, 8].reduce(
        (sum, stream) => sum + significance([0, 0, 0, 0, 1, 1, 1, 1], stream),
        0,
      ) / 8;
    // It ends at ten that exceed: some hundreds of draws each, so 0.0286 to within a fifth or so.
    expect(mean).toBeGreaterThan(0.02);
    expect(mean).toBeLessThan(0.04);
  });

  it('is at its smallest, 1 in 2 000, where no order does', () => {
    const z = nightly(3, 40, { levels: { 20: 1.5 } });
    expect(significance(z)).toBe(1 / 2_000);
  });

  it.each([0, 0.3, 0.6])('is uniform, or larger, without a change (AR(1), φ = %s)', (phi) => {
    const ps = Array.from({ length: 200 }, (_, seed) => significance(autocorrelated(seed, 40, phi)));
    const below = (p: number) => ps.filter((one) => one <= p).length / ps.length;
    // The binomial's standard deviation at 5% of 200 is 1.5%; that φ is estimated costs some where it is large.
    expect(below(0.05)).toBeLessThanOrEqual(phi < 0.5 ? 0.08 : 0.12);
    expect(below(0.005)).toBeLessThanOrEqual(phi < 0.5 ? 0.015 : 0.03);
  });
});

describe('change points', () => {
  it.each([
    [30, 18, 1.2],
    [60, 40, 1.15],
    [100, 50, 1.12],
    [200, 150, 0.85],
  ])('of %i runs, a step at %i by a factor of %d is found there', (length, at, factor) => {
    const found = find(nightly(length, length, { levels: { [at]: factor } }));
    expect(found).toHaveLength(1);
    expect(Math.abs(found[0]!.at - at)).toBeLessThanOrEqual(1);
    expect(found[0]!.p).toBeLessThanOrEqual(0.001);
    expect(found[0]!.medianBefore).toBeCloseTo(100, -0.7); // ± 2.5
    expect(found[0]!.medianAfter / found[0]!.medianBefore).toBeGreaterThan(factor - 0.03);
    expect(found[0]!.medianAfter / found[0]!.medianBefore).toBeLessThan(factor + 0.03);
  });

  it('are found in ≥ 95 of 100 seeded series, at the index ± 1, and ≤ 5 others', () => {
    let hits = 0;
    let others = 0;
    for (let seed = 0; seed < 100; seed++) {
      const found = indexes(nightly(seed, 60, { levels: { 35: 1.2 } }));
      if (found.some((at) => Math.abs(at - 35) <= 1)) hits += 1;
      others += found.filter((at) => Math.abs(at - 35) > 1).length;
    }
    expect(hits).toBeGreaterThanOrEqual(95);
    expect(others).toBeLessThanOrEqual(5);
  });

  it.each([0, 0.4])('are not found in ≥ 95 of 100 seeded series without one (φ = %d)', (phi) => {
    const quiet = Array.from({ length: 100 }, (_, seed) => indexes(nightly(seed, 80, { phi })).length === 0);
    expect(quiet.filter(Boolean).length).toBeGreaterThanOrEqual(95);
  });

  it('are all found where there are several, far beyond one window', () => {
    const levels = { 40: 1.3, 90: 1, 170: 0.7 };
    const found = indexes(nightly(11, 240, { levels }));
    expect(found).toHaveLength(3);
    for (const [i, at] of [40, 90, 170].entries()) expect(Math.abs(found[i]! - at)).toBeLessThanOrEqual(1);
  });

  it('are found where a window begins with the last nights of a level', () => {
    for (let seed = 0; seed < 10; seed++) {
      expect(indexes(nightly(seed, 100, { levels: { 56: 1.4, 81: 1 } })), `seed ${seed}`).toEqual([56, 81]);
    }
  });

  it('stay where they are as the series grows', () => {
    const whole = nightly(5, 160, { levels: { 30: 1.25 } });
    for (const length of [45, 60, 90, 120, 160]) {
      expect(indexes(whole.slice(0, length)), `${length} runs`).toEqual([30]);
    }
  });

  it('are told from the third night on, in a history of 40', () => {
    const z = nightly(2, 43, { levels: { 40: 2 } });
    expect(indexes(z.slice(0, 42))).toEqual([]);
    expect(indexes(z)).toEqual([40]);
  });

  it('are not made by one or two nights of chaos, nor hidden by them', () => {
    const quiet = nightly(9, 60, {});
    quiet[20] = 9_000;
    quiet[21] = 7_000;
    expect(indexes(quiet)).toEqual([]);
    const changed = nightly(9, 60, { levels: { 30: 1.2 } });
    changed[12] = 9_000;
    changed[50] = 40_000;
    expect(indexes(changed)).toEqual([30]);
  });

  it('are as large as was asked for', () => {
    const small = nightly(4, 80, { spread: 0.005, levels: { 40: 1.03 } });
    expect(indexes(small)).toEqual([]);
    expect(indexes(small, { leastMagnitude: 0.02 })).toEqual([40]);
  });

  it('are the same each time, and whatever the values’ scale', () => {
    const factor = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    const whole = nightly(21, 50, { phi: 0.2, levels: { 25: 1.2 } });
    const known = find(whole);
    expect(known.map(({ at }) => at)).toEqual([25]);
    expect(find(whole)).toEqual(known);
    fc.assert(
      fc.property(factor, (by) => {
        const scaled = find(whole.map((value) => value * by));
        expect(scaled.map(({ at, p }) => [at, p])).toEqual(known.map(({ at, p }) => [at, p]));
        expect(scaled[0]!.medianAfter).toBeCloseTo(known[0]!.medianAfter * by, 6);
      }),
      { numRuns: 20 },
    );
  });

  it('do not move with the values’ origin', () => {
    const whole = nightly(22, 50, { levels: { 25: 1.3 } }).map(Math.round);
    const known = find(whole, { leastMagnitude: 0 });
    fc.assert(
      fc.property(fc.integer({ min: -10_000, max: 10_000 }), (by) => {
        const moved = find(
          whole.map((value) => value + by),
          { leastMagnitude: 0 },
        );
        expect(moved.map(({ at, p }) => [at, p])).toEqual(known.map(({ at, p }) => [at, p]));
      }),
      { numRuns: 20 },
    );
  });

  it('of ties: nothing in a constant series, and a count that leaves 0 is found', () => {
    expect(find(Array<number>(60).fill(7))).toEqual([]);
    expect(find(Array<number>(60).fill(0))).toEqual([]);
    const one = Array<number>(60).fill(0);
    one[30] = 5;
    expect(find(one)).toEqual([]);
    const errors = [...Array<number>(40).fill(0), ...Array<number>(10).fill(2)];
    expect(find(errors)).toMatchObject([{ at: 40, medianBefore: 0, medianAfter: 2 }]);
  });

  it('need at least 16 runs: with fewer, no order is clearly rarer than p = 0.001', () => {
    const clear = (length: number) =>
      Array.from({ length }, (_, at) => (at < length / 2 ? at % 2 : 100 + (at % 2)));
    expect(leastRuns).toBe(16);
    expect(find([])).toEqual([]);
    expect(find([1])).toEqual([]);
    expect(find([1, 2])).toEqual([]);
    expect(find(clear(15))).toEqual([]);
    expect(indexes(clear(16))).toEqual([8]);
  });

  it('ends, whatever the values', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: -1e9, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(value, { minLength: 16, maxLength: 70 }), (values) => {
        const found = find(values, { permutations: 199, p: 0.05, leastMagnitude: 0 });
        const at = found.map((change) => change.at);
        expect(at).toEqual([...new Set(at)].sort((a, b) => a - b));
        for (const change of found) expect(change.p).toBeLessThanOrEqual(0.05);
      }),
      { numRuns: 60 },
    );
  });
});

describe('order statistics', () => {
  it('have the median of few, of even many, and with no end', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([Infinity, 1, Infinity, Infinity])).toBe(Infinity);
    expect(median([])).toBeNaN();
  });

  it('bring outliers in to five deviations, and leave alone what has none', () => {
    expect([...withoutOutliers(Float64Array.of(1, 2, 3, 4, 1_000))]).toEqual([1, 2, 3, 4, 8]);
    expect([...withoutOutliers(Float64Array.of(0, 0, 0, 5))]).toEqual([0, 0, 0, 5]);
  });
});
