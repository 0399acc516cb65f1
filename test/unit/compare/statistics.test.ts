import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { benjaminiHochberg, holm } from '../../../src/compare/statistics/adjust.js';
import {
  intervalOf,
  pairedDifference,
  rankedP,
  twoSampleDifference,
} from '../../../src/compare/statistics/difference.js';
import { quantileReader } from '../../../src/compare/statistics/quantile-reader.js';
import { permutationP, runLabels, signFlips } from '../../../src/compare/statistics/relabel.js';
import { runsNeeded } from '../../../src/compare/statistics/runs-needed.js';
import { tQuantile, twoSidedP } from '../../../src/compare/statistics/student-t.js';
import { BlockDraws, withinRunSd } from '../../../src/compare/statistics/block-bootstrap.js';
import { normal } from '../../support/simulated-runs.js';

describe('Student t', () => {
  // Tables of the t distribution (R: qt).
  test.each([
    [0.975, 1, 12.7062],
    [0.975, 2, 4.30265],
    [0.95, 5, 2.01505],
    [0.975, 7, 2.36462],
    [0.975, 10, 2.22814],
    [0.995, 15, 2.94671],
    [0.975, 30, 2.04227],
    [0.8, 11, 0.87553],
    [0.975, 1e9, 1.95996],
  ])('the %f quantile with %f df is %f', (p, df, expected) => {
    expect(tQuantile(p, df)).toBeCloseTo(expected, 4);
    expect(tQuantile(1 - p, df)).toBeCloseTo(-expected, 4);
  });

  test('p and quantile are inverse to each other', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.51, max: 0.9999, noNaN: true }),
        fc.double({ min: 1, max: 200, noNaN: true }),
        (p, df) => {
          expect(twoSidedP(tQuantile(p, df), df)).toBeCloseTo(2 * (1 - p), 8);
        },
      ),
    );
  });
});

describe('differences', () => {
  test('paired: the t test of sleep, as Student gave it (t = 4.0621, df 9, p = 0.00283)', () => {
    const a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const found = pairedDifference(a, b)!;
    expect(found.estimate).toBeCloseTo(1.58, 10);
    expect(found.df).toBe(9);
    expect(found.p).toBeCloseTo(0.002833, 5);
    const { low, high } = intervalOf(found, 0.95);
    expect([low, high].map((x) => Number(x.toFixed(4)))).toEqual([0.7001, 2.4599]);
  });

  test('two samples: Welch of the same (t = 1.8608, df 17.776, p = 0.07939)', () => {
    const a = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const b = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const found = twoSampleDifference(a, b)!;
    expect(found.df).toBeCloseTo(17.776, 3);
    expect(found.p).toBeCloseTo(0.07939, 5);
  });

  test('one run against five takes the variance of the five', () => {
    const found = twoSampleDifference([1, 2, 3, 4, 5], [9])!;
    expect(found.df).toBe(4);
    expect(found.standardError).toBeCloseTo(Math.sqrt(2.5) * Math.sqrt(1.2), 10);
  });

  test('no spread at all: a difference is certain, none is none', () => {
    expect(pairedDifference([1, 1, 1], [2, 2, 2])!.p).toBe(0);
    expect(pairedDifference([1, 1, 1], [1, 1, 1])!.p).toBe(1);
    expect(pairedDifference([1], [2])).toBeUndefined();
    expect(twoSampleDifference([1], [2])).toBeUndefined();
  });
});

describe('relabelling', () => {
  test('six pairs that all grew: 2 of 64 sign patterns are as extreme', () => {
    expect(permutationP(signFlips(6, 1), [1, 2, 3, 4, 5, 6])).toBe(2 / 64);
    expect(signFlips(6, 1).leastP).toBe(2 / 64);
  });

  test('three pairs by hand: of ±3 ±1 ±2 six of eight sums are at least 2 away from 0, two at least 6', () => {
    expect(permutationP(signFlips(3, 1), [3, 1, -2])).toBe(6 / 8);
    expect(permutationP(signFlips(3, 1), [3, 1, 2])).toBe(2 / 8);
  });

  test('four against four, apart: 2 of 70; three against two by hand', () => {
    expect(permutationP(runLabels(4, 4, 1), [1, 2, 3, 4, 5, 6, 7, 8])).toBe(2 / 70);
    // Of five, {4, 5} lies 2.5 above the others and {1, 2} as far below; with 50 for 5 nothing else lies so far.
    expect(permutationP(runLabels(3, 2, 1), [1, 2, 3, 4, 5])).toBe(2 / 10);
    expect(permutationP(runLabels(3, 2, 1), [1, 2, 3, 4, 50])).toBe(1 / 10);
  });

  test('too many for all of them: a sample, whose p is never 0 and near the exact one', () => {
    const by = signFlips(20, 1);
    expect(by.exact).toBe(false);
    expect(
      permutationP(
        by,
        Array.from({ length: 20 }, () => 1),
      ),
    ).toBe(1 / 10_000);
    const mixed = Array.from({ length: 20 }, (_, i) => (i < 14 ? 1 : -1));
    // Binomial: P(|S| ≥ 8) of 20 signs = 0.1153.
    expect(permutationP(by, mixed)).toBeCloseTo(0.1153, 1);
    expect(runLabels(10, 10, 1).exact).toBe(false);
  });

  test('a sampled labelling always names as many candidates as there are', () => {
    const { weights, rows, units } = runLabels(9, 11, 3);
    for (let row = 0; row < rows; row += 97) {
      expect(weights.subarray(row * units, (row + 1) * units).reduce((sum, w) => sum + w, 0)).toBe(11);
    }
  });

  test('∞ goes by its rank alone: six of six pairs, and none where both are ∞', () => {
    const six = signFlips(6, 1);
    expect(rankedP(six, [1, 2, 3, 4, 5, 6], Array<number>(6).fill(Infinity))).toBe(2 / 64);
    expect(rankedP(six, Array<number>(6).fill(Infinity), Array<number>(6).fill(Infinity))).toBe(1);
    const four = runLabels(4, 4, 1);
    expect(rankedP(four, [1, 2, 3, 4], Array<number>(4).fill(Infinity))).toBe(2 / 70);
  });

  test('whatever the values, p lies in (0, 1] and does not change with sign or order of the pairs', () => {
    const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 6, maxLength: 8 }), (values) => {
        const by = signFlips(values.length, 1);
        const p = permutationP(by, values);
        expect(p).toBeGreaterThanOrEqual(1 / 2 ** values.length);
        expect(p).toBeLessThanOrEqual(1);
        expect(permutationP(by, values.map((x) => -x).reverse())).toBeCloseTo(p, 9);
      }),
    );
  });
});

