import { expect, it } from 'vitest';
import { cutApart } from '../../../src/foundation/cut-apart.js';

it('shows of two long texts where they part', () => {
  const index = (where: string) =>
    `CREATE UNIQUE INDEX job_singletonkey ON pgboss.job USING btree (name, singletonkey) WHERE (state < ${where})`;
  expect(cutApart(index("'completed'"), index("'expired'"), 40)).toEqual([
    "…E (state < 'completed')",
    "…E (state < 'expired')",
  ]);
  expect(cutApart('a'.repeat(40), 'b'.repeat(40), 10)).toEqual([`${'a'.repeat(9)}…`, `${'b'.repeat(9)}…`]);
  expect(cutApart('one', 'two', 10)).toEqual(['one', 'two']);
  // One that ends where the other goes on.
  expect(cutApart('x'.repeat(50), `${'x'.repeat(50)}yz`, 20)).toEqual([
    `…${'x'.repeat(12)}`,
    `…${'x'.repeat(12)}yz`,
  ]);
});
