import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJsonExactly } from '../../../src/foundation/long-integers.js';

test('two ids that one number would stand for stay two', () => {
  expect(parseJsonExactly('{"id":9007199254740993,"next":9007199254740992}')).toEqual({
    id: '9007199254740993',
    next: '9007199254740992',
  });
});

test('only integers too long for a number change: no text, no fraction, no exponent', () => {
  const text =
    '["9007199254740993", "a \\"9007199254740993", 1234567890123456, 0.12345678901234567, 1e300, -5]';
  expect(parseJsonExactly(text)).toEqual(JSON.parse(text));
  expect(parseJsonExactly('-9223372036854775808')).toBe('-9223372036854775808');
});

test('whatever JSON.parse reads is read the same, but for long integers', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const long = (one: unknown): unknown =>
        typeof one === 'number' && Number.isInteger(one) && !Number.isSafeInteger(one) ? String(one) : one;
      const text = JSON.stringify(value);
      // JSON.stringify writes 1e21 and beyond with an exponent.
      const expected = JSON.parse(text, (_, one: unknown) =>
        typeof one === 'number' && Math.abs(one) < 1e21 ? long(one) : one,
      ) as unknown;
      expect(parseJsonExactly(text)).toEqual(expected);
    }),
  );
});

test('what is not JSON is refused as ever', () => {
  expect(() => parseJsonExactly('{"id": 99999999999999999999')).toThrow(SyntaxError);
});
