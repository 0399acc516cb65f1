import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinOut } from '../../../../src/report/html/thin-out.js';

describe('thinning out', () => {
  it('keeps the lowest and the highest of each run, in their order', () => {
    expect(thinOut([5, 9, 1, 4, 2, 2, 3, 8], 2)).toEqual([9, 1, 2, 8]);
  });
  it('leaves everything where there is room', () => {
    expect(thinOut([1, null, 3], 1)).toEqual([1, null, 3]);
  });
  it('passes over an unknown second among known ones, and keeps a run of unknowns unknown', () => {
    expect(thinOut([null, 4, null, 7, null, null, null, null], 2)).toEqual([4, 7, null, null]);
  });
  it('loses no extreme, whatever comes', () => {
    const values = fc.array(fc.option(fc.nat(1000)), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (all, each) => {
        const known = (some: (number | null)[]) => some.filter((value) => value !== null);
        const kept = thinOut(all, each);
        expect(known(kept).length > 0).toBe(known(all).length > 0);
        if (known(all).length === 0) return;
        expect(Math.max(...known(kept))).toBe(Math.max(...known(all)));
        expect(Math.min(...known(kept))).toBe(Math.min(...known(all)));
        expect(kept.length).toBeLessThanOrEqual(
          2 * Math.ceil(all.length / (2 * each)) + (each === 1 ? 1 : 0),
        );
      }),
    );
  });
});
