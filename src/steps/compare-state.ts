import type { PgSession } from '../model/contracts.js';
import { readRows, type DatabaseState } from './database-state.js';

type Session = Pick<PgSession, 'query'>;

/** `- index …` is missing, `+ column …` was not there before. */
export function schemaDifferences(before: DatabaseState, after: DatabaseState): string[] {
  const gone = [...before.schema].filter((line) => !after.schema.has(line)).map((line) => `- ${line}`);
  const come = [...after.schema].filter((line) => !before.schema.has(line)).map((line) => `+ ${line}`);
  return [...gone, ...come].sort((a, b) => a.slice(2).localeCompare(b.slice(2)));
}

/** What rows lost, a line each. Where a table's rows differ, its columns are read one by one on both sides. */
export async function dataLost(
  before: DatabaseState,
  after: DatabaseState,
  sessions: { original: Session; rolledBack: Session },
): Promise<string[]> {
  const lost: string[] = [];
  for (const [name, table] of before.tables) {
    const now = after.tables.get(name);
    if (!now) {
      if (table.rows !== '0') lost.push(`${name}: the table is gone, with its ${table.rows} rows`);
      continue;
    }
    const gone = [...table.columns.keys()].filter((column) => !now.columns.has(column));
    for (const column of gone) if (table.rows !== '0') lost.push(`${name}.${column}: the column is gone`);
    if (now.rows !== table.rows) lost.push(`${name}: ${table.rows} rows before, ${now.rows} after`);
    else if (gone.length === 0 && now.hash !== table.hash) {
      lost.push(...(await differingColumns(name, table, sessions)));
    }
  }
  return lost;
}

async function differingColumns(
  name: string,
  { relation, columns }: { relation: string; columns: ReadonlyMap<string, string> },
  { original, rolledBack }: { original: Session; rolledBack: Session },
): Promise<string[]> {
  const differing: string[] = [];
  for (const [column, quoted] of columns) {
    const [was, is] = [
      await readRows(original, relation, [quoted]),
      await readRows(rolledBack, relation, [quoted]),
    ];
    if (was.hash !== is.hash) differing.push(`${name}.${column}: values differ from before the upgrade`);
  }
  return differing.length > 0 ? differing : [`${name}: values moved between its rows`];
}
