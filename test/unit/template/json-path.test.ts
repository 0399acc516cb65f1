import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonPathError, compilePath } from '../../../src/template/json-path.js';

const answer = { id: 7, items: [{ id: 1 }, { id: 2 }], 'order id': { "it's": 'x' }, a: { 'b.c': null } };

describe('compilePath', () => {
  it.each([
    ['$', answer],
    ['$.id', 7],
    ['$.items[1].id', 2],
    ["$['order id']", answer['order id']],
    ["$['order id']['it\\'s']", 'x'],
    ['$["a"]["b.c"]', null],
    ['$.items[5].id', undefined],
    ['$.id.more', undefined],
    ['$.toString', undefined],
    ['$.items.length', 2],
    ['$.constructor.name', undefined],
  ])('%s', (path, value) => {
    expect(compilePath(path)(answer)).toEqual(value);
  });

  it.each([
    'id',
    '',
    '$.',
    '$..id',
    '$.items[*]',
    '$.items[-1]',
    '$.items[0:2]',
    '$[?(@.a)]',
    '$.a b',
    '$[x]',
  ])('refuses %j, and says what is supported', (path) => {
    expect(() => compilePath(path)).toThrow(JsonPathError);
    try {
      compilePath(path);
    } catch (error) {
      expect((error as JsonPathError).hint).toContain('$.items[0].id');
    }
  });

  it('reads rows of a SQL answer, and undefined from what is no object', () => {
    expect(compilePath('$[0].id')([{ id: 3 }])).toBe(3);
    for (const value of [null, undefined, 'text', 3]) expect(compilePath('$.id')(value)).toBeUndefined();
  });

  it('throws nothing but JsonPathError', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `$${s}`),
        ),
        (path) => {
          try {
            compilePath(path)({});
          } catch (error) {
            expect(error).toBeInstanceOf(JsonPathError);
          }
        },
      ),
    );
  });
});
