import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { highestOf, layoutLength } from '../../../src/histogram/layout.js';
import { percentileSteps } from '../../../src/histogram/percentile-steps.js';
import { bucketsAt } from '../../../src/histogram/sparse-quantiles.js';

it('says of a sparse histogram what the dense one says, drops counted as +∞', () => {
  const sparse = fc.uniqueArray(fc.tuple(fc.nat(layoutLength - 1), fc.integer({ min: 1, max: 500 })), {
    selector: ([index]) => index,
    maxLength: 40,
  });
  const quantiles = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(sparse, quantiles, fc.nat(100), (pairs, qs, drops) => {
      const view = { index: pairs.map(([index]) => index), count: pairs.map(([, count]) => count) };
      const dense = Counts.of(view);
      const buckets = bucketsAt(view, qs, drops);
      if (dense.total + drops === 0) return expect(buckets).toBeUndefined();
      expect(buckets?.map((bucket) => (Number.isFinite(bucket) ? highestOf(bucket) : bucket))).toEqual(
        qs.map((q) => dense.quantileUs(q, drops)),
      );
    }),
  );
});

it.each([
  [0, []],
  [1, [0, 1]],
  [2, [0, 0.1294, 0.2421, 0.3402, 0.4257, 0.5, 1]],
])('draws a percentile curve of %i samples at %j', (samples, steps) => {
  expect(percentileSteps(samples).map((q) => Number(q.toFixed(4)))).toEqual(steps);
});

it('draws no percentile that fewer than one sample lies beyond, but the slowest', () => {
  for (const samples of [3, 100, 72_000]) {
    const steps = percentileSteps(samples);
    expect(steps.at(-1)).toBe(1);
    expect((1 - steps.at(-2)!) * samples).toBeGreaterThanOrEqual(1);
    expect((1 - steps.at(-2)!) * samples).toBeLessThan(1.15);
  }
});
