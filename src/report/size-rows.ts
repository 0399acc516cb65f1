import type { ResultView } from '../model/result.js';
import { tableName } from './plain-text.js';

export interface SizeRow {
  table: string;
  rehearsed: { rows: number; bytes: number } | undefined;
  production: { rows?: number | undefined; bytes?: number | undefined } | undefined;
  /** Production ÷ rehearsed, by bytes where both are known, else by rows. */
  factor: number | undefined;
}

/** Production beside rehearsed (truth: a toy size is not production), the largest factor first. */
export function sizeRows(view: Pick<ResultView, 'plan' | 'fingerprint' | 'trace'>): SizeRow[] {
  const sizes = Object.entries({ ...view.fingerprint?.tables, ...view.trace.tables });
  const rehearsed = new Map(sizes.map(([table, size]) => [tableName(table), size]));
  const declared = Object.entries(view.plan.scenario.production?.tables ?? {});
  const production = new Map(declared.map(([table, size]) => [tableName(table), size]));
  const tables = new Set([...production.keys(), ...rehearsed.keys()]);
  return [...tables]
    .map((table): SizeRow => {
      const here = rehearsed.get(table);
      const there = production.get(table);
      return {
        table,
        rehearsed: here,
        production: there && { rows: there.rows, bytes: there.size },
        factor: ratio(there?.size, here?.bytes) ?? ratio(there?.rows, here?.rows),
      };
    })
    .sort(
      (a, b) => (b.factor ?? 0) - (a.factor ?? 0) || (b.rehearsed?.bytes ?? 0) - (a.rehearsed?.bytes ?? 0),
    );
}

function ratio(production: number | undefined, rehearsed: number | undefined): number | undefined {
  if (production === undefined || rehearsed === undefined || rehearsed <= 0) return undefined;
  return production / rehearsed;
}
