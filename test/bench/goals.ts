/** One goal of the reference tables, and what came of it here. */
export interface Goal {
  goal: string;
  measured: string;
  met: boolean;
}

/** What a bench file exports as `run`: it prints its figures, and returns the goals it speaks to. */
export type Bench = () => Promise<Goal[]>;

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  for (const row of rows) {
    const line = row.map((text, at) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!)));
    console.log(`  ${line.join('  ')}`);
  }
}

export function printGoals(goals: readonly Goal[]): void {
  printTable([
    ['goal', 'measured', ''],
    ...goals.map(({ goal, measured, met }) => [goal, measured, met ? 'met' : 'NOT met']),
  ]);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
