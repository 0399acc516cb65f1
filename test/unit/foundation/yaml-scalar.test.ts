import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlScalar } from '../../../src/foundation/yaml-scalar.js';
import { relationsOf } from '../../../src/sql/relations.js';
import { printedName } from '../../../src/sql/printed-name.js';

it('is read back inside of { … } as the text it was', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'aZü9 _.,:#"\'{}[]&*!|>%@`\\-?~'),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(
      fc.oneof(text, fc.constantFrom('null', 'Yes', '1e3', 'select count(*) from orders')),
      (one) => {
        expect(parse(`{ a: { sql: ${yamlScalar(one)}, b: 1 } }`)).toEqual({ a: { sql: one, b: 1 } });
      },
    ),
    { numRuns: 2_000 },
  );
  expect(yamlScalar('select count(*) from orders')).toBe('select count(*) from orders');
});

it.each([
  ['orders', 'orders'],
  ['sales.orders', 'sales.orders'],
  ['Order s', '"Order s"'],
  ['sales.Bestell "Ära"', 'sales."Bestell ""Ära"""'],
])('the name %s is printed as %s, and parsed back', async (name, printed) => {
  expect(printedName(name)).toBe(printed);
  expect(await relationsOf(`select 1 from ${printed}`)).toEqual([name]);
});
