import type { Interval } from '../../model/comparison.js';
import { permutationP, type Relabelling } from './relabel.js';
import { tQuantile, twoSidedP } from './student-t.js';

export interface Difference {
  /** Mean of candidate − baseline. */
  estimate: number;
  /** Of the estimate. */
  standardError: number;
  /** Of one difference (paired), or of one run, pooled over the sides (two samples). */
  sd: number;
  df: number;
  p: number;
}

/** Of pairs: Student's t of the differences. Undefined for fewer than two. */
export function pairedDifference(
  baseline: readonly number[],
  candidate: readonly number[],
): Difference | undefined {
  const differences = baseline.map((a, at) => (candidate[at] ?? Number.NaN) - a);
  const n = differences.length;
  if (n < 2) return undefined;
  const estimate = mean(differences);
  const sd = Math.sqrt(squares(differences) / (n - 1));
  return withP({ estimate, standardError: sd / Math.sqrt(n), sd, df: n - 1 });
}

/**
 * Of two samples: Welch's t. With one run on a side its variance is taken to be the other's. Undefined where neither
 * side has two.
 */
export function twoSampleDifference(
  baseline: readonly number[],
  candidate: readonly number[],
): Difference | undefined {
  const [n, m] = [baseline.length, candidate.length];
  if (n < 1 || m < 1 || n + m < 3) return undefined;
  const estimate = mean(candidate) - mean(baseline);
  const pooled = (squares(baseline) + squares(candidate)) / (n + m - 2);
  const sd = Math.sqrt(pooled);
  if (n === 1 || m === 1) {
    return withP({ estimate, standardError: sd * Math.sqrt(1 / n + 1 / m), sd, df: n + m - 2 });
  }
  const [a, b] = [squares(baseline) / (n - 1) / n, squares(candidate) / (m - 1) / m];
  const welch = a + b === 0 ? n + m - 2 : (a + b) ** 2 / (a ** 2 / (n - 1) + b ** 2 / (m - 1));
  return withP({ estimate, standardError: Math.sqrt(a + b), sd, df: welch });
}

/** A difference whose variance is known from elsewhere, with that knowledge's degrees of freedom. */
export function knownDifference(estimate: number, standardError: number, df: number): Difference {
  return withP({ estimate, standardError, sd: standardError, df });
}

function withP(known: Omit<Difference, 'p'>): Difference {
  const { estimate, standardError, df } = known;
  if (standardError === 0) return { ...known, p: estimate === 0 ? 1 : 0 };
  return { ...known, p: twoSidedP(estimate / standardError, df) };
}

/** The t interval that covers the true difference with `level` (0.95, 0.9). */
export function intervalOf(
  { estimate, standardError, df }: Pick<Difference, 'estimate' | 'standardError' | 'df'>,
  level: number,
): Interval {
  const half = standardError === 0 ? 0 : tQuantile((1 + level) / 2, df) * standardError;
  return { low: estimate - half, high: estimate + half };
}

/** The permutation p of two sides; null where the runs are too few for it to reach `alpha`. */
export function relabelledP(
  by: Relabelling | undefined,
  baseline: readonly number[],
  candidate: readonly number[],
  alpha: number,
): number | null {
  if (!by || by.leastP > alpha) return null;
  if (by.kind === 'labels') return permutationP(by, [...baseline, ...candidate]);
  return permutationP(
    by,
    baseline.map((a, at) => (candidate[at] ?? Number.NaN) - a),
  );
}

/**
 * What is left of values among which some are +∞: of pairs the signed ranks of their differences (Wilcoxon), of two
 * samples the midranks, in the form that the relabelling takes. Two ∞ differ by nothing.
 */
export function rankedP(by: Relabelling, baseline: readonly number[], candidate: readonly number[]): number {
  if (by.kind === 'labels') return permutationP(by, midranks([...baseline, ...candidate]));
  return permutationP(by, signedRanks(baseline, candidate));
}

/** Which way the ranks of `rankedP` point: above 0, the candidate is the slower. */
export function rankedShift(
  kind: Relabelling['kind'],
  baseline: readonly number[],
  candidate: readonly number[],
): number {
  if (kind === 'labels') {
    const ranks = midranks([...baseline, ...candidate]);
    return mean(ranks.slice(baseline.length)) - mean(ranks.slice(0, baseline.length));
  }
  return signedRanks(baseline, candidate).reduce((sum, one) => sum + one, 0);
}

function signedRanks(baseline: readonly number[], candidate: readonly number[]): number[] {
  const differences = baseline.map((a, at) => {
    const b = candidate[at] ?? Number.NaN;
    return a === b ? 0 : b - a;
  });
  const ranks = midranks(differences.map(Math.abs));
  return differences.map((one, at) => Math.sign(one) * (ranks[at] ?? 0));
}

function midranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((a, b) => {
    const [x, y] = [values[a] ?? 0, values[b] ?? 0];
    return x === y ? 0 : x - y;
  });
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let i = from; i < to; i++) ranks[order[i] ?? 0] = (from + to + 1) / 2;
    from = to;
  }
  return ranks;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

/** Σ (x − mean)². Differences that are only rounding count as none. */
function squares(values: readonly number[]): number {
  const middle = mean(values);
  const sum = values.reduce((total, one) => total + (one - middle) ** 2, 0);
  const size = values.reduce((total, one) => total + one ** 2, 0);
  return sum <= 1e-24 * size ? 0 : sum;
}