describe('many comparisons', () => {
  test('Holm and Benjamini–Hochberg as R’s p.adjust gives them', () => {
    const ps = [0.01, 0.04, 0.03, 0.005];
    expect(holm(ps).map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(benjaminiHochberg(ps).map((p) => Number(p.toFixed(6)))).toEqual([0.02, 0.04, 0.04, 0.02]);
    expect(holm([])).toEqual([]);
  });

  test('neither lowers a p, both keep the order, and Holm is the stricter', () => {
    const p = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(p, { minLength: 1, maxLength: 20 }), (ps) => {
        const [h, b] = [holm(ps), benjaminiHochberg(ps)];
        for (const [i, one] of ps.entries()) {
          expect(b[i]).toBeGreaterThanOrEqual(one - 1e-12);
          expect(h[i]).toBeGreaterThanOrEqual(b[i]! - 1e-12);
          for (const [j, other] of ps.entries()) if (one < other) expect(h[i]).toBeLessThanOrEqual(h[j]!);
        }
      }),
    );
  });
});

test('runs needed: the textbook’s 34 pairs for half a standard deviation, 64 a side for two samples, and a few more', () => {
  expect(runsNeeded({ sd: 1, df: 1e9, paired: true }, 0.5, 0.05)).toBe(34 + 2);
  expect(runsNeeded({ sd: 1, df: 1e9, paired: false }, 0.5, 0.05)).toBe(64 + 1);
  // Of 8 pairs the sd may be √(7 ÷ 3.822) = 1.353 times what was seen: 34 grow to 60 or so.
  expect(runsNeeded({ sd: 1, df: 7, paired: true }, 0.5, 0.05)).toBe(60 + 2);
  expect(runsNeeded({ sd: 0.001, df: 7, paired: true }, 0.1, 0.05)).toBe(6);
  expect(runsNeeded({ sd: 10, df: 7, paired: true }, 0.1, 0.05)).toBeNull();
});

test('a reader of quantiles says what the histogram says', () => {
  const us = fc.integer({ min: 0, max: 5_000_000 });
  fc.assert(
    fc.property(
      fc.array(us, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 20 }),
      fc.double({ min: 0.001, max: 1, noNaN: true }),
      (samples, infinite, q) => {
        const counts = new Counts();
        for (const one of samples) counts.record(one);
        expect(quantileReader(counts.toSparse(), infinite)(q)).toBe(counts.quantileUs(q, infinite));
      },
    ),
  );
  expect(quantileReader({ index: [], count: [] }, 0)(0.5)).toBeNaN();
});

test('block bootstrap: the spread of a median of independent blocks is that of theory; too few blocks give none', () => {
  const counts = new Counts();
  const blocks = Array.from({ length: 60 }, (_, b) => {
    // Each block lies at a level of its own, sd 0.2 of ln: what a bootstrap over single requests would not see.
    const level = 0.2 * normal(7, 1, b);
    return Array.from({ length: 200 }, (_, i) => 10_000 * Math.exp(level + 0.3 * normal(7, 2, b * 200 + i)));
  });
  for (const us of blocks.flat()) counts.record(us);
  const q50 = counts.quantileUs(0.5);
  const told = blocks.map((of) => ({ n: of.length, over: of.filter((us) => us > q50).length }));
  const sd = withinRunSd(quantileReader(counts.toSparse(), 0), 0.5, told, new BlockDraws(1));
  // √(0.2² ÷ 60) = 0.0258 of the levels; the requests themselves add little.
  expect(sd).toBeGreaterThan(0.021);
  expect(sd).toBeLessThan(0.033);
  expect(
    withinRunSd(quantileReader(counts.toSparse(), 0), 0.5, told.slice(0, 2), new BlockDraws(1)),
  ).toBeUndefined();
});
