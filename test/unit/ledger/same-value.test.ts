import { describe, expect, it } from 'vitest';
import { isSameValue, kindOfType, type ValueKind } from '../../../src/ledger/same-value.js';
import type { LedgerValue } from '../../../src/model/ledger.js';

describe('isSameValue', () => {
  it.each<[ValueKind, LedgerValue, string | null]>([
    ['text', 'O’Brien ☕', 'O’Brien ☕'],
    ['text', null, null],
    ['number', 5, '5'],
    ['number', '12.5', '12.50'],
    ['number', 1e21, '1000000000000000000000'],
    ['number', '9007199254740993', '9007199254740993'],
    ['number', -0.001, '-0.0010'],
    ['number', 0, '0.00'],
    ['float4', 0.123456789, '0.12345679'],
    ['boolean', true, 'true'],
    ['boolean', 't', 'true'],
    ['instant', '2026-07-01T12:00:00Z', '2026-07-01 12:00:00+00'],
    ['instant', '2026-07-01T14:00:00.25+02:00', '2026-07-01 12:00:00.25+00'],
    ['json', '{"b":1,"a":[1,2]}', '{"a": [1, 2], "b": 1}'],
    ['json', '["x"]', '["x"]'],
    ['uuid', '6F9619FF-8B86-D011-B42D-00CF4FC964FF', '6f9619ff-8b86-d011-b42d-00cf4fc964ff'],
    ['padded', 'ab', 'ab   '],
    ['any', 12.5, '12.50'],
  ])('%s: %j is %j', (kind, written, found) => {
    expect(isSameValue(kind, written, found)).toBe(true);
  });

  it.each<[ValueKind, LedgerValue, string | null]>([
    ['text', '1.10', '1.1'],
    ['text', 'a', 'a '],
    ['text', '', null],
    ['text', null, ''],
    ['text', 'null', null],
    ['number', 5, '6'],
    ['number', '9007199254740993', '9007199254740992'],
    ['number', 'x', '1'],
    ['boolean', true, 'false'],
    ['boolean', 'yes?', 'true'],
    ['instant', '2026-07-01T12:00:00.000001Z', '2026-07-01 12:00:00+00'],
    ['instant', 'soon', '2026-07-01 12:00:00+00'],
    ['json', '{"a":1}', '{"a": 2}'],
    ['uuid', '6f9619ff', '6f9619fe'],
    ['any', '1.10', '1.2'],
  ])('%s: %j is not %j', (kind, written, found) => {
    expect(isSameValue(kind, written, found)).toBe(false);
  });

  it('takes the kind from pg_type', () => {
    const kinds = [
      ['int8', 'N'],
      ['money', 'N'],
      ['float4', 'N'],
      ['bool', 'B'],
      ['timestamptz', 'D'],
      ['date', 'D'],
      ['_text', 'A'],
      ['jsonb', 'U'],
      ['uuid', 'U'],
      ['bpchar', 'S'],
      ['status', 'E'],
    ].map(([name = '', category = '']) => kindOfType(name, category));
    expect(kinds).toEqual([
      ...['number', 'text', 'float4', 'boolean', 'instant', 'text', 'json', 'json', 'uuid', 'padded', 'text'],
    ]);
  });
});
