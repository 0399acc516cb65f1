import { describe, expect, it } from 'vitest';
import { compileRequestSource, type RequestFacts } from '../../../src/template/request-source.js';

const facts: RequestFacts = {
  id: 'soak-17',
  path: '/orders/a%20b?full=1',
  json: { a: { 'the key': [1] }, n: 5 },
  values: ['x', 7],
  answer: [{ id: 9 }],
};

describe('compileRequestSource', () => {
  it.each<[Parameters<typeof compileRequestSource>[0], unknown]>([
    ['$[0].id', 9],
    ['$.nothing', undefined],
    ['${request.id}', 'soak-17'],
    ['order-${request.id}', 'order-soak-17'],
    ['${request.json.n}', 5],
    ["${request.json.a['the key']}", [1]],
    ['${request.json.no.such}', undefined],
    ['${request.values.2}', 7],
    ['${request.values.3}', undefined],
    ['${request.path.1}-${request.json.n}', 'orders-5'],
    ['${request.path.2}', 'a b'],
    ['${request.path.3}', undefined],
    ['x-${request.json.no}', undefined],
    ['plain', 'plain'],
    ['$5', '$5'],
    [true, true],
    [null, null],
  ])('%j reads %j', (source, expected) => {
    expect(compileRequestSource(source).read(facts)).toEqual(expected);
  });

  it('needs the answer only for paths in it', () => {
    expect(['$.id', '${request.id}', 'x'].map((source) => compileRequestSource(source).needsAnswer)).toEqual([
      true,
      false,
      false,
    ]);
  });

  it.each([
    '${random.uuid()}',
    '${request.body}',
    '${request.values.0}',
    '${request.path.x}',
    '${request.id.x}',
  ])('refuses %s', (source) => {
    expect(() => compileRequestSource(source)).toThrow(/in the ledger/);
  });
});
