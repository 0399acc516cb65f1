import fc from 'fast-check';
import { decodeFromCompressedBase64, encodeIntoCompressedBase64, type JsHistogram } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { emptyHdr, fromHdr, toHdr } from '../../../src/histogram/hdr.js';
import {
  highestOf,
  highestTrackableUs,
  indexOf,
  isOverRange,
  layoutLength,
  lowestOf,
  midOf,
} from '../../../src/histogram/layout.js';

// All magnitudes alike: a uniform integer would hardly ever be a short latency.
const us = fc
  .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
  .map(([shift, n]) => n >>> shift);

function hdrOf(values: readonly number[]): JsHistogram {
  const histogram = emptyHdr() as JsHistogram;
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

describe('layout', () => {
  it.each([
    [0, 0, 0],
    [1, 1, 1],
    [2047, 2047, 2047],
    [2048, 2048, 2049],
    [4095, 3071, 4095],
    [4096, 3072, 4099],
    [1_000_000, 11_169, 1_000_447],
    [highestTrackableUs, layoutLength - 1, highestTrackableUs],
  ])('%d µs is in bucket %d, which reaches to %d µs', (value, index, highest) => {
    expect(indexOf(value)).toBe(index);
    expect(highestOf(index)).toBe(highest);
  });

  it('has the indexes and the equivalent ranges of hdr-histogram-js', () => {
    const hdr = emptyHdr() as JsHistogram;
    expect(layoutLength).toBe(hdr.countsArrayLength);
    fc.assert(
      fc.property(us, (value) => {
        const index = indexOf(value);
        expect(index).toBe(hdr.countsArrayIndex(value));
        expect(lowestOf(index)).toBe(hdr.lowestEquivalentValue(value));
        expect(highestOf(index)).toBe(hdr.highestEquivalentValue(value));
        expect(midOf(index)).toBe(hdr.medianEquivalentValue(value));
        expect(highestOf(index) - lowestOf(index)).toBeLessThanOrEqual(value / 1000);
      }),
      { numRuns: 2000 },
    );
  });

  it('truncates fractions, and counts nothing odd as fast', () => {
    expect(indexOf(1.99)).toBe(1);
    expect(indexOf(2047.99)).toBe(2047);
    expect(indexOf(4099.99)).toBe(indexOf(4099));
    expect(indexOf(-3)).toBe(0);
    for (const odd of [2 ** 31, 1e18, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(indexOf(odd)).toBe(layoutLength - 1);
      expect(isOverRange(odd)).toBe(true);
    }
    expect(isOverRange(highestTrackableUs)).toBe(false);
  });
});

describe('Counts', () => {
  const values = fc.array(us, { minLength: 1, maxLength: 300 });
  const quantiles = [0, 0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1];

  it('has the quantiles of hdr-histogram-js', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (list, any) => {
        const hdr = hdrOf(list);
        const counts = new Counts();
        for (const value of list) counts.record(value);
        expect(counts.total).toBe(list.length);
        for (const q of [...quantiles, any]) {
          expect(counts.quantileUs(q)).toBe(hdr.getValueAtPercentile(q * 100 === 100 ? 100 : q * 100));
        }
        expect(counts.maxUs()).toBe(highestOf(indexOf(Math.max(...list))));
        expect(counts.meanUs()).toBeCloseTo(hdr.mean, 3);
      }),
    );
  });

  it('places infinite samples above all others', () => {
    const counts = new Counts();
    for (let i = 1; i <= 98; i++) counts.record(i);
    expect(counts.quantileUs(0.99, 2)).toBe(Number.POSITIVE_INFINITY);
    expect(counts.quantileUs(0.98, 2)).toBe(98);
    expect(counts.quantileUs(0.99)).toBe(98);
    expect(new Counts().quantileUs(0.5, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  it('has no quantile without samples', () => {
    expect(new Counts().quantileUs(0.99)).toBeNaN();
    expect(new Counts().maxUs()).toBeNaN();
  });

  it('adds, subtracts and clears without a trace', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const [first, second] = [new Counts(), new Counts()];
        for (const value of a) first.record(value);
        for (const value of b) second.record(value);
        const both = Counts.of(first.toSparse(), second.toSparse());
        expect(both.total).toBe(a.length + b.length);
        both.subtractSparse(second.toSparse());
        expect(both.toSparse()).toEqual(first.toSparse());
        expect(() => both.subtractSparse({ index: [indexOf(a[0]!)], count: [1e6] })).toThrow(RangeError);
        both.clear();
        expect(both.toSparse()).toEqual({ index: [], count: [] });
        expect(both.total).toBe(0);
      }),
    );
  });

  it('counts what is at or above a limit', () => {
    const counts = new Counts();
    for (const value of [10, 20, 250_000, 251_000]) counts.record(value);
    expect(counts.countAtOrAbove(20)).toBe(3);
    expect(counts.countAtOrAbove(250_000)).toBe(2);
    expect(counts.countAtOrAbove(300_000)).toBe(0);
  });
});

describe('hdr', () => {
  it('goes to hdr-histogram-js, through its encoding, and back with equal counts', () => {
    fc.assert(
      fc.property(fc.array(us, { maxLength: 200 }), (list) => {
        const counts = new Counts();
        for (const value of list) counts.record(value);
        const text = encodeIntoCompressedBase64(toHdr(counts));
        const decoded = decodeFromCompressedBase64(text, 64, false);
        expect(decoded.totalCount).toBe(list.length);
        expect(fromHdr(decoded).toSparse()).toEqual(counts.toSparse());
      }),
      { numRuns: 50 },
    );
  });

  it('reuses its target', () => {
    const target = emptyHdr(64);
    const counts = new Counts();
    counts.record(5);
    expect(toHdr(counts, target).totalCount).toBe(1);
    expect(toHdr(counts, target).totalCount).toBe(1);
  });
});
