import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phases, type Phase } from '../../../src/model/scenario.js';
import {
  Arrivals,
  cumulativeWeights,
  endpointOf,
  phaseStream,
  pickWeighted,
  splitWhole,
} from '../../../src/traffic/arrivals.js';

function offsets(n: number, options: Partial<ConstructorParameters<typeof Arrivals>[0]> = {}): number[] {
  const arrivals = new Arrivals({
    seed: 1,
    phase: 'baseline',
    ratePerSecond: 1000,
    arrivals: 'poisson',
    ...options,
  });
  return Array.from({ length: n }, () => arrivals.advance());
}

/** Variance ÷ mean of the counts in bins: 1 for a Poisson process. */
function dispersion(starts: readonly number[], binUs: number): number {
  const counts = new Array<number>(Math.floor(starts.at(-1)! / binUs)).fill(0);
  for (const at of starts) {
    const bin = Math.floor(at / binUs);
    if (bin < counts.length) counts[bin]! += 1;
  }
  const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (counts.length - 1) / mean;
}

describe('Arrivals', () => {
  it.each([
    [1000, [0, 1000, 2000, 3000]],
    [400, [0, 2500, 5000, 7500]],
    [0.5, [0, 2_000_000, 4_000_000, 6_000_000]],
  ])('uniform at %d/s', (ratePerSecond, expected) => {
    expect(offsets(4, { arrivals: 'uniform', ratePerSecond })).toEqual(expected);
  });

  it('offers nothing at rate 0', () => {
    expect(offsets(1, { ratePerSecond: 0 })).toEqual([Number.POSITIVE_INFINITY]);
  });

  it.each([100, 1000, 2000])('poisson at %d/s has the rate and the exponential gaps', (ratePerSecond) => {
    const n = 40_000;
    const starts = offsets(n, { ratePerSecond });
    // The standard error of the mean gap is 1/√n = 0.5%.
    expect(starts.at(-1)! / n / (1_000_000 / ratePerSecond)).toBeCloseTo(1, 1.7);
    const gaps = starts.map((at, i) => at - (starts[i - 1] ?? 0));
    const meanUs = 1_000_000 / ratePerSecond;
    const longer = gaps.filter((gap) => gap > 2 * meanUs).length / n;
    expect(longer).toBeCloseTo(Math.exp(-2), 1.9);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
  });

  it('poisson is neither bunched nor smoothed: index of dispersion in 10 ms bins 0.9 to 1.1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(...phases), (seed, phase) => {
        const index = dispersion(offsets(60_000, { seed, phase }), 10_000);
        expect(index).toBeGreaterThan(0.9);
        expect(index).toBeLessThan(1.1);
      }),
      // A fixed seed: at 6000 bins, 1.1 is more than 5 standard errors off, but nothing is impossible.
      { numRuns: 20, seed: 7 },
    );
  });

  it('is a function of seed and phase', () => {
    expect(offsets(500)).toEqual(offsets(500));
    expect(offsets(500, { seed: 2 })).not.toEqual(offsets(500));
    const byPhase = phases.map((phase) => offsets(3, { phase }).join());
    expect(new Set(byPhase).size).toBe(phases.length);
  });

  it('scales with the rate: the same draws, twice as fast', () => {
    const slow = offsets(100, { ratePerSecond: 500 });
    const fast = offsets(100, { ratePerSecond: 1000 });
    for (const [i, at] of slow.entries()) expect(at / fast[i]!).toBeCloseTo(2, 9);
  });
});

describe('the mix', () => {
  it.each([
    [0, 0],
    [0.2999, 0],
    [0.3, 1],
    [0.9999, 1],
  ])('a draw of %d falls on entry %d of weights 3 and 7', (draw, expected) => {
    expect(pickWeighted(cumulativeWeights([3, 7]), draw)).toBe(expected);
  });

  it('has the shares of the weights, independent of the phase before', () => {
    const cumulative = cumulativeWeights([3, 6, 1]);
    const counts = [0, 0, 0];
    const n = 50_000;
    const stream = phaseStream('soak' satisfies Phase);
    for (let i = 0; i < n; i++) counts[endpointOf(1, stream, i, cumulative)]! += 1;
    // Three standard errors of a share at n = 50 000 are 0.7% at most.
    for (const [at, share] of [0.3, 0.6, 0.1].entries()) {
      expect(Math.abs(counts[at]! / n - share)).toBeLessThan(0.007);
    }
  });
});

describe('splitWhole', () => {
  it.each([
    [64, [1], [64]],
    [64, [3, 7], [19, 45]],
    [10, [1, 1, 1], [4, 3, 3]],
    [2, [1, 1, 1], [1, 1, 1]],
    [5, [100, 1, 1], [3, 1, 1]],
  ])('%d by %j is %j', (total, weights, expected) => {
    expect(splitWhole(total, weights)).toEqual(expected);
  });

  it('gives everything away, and everybody one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 0, max: 500 }),
        (weights, extra) => {
          const parts = splitWhole(weights.length + extra, weights);
          expect(parts.reduce((a, b) => a + b, 0)).toBe(weights.length + extra);
          expect(Math.min(...parts)).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });
});
