import type { SqlSource, SqlStatement } from '../model/plan.js';

/** What commits or fails together: the unit of retry, and how long its locks are held. */
export interface TransactionUnit {
  statements: SqlStatement[];
  /** BEGIN comes from the migration tool, not from the file. */
  opens: boolean;
  /** COMMIT comes from the migration tool. */
  commits: boolean;
  /** The file's own BEGIN has no COMMIT: Postgres rolls it back when the session ends. */
  leftOpen: boolean;
}

/** Neither the tool nor the file opens a block: each statement commits by itself. */
export function isAutocommit(unit: TransactionUnit): boolean {
  return !unit.opens && unit.statements.every((s) => s.kind !== 'begin');
}

/**
 * Where the transactions of a file begin and end, as Postgres sees them: `file` puts a BEGIN before and a COMMIT
 * behind, and the file's own BEGIN, COMMIT and ROLLBACK count in both modes (a COMMIT inside a wrapped file ends
 * the wrapper's transaction, and what follows commits by itself).
 */
export function transactionUnits({ statements, transaction }: SqlSource): TransactionUnit[] {
  const units: TransactionUnit[] = [];
  const wrapped = transaction === 'file';
  let open: TransactionUnit | undefined = wrapped ? blockOf(true) : undefined;
  for (const statement of statements) {
    if (open) {
      open.statements.push(statement);
      if (statement.kind === 'commit' || statement.kind === 'rollback') {
        units.push(open);
        open = undefined;
      }
      continue;
    }
    const unit = blockOf(false);
    unit.statements.push(statement);
    if (statement.kind === 'begin') open = unit;
    else units.push(unit);
  }
  if (open && open.statements.length > 0) units.push({ ...open, commits: wrapped, leftOpen: !wrapped });
  return units;
}

function blockOf(opens: boolean): TransactionUnit {
  return { statements: [], opens, commits: false, leftOpen: false };
}
