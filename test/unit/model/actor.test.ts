import { expect, test } from 'vitest';
import { applicationName, parseActor } from '../../../src/model/actor.js';

const long = 'add the status column and its index to the orders table';

test('a name that Postgres shows as it is', () => {
  expect(applicationName({ kind: 'upgrade', name: 'add status' })).toBe('dten/upgrade/add status');
  expect(parseActor('dten/upgrade/add status')).toEqual({ kind: 'upgrade', name: 'add status' });
});

test.each([
  [`${long} 1`, `${long} 2`],
  ['заказ', 'отчёт'],
  ['a'.repeat(51), 'a'.repeat(52)],
])('%s and %s do not pass for one: 63 bytes of ASCII, and a mark', (a, b) => {
  const names = [a, b].map((name) => applicationName({ kind: 'traffic', name }));
  expect(new Set(names).size).toBe(2);
  for (const name of names) {
    expect(name).toMatch(/^dten\/traffic\/[\x20-\x7e]+$/);
    expect(name.length).toBeLessThanOrEqual(63);
    expect(parseActor(name).kind).toBe('traffic');
  }
});
