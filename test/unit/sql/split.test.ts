import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitSql } from '../../../src/sql/split.js';

const split = (text: string, section?: 'up' | 'down') => splitSql(text, { file: 'm.sql', section });

describe('splitSql', () => {
  it('gives text, line, node, kind and whether a transaction block is allowed', async () => {
    const { statements, problems, marker } = await split(
      "-- é comment\nselect 'ü;';  -- trailing ; here\n\n  /* x; */ create index concurrently a on s.b(c);;\nbegin;\ncommit",
    );
    expect(problems).toEqual([]);
    expect(marker).toBeUndefined();
    expect(statements).toEqual([
      {
        index: 0,
        text: "select 'ü;'",
        line: 2,
        column: 1,
        node: 'SelectStmt',
        kind: 'other',
        transactional: true,
      },
      {
        index: 1,
        text: 'create index concurrently a on s.b(c)',
        line: 4,
        column: 12,
        node: 'IndexStmt',
        kind: 'other',
        transactional: false,
      },
      {
        index: 2,
        text: 'begin',
        line: 5,
        column: 1,
        node: 'TransactionStmt',
        kind: 'begin',
        transactional: true,
      },
      {
        index: 3,
        text: 'commit',
        line: 6,
        column: 1,
        node: 'TransactionStmt',
        kind: 'commit',
        transactional: true,
      },
    ]);
  });

  it('brings back every statement of a concatenation, whatever stands between them', async () => {
    const statements = fc.constantFrom(
      'select 1',
      "insert into t values ('a;b', E'\\';', 'ünï 🐘;')",
      'create function f() returns int language plpgsql as $body$ begin perform 1; return $$x;$$; end; $body$',
      'create function g() returns int begin atomic select 1; select 2; end',
      "do $$ begin raise notice '; é'; end $$",
      'alter table "we;ird-ä" add column "c;" int',
      "comment on table t is '-- not a comment'",
      'update t /* inner ; comment /* nested */ */ set a = 1',
      'select $1::text',
    );
    const between = fc.constantFrom(';', ' ;\n', ';\n-- ä; comment\n', ';\r\n', '; /* 🐘 ; */ ', ';;\n\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(statements, between), { maxLength: 12 }), async (parts) => {
        const text = parts.map(([s, b]) => s + b).join('');
        const result = await split(text);
        expect(result.problems).toEqual([]);
        expect(result.statements.map((s) => s.text)).toEqual(parts.map(([s]) => s));
        let before = '';
        for (const [at, [s, b]] of parts.entries()) {
          expect(result.statements[at]?.line).toBe(before.split('\n').length);
          before += s + b;
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['create unique index concurrently i on t(a)', false],
    ['create index i on t(a)', true],
    ['drop index concurrently i', false],
    ['drop index i', true],
    ['reindex (concurrently) table t', false],
    ['reindex table concurrently t', false],
    ['reindex index i', true],
    ['reindex schema public', false],
    ['vacuum t', false],
    ['analyze t', true],
    ['create database d', false],
    ['drop database d', false],
    ["create tablespace s location '/x'", false],
    ['drop tablespace s', false],
    ["alter system set work_mem = '1MB'", false],
    ['alter table p detach partition c concurrently', false],
    ['alter table p detach partition c', true],
    ['cluster', false],
    ['cluster t using i', true],
    ['alter database d set tablespace s', false],
    ["alter database d set work_mem = '1MB'", true],
    ["create subscription s connection 'x' publication p", false],
    ["create subscription s connection 'x' publication p with (connect = false)", true],
    ['alter subscription s refresh publication', false],
    ['drop subscription s', false],
    ['discard all', false],
    ['discard temp', true],
    ["commit prepared 'x'", false],
    ["alter type e add value 'x'", true],
  ])('%s: transactional %s', async (text, transactional) => {
    const { statements, problems } = await split(text);
    expect(problems).toEqual([]);
    expect(statements.map((s) => s.transactional)).toEqual([transactional]);
  });

  it.each([
    ['begin', 'begin'],
    ['start transaction isolation level serializable', 'begin'],
    ['commit', 'commit'],
    ['end', 'commit'],
    ['rollback', 'rollback'],
    ['abort', 'rollback'],
    ['savepoint a', 'other'],
    ['rollback to savepoint a', 'other'],
  ])('%s is a %s', async (text, kind) => {
    expect((await split(text)).statements.map((s) => s.kind)).toEqual([kind]);
  });

  it('has nothing to say about empty files', async () => {
    for (const text of ['', '  \n', '-- only a comment\n', ';;\n']) {
      expect(await split(text)).toEqual({ statements: [], problems: [] });
    }
  });

  it('refuses AND CHAIN, which would open a transaction unseen', async () => {
    expect((await split('begin;\ncommit and chain;')).problems).toMatchObject([{ line: 2, column: 1 }]);
    expect((await split('commit and no chain')).problems).toEqual([]);
  });

  it('ignores a byte order mark', async () => {
    expect((await split('\ufeffselect 1')).statements.map((s) => s.text)).toEqual(['select 1']);
  });
});

describe('syntax errors', () => {
  it('are all reported, with line and column in characters, and the good statements still come back', async () => {
    const { statements, problems } = await split(
      "select 'é';\nselect 'ü' frm from;\nselect 2;\n  alter tabl x;\nselect 3;",
    );
    expect(problems).toEqual([
      { file: 'm.sql', line: 2, column: 20, message: 'syntax error at or near ";"' },
      { file: 'm.sql', line: 4, column: 9, message: 'syntax error at or near "tabl"' },
    ]);
    expect(statements.map((s) => [s.text, s.line])).toEqual([
      ["select 'é'", 1],
      ['select 2', 3],
      ['select 3', 5],
    ]);
  });

  it('are reported where even the lexer gives up', async () => {
    expect((await split("select 1;\nselect 'abc;\n")).problems).toEqual([
      {
        file: 'm.sql',
        line: 2,
        column: 8,
        message: expect.stringContaining('unterminated quoted string') as string,
      },
    ]);
  });

  it('at the end of the text', async () => {
    expect((await split('select 1;\ncreate table')).problems).toEqual([
      { file: 'm.sql', line: 2, column: 13, message: 'syntax error at end of input' },
    ]);
  });

  it('are never endless', async () => {
    const { problems } = await split('selec 1;\n'.repeat(100));
    expect(problems).toHaveLength(20);
  });
});

describe('what only psql reads', () => {
  const hint = expect.stringContaining('command: [psql, -v, ON_ERROR_STOP=1, -f, file]') as string;

  it('meta-commands', async () => {
    const { problems, statements } = await split('\\set x 1\nselect 1;\n\\copy t from x.csv\nselect 2;');
    expect(problems).toMatchObject([
      { line: 1, column: 1, hint },
      { line: 3, column: 1, hint },
    ]);
    expect(statements.map((s) => s.text)).toEqual(['select 1', 'select 2']);
  });

  it('variables, but not array slices and casts', async () => {
    expect((await split('select :x;')).problems).toMatchObject([{ line: 1, column: 8, hint }]);
    expect((await split("select a[1:2], '1'::int from t;")).problems).toEqual([]);
  });

  it('COPY data', async () => {
    const { problems, statements } = await split(
      "create table a(x int);\ncopy a from stdin;\n1\n2 it's\n\\.\nselect 1;\n",
    );
    expect(problems).toMatchObject([
      { line: 3, hint },
      { line: 2, column: 1, message: expect.stringContaining('COPY FROM stdin') as string, hint },
    ]);
    expect(statements.map((s) => s.text)).toContain('select 1');
    expect((await split("copy a from '/tmp/x'")).problems).toEqual([]);
  });
});
