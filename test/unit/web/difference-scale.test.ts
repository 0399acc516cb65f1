import { expect, test } from 'vitest';
import type { ComparedQuantile } from '../../../src/model/comparison-page.js';
import { differenceScale } from '../../../src/web/difference-scale.js';

const row = (ratio: number | null, low = ratio ?? 1, high = ratio ?? 1): ComparedQuantile => ({
  ...{ percentile: 'p99', gate: true, answer: 'inconclusive', ratio, equivalence: null },
  interval: ratio === null ? null : { low, high },
  ...{ values: '', change: '', intervalText: '', note: '', runs: { baseline: '', candidate: '' } },
});

test('from ×2 to ×4 is as far as from the same to ×2', () => {
  const { place, ticks } = differenceScale([row(2), row(4)], 1.1);
  expect(place(4) - place(2)).toBeCloseTo(place(2) - place(1), 9);
  expect(ticks).toContain(1);
});

test('without a ratio the margin and as much again on either side are shown', () => {
  const { place, isBeyond } = differenceScale([row(null)], 1.1);
  expect(place(1)).toBeCloseTo(0.5, 9);
  expect(place(1.1)).toBeCloseTo(0.5 + 0.5 / 2.16, 9);
  expect([isBeyond(1.2), isBeyond(1.5)]).toEqual([false, true]);
});

test('an interval of almost anything ends at the edges, and is said to reach beyond them', () => {
  const { place, isBeyond } = differenceScale([row(1.2, 1e-9, 1e300)], 1.1);
  expect([place(1e-9), place(0), place(1e300)]).toEqual([0, 0, 1]);
  expect([isBeyond(1e-9), isBeyond(0), isBeyond(1e300), isBeyond(1.2)]).toEqual([true, true, true, false]);
});

test('ticks keep apart from one another', () => {
  const { place, ticks } = differenceScale([row(1, 0.03, 40)], 1.1);
  for (const [at, tick] of ticks.slice(1).entries()) {
    expect(place(tick) - place(ticks[at]!)).toBeGreaterThanOrEqual(0.17);
  }
});
