import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onsetOf, slidingSpans } from '../../../src/verdict/windows.js';

const samples = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 40 });
const sum = (values: readonly number[], from: number, to: number) =>
  values.slice(from, to).reduce((a, b) => a + b, 0);

describe('slidingSpans', () => {
  it('gives every full window where samples abound', () => {
    expect(slidingSpans([9, 9, 9, 9, 9], 3, 10)).toEqual([
      { from: 0, to: 3 },
      { from: 1, to: 4 },
      { from: 2, to: 5 },
    ]);
  });

  it('widens to the right, and at the end to the left', () => {
    expect(slidingSpans([5, 1, 1, 8, 1], 2, 10)).toEqual([
      { from: 0, to: 4 },
      { from: 1, to: 4 },
      { from: 2, to: 5 },
    ]);
    expect(slidingSpans([10, 10, 0, 0, 3], 2, 10)).toEqual([
      { from: 0, to: 2 },
      { from: 1, to: 3 },
      { from: 1, to: 5 },
    ]);
  });

  it('takes what is shorter than a window whole, and gives none on too few samples', () => {
    expect(slidingSpans([50, 60], 10, 100)).toEqual([{ from: 0, to: 2 }]);
    expect(slidingSpans([50, 49], 10, 100)).toEqual([]);
    expect(slidingSpans([], 10, 0)).toEqual([]);
  });

  it('agrees with brute force', () => {
    fc.assert(
      fc.property(
        samples,
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 0, max: 300 }),
        (values, width, needed) => {
          const narrowest = Math.min(width, values.length);
          const brute = values.flatMap((_, from) => {
            for (let to = from + narrowest; to <= values.length; to++) {
              if (sum(values, from, to) >= needed) return [{ from, to }];
            }
            return [];
          });
          const last = brute.at(-1);
          if (last && last.to < values.length) brute.push({ from: last.from, to: values.length });
          expect(slidingSpans(values, width, needed)).toEqual(brute);
        },
      ),
    );
  });

  it('covers everything with windows that never go back', () => {
    fc.assert(
      fc.property(
        samples,
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 0, max: 300 }),
        (values, width, needed) => {
          const spans = slidingSpans(values, width, needed);
          if (values.length === 0 || sum(values, 0, values.length) < needed) {
            expect(spans).toEqual([]);
            return;
          }
          expect(spans[0]?.from).toBe(0);
          expect(spans.at(-1)?.to).toBe(values.length);
          for (const [i, span] of spans.entries()) {
            const before = spans[i - 1];
            if (!before) continue;
            expect(span.from - before.from).toBeLessThanOrEqual(1);
            expect(span.from).toBeGreaterThanOrEqual(before.from);
            expect(span.to).toBeGreaterThanOrEqual(before.to);
            expect(span.from).toBeLessThanOrEqual(before.to);
          }
        },
      ),
    );
  });
});

describe('onsetOf', () => {
  it('goes back from the worst to where it began, also before the window', () => {
    expect(onsetOf([0, 0, 5, 10, 3, 0], { from: 0, to: 6 })).toBe(2);
    expect(onsetOf([0, 0, 5, 10, 3, 0], { from: 4, to: 6 })).toBe(2);
  });

  it('leaves a trickle of slow requests before a stall out', () => {
    expect(onsetOf([1, 1, 1, 50, 40], { from: 0, to: 5 })).toBe(3);
  });
});
