import { describe, expect, it } from 'vitest';
import { splitSql } from '../../../src/sql/split.js';
import { isAutocommit, transactionUnits } from '../../../src/steps/transactions.js';

/** `[BEGIN] 0 1 [COMMIT]`: brackets are the tool's, indexes the file's statements. */
async function units(sql: string, transaction: 'file' | 'statement'): Promise<string[]> {
  const { statements } = await splitSql(sql, { file: 'x' });
  return transactionUnits({ statements, transaction }).map((unit) =>
    [
      unit.opens ? '[BEGIN]' : '',
      ...unit.statements.map((s) => s.index),
      unit.commits ? '[COMMIT]' : '',
      unit.leftOpen ? 'open' : '',
      isAutocommit(unit) ? 'auto' : '',
    ]
      .filter((part) => part !== '')
      .join(' '),
  );
}

describe('transactionUnits', () => {
  it.each([
    ['select 1; select 2', 'statement', ['0 auto', '1 auto']],
    ['select 1; select 2', 'file', ['[BEGIN] 0 1 [COMMIT]']],
    ['', 'file', []],
    ['', 'statement', []],
    ['begin; select 1; commit', 'statement', ['0 1 2']],
    ['select 1; begin; select 2; commit; select 3', 'statement', ['0 auto', '1 2 3', '4 auto']],
    ['begin; select 1; rollback; select 2', 'statement', ['0 1 2', '3 auto']],
    ['begin; select 1', 'statement', ['0 1 open']],
    // Postgres warns of the second BEGIN and goes on; the inner COMMIT ends the wrapper's transaction.
    ['begin; select 1; commit', 'file', ['[BEGIN] 0 1 2']],
    ['select 1; commit; select 2', 'file', ['[BEGIN] 0 1', '2 auto']],
    ['select 1; commit; begin; select 2', 'file', ['[BEGIN] 0 1', '2 3 [COMMIT]']],
    ['begin; savepoint a; rollback to a; commit', 'statement', ['0 1 2 3']],
    ['commit; select 1', 'statement', ['0 auto', '1 auto']],
  ] as const)('%s, transaction: %s', async (sql, transaction, expected) => {
    expect(await units(sql, transaction)).toEqual(expected);
  });
});
