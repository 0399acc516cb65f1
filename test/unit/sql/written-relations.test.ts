import { describe, expect, it } from 'vitest';
import { namePartsOf } from '../../../src/sql/name-parts.js';
import { writtenRelations } from '../../../src/sql/written-relations.js';

describe('writtenRelations', () => {
  it.each<[string, string[] | 'anything']>([
    ['select * from orders where id = $1 for update', []],
    ['/* delete from orders */ -- into x\n select 1 from orders', []],
    ['select 1; delete from orders where id = $1', ['orders']],
    ['with gone as (delete from orders returning id) select count(*) from gone', ['orders']],
    ['insert into sales.log select id from orders', ['sales.log']],
    ['insert into "Order ""s"" ü" values (1) on conflict (id) do update set n = 2', ['Order "s" ü']],
    ['merge into stock using orders on true when matched then update set n = 1', ['stock']],
    ['select id into copy from orders', ['copy']],
    ['copy orders from stdin', ['orders']],
    ['copy orders to stdout', []],
    ['copy (delete from orders returning id) to stdout', ['orders']],
    ['explain analyze update orders set n = 1', ['orders']],
    ['begin; lock table orders; vacuum stock; set x.y = 1; commit', []],
    ['truncate orders, stock', ['orders', 'stock']],
    ['alter table orders add column n int', ['orders']],
    ['call tidy()', 'anything'],
    ['do $$ begin delete from orders; end $$', 'anything'],
    ['delete form orders', 'anything'],
    ['', []],
  ])('%s', async (text, expected) => {
    const written = await writtenRelations(text);
    expect(written === 'anything' ? written : [...written].sort()).toEqual(expected);
  });
});

it.each([
  ['orders', ['orders']],
  ['sales.orders', ['sales', 'orders']],
  ['Order s', ['Order s']],
  ['"Order s"', ['Order s']],
  ['sales."a.b ""c"" ü"', ['sales', 'a.b "c" ü']],
  ['"a".status', ['a', 'status']],
  ['"', ['"']],
])('the parts of %s', (text, parts) => {
  expect(namePartsOf(text)).toEqual(parts);
});
