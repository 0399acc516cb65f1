import { splitSql } from '../../sql/split.js';
import type { SqlStatement } from '../../model/plan.js';
import type { DocumentPath, Problem } from '../document.js';

/** A value that ends in .sql names a file beside the scenario; anything else is SQL. */
export function isSqlFile(text: string): boolean {
  return /\.sql$/i.test(text.trim()) && !/[\r\n;]/.test(text.trim());
}

/** Splits SQL that stands in the scenario; its problems point into the text. */
export async function splitInline(
  path: DocumentPath,
  text: string,
): Promise<{ statements: SqlStatement[]; marker?: 'file' | 'statement'; problems: Problem[] }> {
  const split = await splitSql(text, { file: '' });
  return {
    ...split,
    problems: split.problems.map(({ line, column, message, hint }) => ({
      path,
      ...(line !== undefined && { target: { offset: offsetOf(text, line, column ?? 1) } }),
      message: `SQL: ${message}`,
      ...(hint !== undefined && { hint }),
    })),
  };
}

/** UTF-16 offset of a line and column (code points), both from 1. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  return before + [...(lines[line - 1] ?? '')].slice(0, column - 1).join('').length;
}
