import { describe, expect, it } from 'vitest';
import { describeStatement } from '../../../src/sql/describe.js';
import { relationsOf } from '../../../src/sql/relations.js';

describe('relationsOf', () => {
  it.each([
    ['select * from orders o join sales.items i on i.order_id = o.id', ['orders', 'sales.items']],
    ['select * from public.orders', ['orders']],
    ['insert into a select * from b where exists (select 1 from c)', ['a', 'b', 'c']],
    ['update a set x = b.x from b where a.id = b.id', ['a', 'b']],
    ['delete from a using b where a.id = b.id', ['a', 'b']],
    ['merge into a using b on a.id = b.id when matched then delete', ['a', 'b']],
    ['with c as (select * from a) select * from c join b on true', ['a', 'b']],
    ['with a as (select * from a) select * from a', ['a']],
    ['with recursive a as (select 1 union all select * from a) select * from a', []],
    ['with x as (select 1), y as (select * from x join b on true) select * from y, s.x', ['b', 's.x']],
    ['select * from (with c as (select 1) select * from c) q, c', ['c']],
    ['alter table c add constraint f foreign key (p) references p(id)', ['c', 'p']],
    ['create index concurrently i on s.t(a)', ['s.t']],
    ['drop table a, s.b', ['a', 's.b']],
    ['drop trigger x on t', ['t']],
    ['drop index i', []],
    ['create trigger x before insert on t for each row execute function f()', ['t']],
    ['truncate a, b', ['a', 'b']],
    ['select 1; select * from "Weird Table"', ['Weird Table']],
    ['select $1::int from t where id = any($2)', ['t']],
    ['selec', []],
  ])('%s', async (text, relations) => {
    expect(await relationsOf(text)).toEqual(relations);
  });
});

describe('describeStatement', () => {
  it('names columns added and dropped', async () => {
    expect(
      await describeStatement(
        'alter table s.t add column a int, add b text, drop column c, alter d type int',
      ),
    ).toMatchObject({
      node: 'AlterTableStmt',
      addsColumns: ['s.t.a', 's.t.b'],
      dropsColumns: ['s.t.c'],
    });
  });

  it('names indexes and how they are built', async () => {
    expect((await describeStatement('create index concurrently if not exists i on t(a)')).index).toEqual({
      name: 'i',
      table: 't',
      concurrently: true,
      ifNotExists: true,
    });
    expect((await describeStatement('create index on t(a)')).index).toEqual({
      table: 't',
      concurrently: false,
      ifNotExists: false,
    });
    expect((await describeStatement('reindex index concurrently i')).reindexesConcurrently).toBe(true);
    expect((await describeStatement('reindex index i')).reindexesConcurrently).toBe(false);
  });

  it('names a partition that is detached concurrently', async () => {
    expect((await describeStatement('alter table p detach partition s.c concurrently')).detaches).toEqual({
      parent: 'p',
      partition: 's.c',
    });
    expect((await describeStatement('alter table p detach partition c')).detaches).toBeUndefined();
  });

  it('names dropped indexes', async () => {
    expect((await describeStatement('drop index concurrently i, s.j')).dropsIndexes).toEqual(['i', 's.j']);
    expect((await describeStatement('drop table i')).dropsIndexes).toEqual([]);
  });

  it('names created tables', async () => {
    expect((await describeStatement('create table a(x int)')).createsTables).toEqual(['a']);
    expect((await describeStatement('create table s.a as select 1')).createsTables).toEqual(['s.a']);
  });

  it.each([
    ["set search_path = 'x'", true],
    ['reset all', true],
    ["set local search_path = 'x'", false],
    ['set transaction isolation level serializable', false],
  ])('%s sets the session: %s', async (text, sets) => {
    expect((await describeStatement(text)).setsSession).toBe(sets);
  });

  it('does not throw for what does not parse', async () => {
    expect(await describeStatement('selec')).toMatchObject({ node: 'unknown', relations: [] });
  });
});
