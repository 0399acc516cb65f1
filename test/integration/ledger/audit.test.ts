import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { startLedgerRig } from './ledger-rig.js';

let postgres: TestPostgres;
let db: pg.Client;
beforeAll(async () => {
  postgres = await startTestPostgres();
  db = await postgres.connect();
});
afterAll(() => postgres?.stop());
beforeEach(async () => {
  await db.query(`
    drop table if exists item, parent;
    create table item (id bigint, note text, amount numeric(10,2), paid boolean, at timestamptz, tags text[], doc jsonb);
    insert into item select i, 'note ' || i, i, false, '2026-07-01T00:00:00Z', array['a', 'b'], '{"n": 1}'
      from generate_series(1, 500) i`);
});

const values = { note: '$.note', amount: '$.amount', paid: '$.paid' };
const find = 'select id, note, amount, paid, at, tags, doc from item where id = any($1); -- by key';
const endpoints = (more: object = {}) => ({
  make: {
    request: { path: '/' },
    ledger: { entity: 'item', op: 'create' as const, key: '$.id', values, find, ...more },
  },
});
const asWritten = (i: number) => ({ note: `note ${i}`, amount: i, paid: false });

describe('planted losses', () => {
  it('of each class are told exactly, with where they were first seen', async () => {
    await using rig = await startLedgerRig({ endpoints: endpoints() }, { postgres });
    for (let i = 1; i <= 500; i++) rig.write('create', String(i), { values: asWritten(i), phase: 'soak' });
    for (let i = 401; i <= 450; i++)
      rig.write('update', String(i), { values: { paid: true }, phase: 'soak' });
    await db.query('update item set paid = true where id between 401 and 450');
    expect(await rig.lossesAfter(['upgrade', 'soak'])).toEqual({});

    // What a rollback might do, to 7, 6, 5, 4, 3, and 2 of them.
    await db.query(`
      delete from item where id between 1 and 7;
      update item set note = null where id between 11 and 16;
      update item set note = left(note, 4) where id between 21 and 25;
      update item set amount = amount + 1 where id between 31 and 34;
      insert into item select * from item where id between 41 and 43;
      update item set paid = false where id between 401 and 402`);
    const losses = await rig.lossesAfter(['rollback']);
    const counts = Object.fromEntries(Object.entries(losses).map(([kind, { count }]) => [kind, count]));
    expect(counts).toEqual({
      'row lost': 7,
      'value lost note': 6,
      'truncated note': 5,
      'changed amount': 4,
      duplicated: 3,
      'reverted update paid': 2,
    });
    expect(losses['row lost']).toMatchObject({
      fresh: 7,
      byPhase: { soak: 7 },
      discarded: false,
      gone: false,
    });
    expect(losses['truncated note']?.examples[0]).toMatchObject({
      column: 'note',
      found: 'note',
      firstSeenAfter: ['rollback'],
      write: { endpoint: 'make', op: 'create', phase: 'soak' },
    });
    expect(losses['changed amount']?.examples[0]).toMatchObject({ expected: ['31'], found: '32.00' });

    // One more is lost afterwards: the ones before are not new.
    await db.query('delete from item where id = 8');
    const later = await rig.lossesAfter(['recovery']);
    expect(later['row lost']).toMatchObject({ count: 8, fresh: 1 });
    expect(later['row lost']?.examples.map(({ firstSeenAfter }) => firstSeenAfter[0])).toEqual(
      expect.arrayContaining(['rollback', 'recovery']),
    );
  });

  it('deletes that come back, and what was rejected and is there', async () => {
    await using rig = await startLedgerRig({ endpoints: endpoints() }, { postgres });
    for (let i = 1; i <= 20; i++) rig.write('create', String(i), { values: asWritten(i) });
    for (let i = 1; i <= 20; i++) rig.write('delete', String(i));
    for (let i = 101; i <= 130; i++)
      rig.write('create', String(i), { values: asWritten(i), state: 'rejected', reason: '422' });
    await db.query('delete from item where id between 4 and 20 or id between 106 and 130');
    const losses = await rig.lossesAfter(['rollback']);
    expect(Object.entries(losses).map(([kind, { count }]) => [kind, count])).toEqual([
      ['phantom', 5],
      ['resurrected delete', 3],
    ]);
  });

  it('a write that may have landed is lost only if an audit had seen it', async () => {
    await using rig = await startLedgerRig({ endpoints: endpoints() }, { postgres });
    const maybe = { state: 'indeterminate' as const, reason: 'no answer' };
    for (const key of ['1', '2', '9001'])
      rig.write('create', key, { values: asWritten(Number(key)), ...maybe });
    rig.write('create', null, maybe);
    const first = await rig.ledger.audit(['soak'], 0);
    expect(first.entities[0]).toMatchObject({
      indeterminate: 4,
      landed: 2,
      unidentifiedIndeterminate: 1,
      losses: [],
    });
    await db.query('delete from item where id = 1');
    const losses = await rig.lossesAfter(['rollback']);
    expect(losses['row lost']).toMatchObject({ count: 1, examples: [{ key: '1' }] });
    expect(Object.keys(losses)).toEqual(['row lost']);
  });
});

