/** The 95% interval of a share (Wilson 1927): right for shares near 0 too. */
function wilson(hits: number, of: number): { low: number; high: number } {
  const z = 1.959964;
  const p = hits / of;
  const middle = p + z ** 2 / (2 * of);
  const half = z * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2));
  const scale = 1 + z ** 2 / of;
  return { low: Math.max(0, (middle - half) / scale), high: Math.min(1, (middle + half) / scale) };
}

/** `3.2% (2.0–5.1%)` */
export function shareText(hits: number, of: number): string {
  const { low, high } = wilson(hits, of);
  const percent = (x: number) => (100 * x).toFixed(1);
  return `${percent(hits / of)}% (${percent(low)}–${percent(high)}%)`;
}
