/**
 * Fewer points that keep every extreme: of each run of `2 × each` values the lowest and the highest, in the order in
 * which they came. An unknown value (null) among known ones is passed over; a run of unknowns stays unknown.
 */
export function thinOut(values: readonly (number | null)[], each: number): (number | null)[] {
  if (each <= 1) return [...values];
  const kept: (number | null)[] = [];
  for (let from = 0; from < values.length; from += 2 * each) {
    const run = values.slice(from, from + 2 * each);
    let low = -1;
    let high = -1;
    for (const [at, value] of run.entries()) {
      if (value === null) continue;
      if (low < 0 || value < (run[low] ?? 0)) low = at;
      if (high < 0 || value >= (run[high] ?? 0)) high = at;
    }
    kept.push(run[Math.min(low, high)] ?? null, run[Math.max(low, high)] ?? null);
  }
  return kept;
}
