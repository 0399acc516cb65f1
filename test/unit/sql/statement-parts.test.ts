import { describe, expect, it } from 'vitest';
import { statementParts } from '../../../src/sql/parts/statement-parts.js';

describe('the parts of a statement', () => {
  it('cuts an ALTER TABLE into its actions, in the user’s own words', async () => {
    const parts = await statementParts(
      `-- why
       alter table if exists only public."T" add column if not exists "a,b" numeric(10, 2) default coalesce(1, 2) /* (,) */ not null
         constraint k references p (id) on delete cascade,
       alter column q set data type bigint using q::bigint, add constraint x check (a > 0 and b in (1, 2)) not valid;`,
    );
    expect(parts?.table).toBe('public."T"');
    expect(parts?.actions).toMatchObject([
      {
        kind: 'AddColumn',
        column: '"a,b"',
        adds: {
          name: '"a,b"',
          type: 'numeric(10, 2)',
          constraints: [
            { kind: 'default', constant: false },
            { kind: 'not null', text: 'not null' },
            { kind: 'foreign key', text: 'constraint k references p (id) on delete cascade' },
          ],
        },
      },
      { kind: 'AlterColumnType', column: 'q', type: 'bigint', using: 'q::bigint' },
      {
        kind: 'AddConstraint',
        constraint: {
          kind: 'check',
          name: 'x',
          definition: 'check (a > 0 and b in (1, 2)) not valid',
          notValid: true,
        },
      },
    ]);
  });

  it.each([
    ["default 'x'::text", true],
    ['default now()', true],
    ['default current_timestamp', true],
    ['default clock_timestamp()', false],
    ['default gen_random_uuid()', false],
  ])('knows a constant default: %s', async (definition, constant) => {
    const parts = await statementParts(`alter table t add c text ${definition}`);
    expect(parts?.actions?.[0]?.adds?.constraints[0]).toMatchObject({ kind: 'default', constant });
  });

  it('puts CONCURRENTLY where it belongs', async () => {
    const text = async (sql: string) => {
      const parts = await statementParts(sql);
      return parts?.index?.concurrentText ?? parts?.reindexes?.concurrentText;
    };
    expect(await text('create unique index if not exists i on t (a) where index > 1')).toBe(
      'create unique index CONCURRENTLY if not exists i on t (a) where index > 1',
    );
    expect(await text('reindex (verbose) table t')).toBe('reindex (verbose) table CONCURRENTLY t');
    expect(await text('create index concurrently i on t (a)')).toBe('create index concurrently i on t (a)');
  });

  it('parts an UPDATE at its own WHERE', async () => {
    const parts = await statementParts(
      "update only orders as o set a = (select 1 from x where y), b = o.c is distinct from 'w' where o.d > 1 or e returning id",
    );
    expect(parts?.rows).toEqual({
      verb: 'update',
      head: "update only orders as o set a = (select 1 from x where y), b = o.c is distinct from 'w'",
      alias: '"o"',
      where: 'o.d > 1 or e',
    });
  });

  it('reads partitions and drops', async () => {
    expect(
      (await statementParts('create table s.p2 partition of s.part for values from (1) to (2)'))?.partitionOf,
    ).toEqual({
      parent: 's.part',
      bound: 'for values from (1) to (2)',
    });
    expect(
      (await statementParts('create table h partition of part for values with (modulus 2, remainder 1)'))
        ?.partitionOf,
    ).toEqual({
      parent: 'part',
      bound: 'for values with (modulus 2, remainder 1)',
    });
    expect((await statementParts('drop index if exists a, s."B" cascade'))?.drops).toEqual({
      kind: 'index',
      names: ['a', 's."B"'],
      concurrently: false,
      cascades: true,
    });
  });

  it('says nothing of what does not parse', async () => {
    expect(await statementParts('alter tabel t')).toBeUndefined();
  });
});
