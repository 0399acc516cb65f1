import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReachable, type Before, type FoundRow, type Operation } from '../../../src/ledger/history.js';
import { isSameValue } from '../../../src/ledger/same-value.js';

const same = (_column: string, written: Parameters<typeof isSameValue>[1], found: string | null) =>
  isSameValue('text', written, found);

const anything = Symbol('anything');
type Row = Record<string, string | null | typeof anything>;
const columns = ['a', 'b'];

/** Every order of every subset that holds the certain ones, each at an instant of its interval, tried out. */
function bruteForce(operations: Operation[], before: Before, found: FoundRow | undefined): boolean {
  const certain = operations.filter((operation) => operation.certain);
  const wild: Row = { a: anything, b: anything };
  const starts: (Row | undefined)[] = before === 'absent' ? [undefined] : [undefined, wild];
  const updated = certain.some(({ op }) => op === 'update');

  const search = (done: Operation[], left: Operation[], nowUs: number, row: Row | undefined): boolean => {
    if (certain.every((operation) => done.includes(operation))) {
      // An acknowledged update found its row; only a delete explains that it is gone.
      const explained = row !== undefined || !updated || done.some(({ op }) => op === 'delete');
      if (explained && fits(row, found)) return true;
    }
    return left.some((operation) => {
      const atUs = Math.max(nowUs, operation.sentUs);
      if (atUs > operation.endUs) return false;
      const rest = left.filter((other) => other !== operation);
      return search([...done, operation], rest, atUs, apply(row, operation));
    });
  };
  return starts.some((start) => search([], operations, Number.NEGATIVE_INFINITY, start));
}

function apply(row: Row | undefined, { op, values }: Operation): Row | undefined {
  if (op === 'delete') return undefined;
  const written = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
  if (op === 'create') return { a: anything, b: anything, ...written };
  return row && { ...row, ...written };
}

function fits(row: Row | undefined, found: FoundRow | undefined): boolean {
  if (!row || !found) return row === found;
  return columns.every((column) => row[column] === anything || row[column] === found[column]);
}

const value = fc.constantFrom('x', 'y');
const operation: fc.Arbitrary<Operation> = fc
  .record({
    op: fc.constantFrom('create' as const, 'update' as const, 'update' as const, 'delete' as const),
    values: fc.record({ a: value, b: value }, { requiredKeys: [] }),
    sentUs: fc.integer({ min: 0, max: 6 }),
    lengthUs: fc.integer({ min: 0, max: 4 }),
    certain: fc.boolean(),
  })
  .map(({ op, values, sentUs, lengthUs, certain }) => ({
    op,
    values: op === 'delete' ? {} : values,
    sentUs,
    endUs: certain ? sentUs + lengthUs : Number.POSITIVE_INFINITY,
    certain,
  }));
const found = fc.option(fc.record({ a: value, b: value }), { nil: undefined });

describe('isReachable', () => {
  it('agrees with trying every order', () => {
    let reached = 0;
    let tried = 0;
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 5 }),
        fc.constantFrom<Before>('absent', 'unknown'),
        found,
        (operations, before, row) => {
          const expected = bruteForce(operations, before, row);
          tried += 1;
          if (expected) reached += 1;
          expect(isReachable(operations, before, row, columns, same)).toBe(expected);
        },
      ),
      { numRuns: 4_000 },
    );
    // Both answers were put to the test.
    expect(reached).toBeGreaterThan(tried / 10);
    expect(reached).toBeLessThan((9 * tried) / 10);
  });

  it('does not try every order of ten thousand writes of one key', () => {
    const operations = Array.from({ length: 10_000 }, (_, i): Operation => ({
      op: i === 0 ? 'create' : 'update',
      values: { a: i % 3 === 0 ? 'x' : 'y', b: String(i) },
      sentUs: i * 10,
      endUs: i % 50 === 49 ? Number.POSITIVE_INFINITY : i * 10 + 15,
      certain: i % 50 !== 49,
    }));
    expect(isReachable(operations, 'absent', { a: 'y', b: '9998' }, columns, same)).toBe(true);
    expect(isReachable(operations, 'absent', { a: 'y', b: '17' }, columns, same)).toBe(false);
  });
});
