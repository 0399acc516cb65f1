const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Values as a row of blocks from the smallest to the largest, at most `cells` wide (the largest of those that share a
 * cell is shown). `·` is a value that is missing, `∞` one without end.
 */
export function sparkline(values: readonly (number | 'inf' | null)[], cells: number): string {
  const shown = Math.min(cells, values.length);
  const parts = Array.from({ length: shown }, (_, at) =>
    worst(
      values.slice(Math.floor((at * values.length) / shown), Math.floor(((at + 1) * values.length) / shown)),
    ),
  );
  const known = parts.filter((value) => typeof value === 'number');
  const low = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return parts
    .map((value) => {
      if (value === null) return '·';
      if (value === 'inf') return '∞';
      const share = high > low ? (value - low) / (high - low) : 0;
      return levels[Math.min(levels.length - 1, Math.floor(share * levels.length))] ?? levels[0];
    })
    .join('');
}

function worst(values: readonly (number | 'inf' | null)[]): number | 'inf' | null {
  return values.reduce<number | 'inf' | null>((most, value) => {
    if (most === 'inf' || value === 'inf') return 'inf';
    if (value === null) return most;
    return most === null ? value : Math.max(most, value);
  }, null);
}