describe('what was declared', () => {
  it('a column that the rollback drops is lost, or discarded where it is listed', async () => {
    const write = { note: 'n', paid: false };
    for (const discards of [[], ['item.note']]) {
      await using rig = await startLedgerRig(
        { endpoints: endpoints(), rollback: { discards } },
        { postgres },
      );
      await db.query(
        'drop table if exists item; create table item (id int, note text, amount int, paid bool, at date, tags text, doc text)',
      );
      await db.query("insert into item select i, 'n', 1, false from generate_series(1, 30) i");
      for (let i = 1; i <= 30; i++) rig.write('create', String(i), { values: write });
      expect(await rig.lossesAfter(['soak'])).toEqual({});
      await db.query('alter table item drop column note; update item set paid = true where id = 3');
      const losses = await rig.lossesAfter(['rollback']);
      expect(losses['value lost note']).toMatchObject({
        count: 30,
        gone: true,
        discarded: discards.length > 0,
      });
      // The rest of the row is looked at all the same.
      expect(losses['changed paid']).toMatchObject({ count: 1, gone: false, discarded: false });
    }
  });

  it('also where find names the column with its table, or selects all', async () => {
    for (const text of [
      'select o.id, o.note, o.paid from item as o where o.id = any($1)',
      'select * from item where id = any($1)',
    ]) {
      await using rig = await startLedgerRig(
        { endpoints: endpoints({ find: text, values: { note: '$.n' } }) },
        { postgres },
      );
      await db.query('drop table if exists item; create table item (id int, note text, paid bool)');
      await db.query("insert into item select i, 'n', false from generate_series(1, 5) i");
      for (let i = 1; i <= 5; i++) rig.write('create', String(i), { values: { note: 'n' } });
      expect(await rig.lossesAfter(['soak'])).toEqual({});
      await db.query('alter table item drop column note');
      expect((await rig.lossesAfter(['rollback']))['value lost note']).toMatchObject({
        count: 5,
        gone: true,
      });
    }
  });

  it('a table that is dropped takes its rows', async () => {
    await using rig = await startLedgerRig(
      { endpoints: endpoints(), rollback: { discards: ['item'] } },
      { postgres },
    );
    for (let i = 1; i <= 9; i++) rig.write('create', String(i), { values: asWritten(i) });
    await db.query('drop table item');
    const losses = await rig.lossesAfter(['rollback']);
    expect(losses['row lost']).toMatchObject({ count: 9, gone: true, discarded: true });
  });

  it('rows that expire, and rows that go with their parent', async () => {
    await using rig = await startLedgerRig(
      {
        endpoints: {
          ...endpoints(),
          parent: {
            request: { path: '/' },
            ledger: {
              entity: 'parent',
              op: 'delete',
              key: '$.id',
              find: 'select id from parent where id = any($1)',
            },
          },
        },
        ledger: {
          entities: { item: { cascade: { from: 'parent', by: 'note' } }, parent: { expires: '0' } },
        },
      },
      { postgres },
    );
    await db.query('create table parent (id text)');
    rig.write('delete', 'gone before', { entity: 'parent' });
    for (const [i, note] of ['p1', 'p2', 'gone before'].entries())
      rig.write('create', String(i + 1), { values: { note } });
    rig.write('delete', 'p1', { entity: 'parent' });
    rig.write('create', 'p9', { entity: 'parent' });
    await db.query('delete from item where id <= 3');
    const audit = await rig.ledger.audit(['recovery'], 0);
    const [item, parent] = audit.entities;
    // p2 was not deleted, and what was deleted before its row was made took nothing with it.
    expect(item).toMatchObject({ cascaded: 1, losses: [{ class: 'row lost', count: 2 }] });
    expect(parent).toMatchObject({ expired: 1, losses: [] });
  });
});

