import { describe, expect, it } from 'vitest';
import { splitSql } from '../../../src/sql/split.js';

const split = (text: string, section?: 'up' | 'down') => splitSql(text, { file: 'm.sql', section });
const texts = async (text: string, section?: 'up' | 'down') => {
  const { statements, marker, problems } = await split(text, section);
  return { texts: statements.map((s) => `${s.line}: ${s.text}`), marker, problems };
};

describe('goose', () => {
  const file = [
    '-- äöü',
    '-- +goose Up',
    'create table a(x int);',
    '-- +goose StatementBegin',
    'create function f() returns int language plpgsql as $$ begin return 1; end $$;',
    '-- +goose StatementEnd',
    '-- +goose Down',
    'drop table a;',
  ].join('\n');

  it('runs each direction in one transaction, with the lines of the file', async () => {
    expect(await texts(file, 'up')).toEqual({
      texts: [
        '3: create table a(x int)',
        '5: create function f() returns int language plpgsql as $$ begin return 1; end $$',
      ],
      marker: 'file',
      problems: [],
    });
    expect(await texts(file, 'down')).toEqual({ texts: ['8: drop table a'], marker: 'file', problems: [] });
  });

  it('NO TRANSACTION lets each statement stand alone', async () => {
    const text = '-- +goose NO TRANSACTION\n-- +goose Up\nselect 1; select 2;\n-- +goose Down\n';
    expect(await texts(text, 'up')).toMatchObject({ marker: 'statement', problems: [] });
    expect(await texts(text, 'down')).toEqual({ texts: [], marker: 'statement', problems: [] });
  });

  it('a remark that reads like another tool’s marker ends nothing', async () => {
    const remarks =
      '-- Up migration of orders\n-- +goose NO TRANSACTION\n-- +goose Up\n-- Down migration drops it\n';
    expect(
      await texts(`${remarks}select 1;\n-- +goose Down\n-- up migration: above\nselect 2;\n`, 'up'),
    ).toEqual({
      texts: ['5: select 1'],
      marker: 'statement',
      problems: [],
    });
    expect(
      await texts(`${remarks}select 1;\n-- +goose Down\n-- up migration: above\nselect 2;\n`, 'down'),
    ).toEqual({
      texts: ['8: select 2'],
      marker: 'statement',
      problems: [],
    });
  });

  it('does not fill in the environment', async () => {
    const { problems } = await split('-- +goose Up\n-- +goose ENVSUB ON\nselect 1;\n', 'up');
    expect(problems).toMatchObject([{ line: 2, hint: expect.stringContaining('command:') as string }]);
  });
});

describe('dbmate', () => {
  it('wraps a direction in a transaction', async () => {
    const text = '-- migrate:up\nselect 1; select 2;\n\n-- migrate:down\nselect 3;\n';
    expect(await texts(text, 'up')).toEqual({
      texts: ['2: select 1', '2: select 2'],
      marker: 'file',
      problems: [],
    });
    expect((await texts(text, 'down')).texts).toEqual(['5: select 3']);
  });

  it('transaction:false counts for its own direction', async () => {
    const text =
      '-- migrate:up transaction:false\ncreate index concurrently i on t(a);\n-- migrate:down\ndrop index i;\n';
    expect(await texts(text, 'up')).toMatchObject({ marker: 'statement', problems: [] });
    expect(await texts(text, 'down')).toMatchObject({ marker: 'file', problems: [] });
  });

  it('transaction:false with several statements is still one implicit transaction', async () => {
    expect(await split('-- migrate:up transaction:false\nselect 1;\nselect 2;\n', 'up')).toMatchObject({
      marker: 'file',
      problems: [],
    });
    const refused = await split(
      '-- migrate:up transaction:false\nselect 1;\ncreate index concurrently i on t(a);\n',
      'up',
    );
    expect(refused.problems).toMatchObject([{ line: 3 }]);
  });
});

describe('node-pg-migrate', () => {
  it('finds Up and Down Migration', async () => {
    const text = '-- Up Migration\ncreate table a();\n\n-- Down Migration\ndrop table a;\n';
    expect(await texts(text, 'up')).toEqual({ texts: ['2: create table a()'], marker: 'file', problems: [] });
    expect(await texts(text, 'down')).toEqual({ texts: ['5: drop table a'], marker: 'file', problems: [] });
  });
});

describe('sections that are not there', () => {
  it('a plain file has none', async () => {
    expect(await split('select 1;', 'up')).toMatchObject({
      problems: [{ file: 'm.sql', hint: expect.stringContaining('+goose Up') as string }],
    });
  });

  it('a sectioned file needs to know which', async () => {
    const result = await split('-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;\n');
    expect(result).toMatchObject({ statements: [], problems: [{ line: 1 }] });
  });

  it('a direction may be missing', async () => {
    expect((await split('-- migrate:up\nselect 1;\n', 'down')).problems).toMatchObject([
      { message: 'the dbmate file has no down section' },
    ]);
  });

  it('errors inside a section keep the line of the file', async () => {
    expect((await split('-- é\n-- +goose Up\n\nselec 1;\n-- +goose Down\n', 'up')).problems).toMatchObject([
      { line: 4, column: 1 },
    ]);
  });
});
