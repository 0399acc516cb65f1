import { tQuantile } from './student-t.js';

/** Fewer pairs, or runs a side, can never be told apart by relabelling at α = 0.05. */
export const fewestPairs = 6;
export const fewestRuns = 4;
const mostRuns = 1_000;
const power = 0.8;

/**
 * Pairs, or runs a side, with which a true difference of `delta` is found with power 0.8 by a two-sided t test at
 * `alpha`, where one difference (paired) or one run (two samples) has the standard deviation `sd`; never fewer than
 * the permutation test takes. n ≥ (t₁₋α⁄₂ + t₀.₈)² sd² ÷ delta², twice that of two samples, with the t of n's own
 * degrees of freedom. Null: more than 1 000.
 */
export function runsNeeded(
  { sd, paired }: { sd: number; paired: boolean },
  delta: number,
  alpha: number,
): number | null {
  if (!(delta > 0) || !Number.isFinite(sd)) return null;
  // The normal distribution's answer is below that of any t: where the search begins.
  const normal = tQuantile(1 - alpha / 2, 1e9) + tQuantile(power, 1e9);
  const least = Math.floor((paired ? 1 : 2) * (normal * (sd / delta)) ** 2);
  for (let n = Math.max(least, paired ? fewestPairs : fewestRuns); n <= mostRuns; n++) {
    const df = paired ? n - 1 : 2 * (n - 1);
    const t = tQuantile(1 - alpha / 2, df) + tQuantile(power, df);
    if (n >= (paired ? 1 : 2) * (t * (sd / delta)) ** 2) return n;
  }
  return null;
}