describe('a find that is hard to ask', () => {
  it('names with quotes, blanks and letters of all sorts; keys that are texts', async () => {
    await db.query(`create table if not exists "Bestell ""Ära""" ("Schlüssel ""x""" text, "Größe €" text);
      truncate "Bestell ""Ära"""; insert into "Bestell ""Ära""" values ('a,"b}', 'ß☕'), ('{c}', null), ('d''e', 'x\\y')`);
    await using rig = await startLedgerRig(
      {
        endpoints: endpoints({
          find: 'select "Schlüssel ""x""", "Größe €" from "Bestell ""Ära""" where "Schlüssel ""x""" = any($1)',
          values: { 'Größe €': '$.g' },
        }),
        ledger: { entities: { item: { key: 'Schlüssel "x"' } } },
      },
      { postgres },
    );
    rig.write('create', 'a,"b}', { values: { 'Größe €': 'ß☕' } });
    rig.write('create', '{c}', { values: { 'Größe €': null } });
    rig.write('create', "d'e", { values: { 'Größe €': 'x\\y' } });
    expect(await rig.lossesAfter(['soak'])).toEqual({});
    await db.query('alter table "Bestell ""Ära""" drop column "Größe €"');
    expect((await rig.lossesAfter(['rollback']))['value lost Größe €']).toMatchObject({
      count: 2,
      gone: true,
    });
  });

  it('values of every type as they were sent', async () => {
    const all = { ...values, at: '$.at', tags: '$.tags', doc: '$.doc' };
    await using rig = await startLedgerRig({ endpoints: endpoints({ values: all }) }, { postgres });
    rig.write('create', '1', {
      values: {
        amount: '1.0',
        paid: false,
        at: '2026-07-01T02:00:00+02:00',
        tags: '["a","b"]',
        doc: '{"n":1}',
      },
    });
    expect(await rig.lossesAfter(['soak'])).toEqual({});
    await db.query(`update item set tags = array['b', 'a'], doc = '{"n": 2}' where id = 1`);
    expect(Object.keys(await rig.lossesAfter(['rollback'])).sort()).toEqual(['changed doc', 'changed tags']);
  });

  it('a key that is no value of its type is a row that is not there', async () => {
    await using rig = await startLedgerRig({ endpoints: endpoints() }, { postgres });
    for (let i = 1; i <= 40; i++) rig.write('create', String(i), { values: asWritten(i) });
    rig.write('create', 'not a number');
    expect((await rig.lossesAfter(['soak']))['row lost']).toMatchObject({
      count: 1,
      examples: [{ key: 'not a number' }],
    });
  });

  it('what cannot be read is told, not passed', async () => {
    await using rig = await startLedgerRig(
      { endpoints: endpoints({ find: 'select id from item where nothing(id, $1)' }) },
      { postgres },
    );
    rig.write('create', '1');
    rig.write('create', '2');
    const { entities } = await rig.ledger.audit(['soak'], 0);
    expect(entities[0]?.unaudited).toMatchObject({
      keys: 2,
      reason: expect.stringContaining('nothing') as string,
    });
  });

  it('a table that is locked: the audit gives up on its keys', async () => {
    await using rig = await startLedgerRig({ endpoints: endpoints() }, { postgres });
    for (let i = 1; i <= 3; i++) rig.write('create', String(i), { values: asWritten(i) });
    const holder = await postgres.connect();
    await holder.query('begin; lock table item');
    const { entities } = await rig.ledger.audit(['soak'], 0);
    await holder.query('rollback');
    expect(entities[0]?.unaudited).toMatchObject({
      reason: expect.stringContaining('lock timeout') as string,
    });
  });
});

describe('invariants', () => {
  it('nothing, and the same as before the traffic', async () => {
    await using rig = await startLedgerRig(
      {
        endpoints: endpoints(),
        ledger: {
          invariants: {
            'no item without amount': { sql: 'select id from item where amount is null order by id;' },
            total: { sql: 'select sum(amount) as total from item', expect: 'same' },
            broken: { sql: 'select 1 / (select count(*) - 500 from item)' },
          },
        },
      },
      { postgres },
    );
    const holding = (await rig.ledger.audit([], 0)).invariants;
    expect(holding.map(({ holds }) => holds)).toEqual([true, true, undefined]);
    expect(holding[2]?.error).toContain('division by zero');
    await db.query('update item set amount = null where id <= 8');
    const [nothing, total] = (await rig.ledger.audit(['upgrade'], 0)).invariants;
    expect(nothing).toMatchObject({ holds: false, rows: 8 });
    expect(nothing?.sample[0]).toBe('{"id":1}');
    expect(total).toMatchObject({
      holds: false,
      before: ['{"total":125250.00}'],
      sample: ['{"total":125214.00}'],
    });
  });

  it('a reading after the upgrade never stands in for one before the traffic that is missing', async () => {
    const sql = 'select sum(amount) as total from item';
    await using rig = await startLedgerRig(
      { endpoints: endpoints(), ledger: { invariants: { total: { sql, expect: 'same' } } } },
      { postgres },
    );
    const [total] = (await rig.ledger.audit(['upgrade'], 0)).invariants;
    expect(total).toMatchObject({ error: 'it could not be read before the traffic' });
    expect(total).not.toHaveProperty('holds');
  });
});
