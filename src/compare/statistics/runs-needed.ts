import { tQuantile } from './student-t.js';

/** Fewer pairs, or runs a side, can never be told apart by relabelling at α = 0.05. */
export const fewestPairs = 6;
export const fewestRuns = 4;
const mostRuns = 1_000;
const power = 0.8;

/**
 * What the t test alone does not know of: that relabelling a handful of runs is coarse (of six pairs all must point one
 * way), and that a change as large as the margin passes for equivalent in 1 of 20. Found by simulation.
 */
const morePairs = 2;
const moreRuns = 1;

/**
 * Pairs, or runs a side, with which a true difference of `delta` is found with power 0.8 by a two-sided t test at
 * `alpha`, where one difference (paired) or one run (two samples) was seen to have the standard deviation `sd`, with
 * `df` degrees of freedom. Planned with its upper 80% limit: what was seen is too small every other time, and the
 * power then less than announced (Browne 1995). Never fewer than the permutation test takes, and a few more for what
 * it costs. n ≥ (t₁₋α⁄₂ + t₀.₈)² sd² ÷ delta², twice that of two
 * samples, with the t of n's own degrees of freedom. Null: more than 1 000.
 */
export function runsNeeded(
  { sd, df: seen, paired }: { sd: number; df: number; paired: boolean },
  delta: number,
  alpha: number,
): number | null {
  if (!(delta > 0) || !Number.isFinite(sd) || !(seen > 0)) return null;
  const [fewest, more] = paired ? [fewestPairs, morePairs] : [fewestRuns, moreRuns];
  const times = (paired ? 1 : 2) * ((sd * upperLimit(seen)) / delta) ** 2;
  // The normal distribution's answer is below that of any t: where the search begins.
  const normal = tQuantile(1 - alpha / 2, 1e9) + tQuantile(power, 1e9);
  for (let n = Math.max(2, Math.floor(times * normal ** 2)); n <= mostRuns; n++) {
    const df = paired ? n - 1 : 2 * (n - 1);
    const t = tQuantile(1 - alpha / 2, df) + tQuantile(power, df);
    if (n >= times * t ** 2) return Math.max(fewest, n + more);
  }
  return null;
}

/** The upper 80% limit of a standard deviation, as a multiple of the one seen: √(df ÷ χ²₀.₂), by Wilson–Hilferty. */
function upperLimit(df: number): number {
  const spread = 2 / (9 * df);
  return (1 - spread + tQuantile(0.2, 1e9) * Math.sqrt(spread)) ** -1.5;
}
