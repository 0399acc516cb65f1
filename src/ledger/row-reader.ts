import type { FoundRow } from './history.js';
import type { ValueKind } from './same-value.js';

/** What one look at the rows of some keys brought. */
export interface RowsRead {
  /** By key, as asked; a key without rows is not in it. */
  rows: ReadonlyMap<string, FoundRow[]>;
  /** Keys that could not be looked for, and why. */
  failed?: { keys: readonly string[]; reason: string };
  /** How long the system was asked, ms. */
  tookMs: number;
}

/** Finds the rows of one entity again, by SQL or over its API. */
export interface RowReader extends AsyncDisposable {
  readonly by: 'sql' | 'http';
  /** Columns of the ledger that are not there any more. */
  readonly goneColumns: readonly string[];
  /** The whole table is gone. */
  readonly tableGone: boolean;
  /** How many keys the next `read` should ask for. */
  readonly batchSize: number;
  kindOf(column: string): ValueKind;
  read(keys: readonly string[]): Promise<RowsRead>;
}
