import { drawUnit, streamOf } from '../../foundation/rng.js';

/**
 * The relabellings of a permutation test. A row of `weights` is one way to call the runs: by sign (pairs: which of
 * the two is the baseline) or by label (1: candidate). All cells of a comparison are relabelled alike, since a run
 * is the unit.
 */
export interface Relabelling {
  kind: 'signs' | 'labels';
  units: number;
  /** rows × units */
  weights: Int8Array;
  rows: number;
  /** Every relabelling there is, the true one among them; else a random sample, without it. */
  exact: boolean;
  /** The smallest two-sided p that it can give. */
  leastP: number;
}

/** Up to so many relabellings, all of them are tried: 2¹⁴ signs, 8 + 8 labels. */
const mostExact = 20_000;
const drawn = 9_999;

/** Which of the two runs of each of `pairs` pairs is the baseline. */
export function signFlips(pairs: number, seed: number): Relabelling {
  const all = 2 ** pairs;
  const exact = all <= mostExact;
  const rows = exact ? all : drawn;
  const weights = new Int8Array(rows * pairs);
  const stream = streamOf('compare signs');
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < pairs; i++) {
      const flip = exact ? (row >>> i) & 1 : drawUnit(seed, stream, row, i) < 0.5 ? 1 : 0;
      weights[row * pairs + i] = flip === 1 ? -1 : 1;
    }
  }
  return { kind: 'signs', units: pairs, weights, rows, exact, leastP: exact ? 2 / all : 1 / (drawn + 1) };
}

/** Which of all runs, those of the baseline first, are the candidate's. */
export function runLabels(baseline: number, candidate: number, seed: number): Relabelling {
  const units = baseline + candidate;
  const all = choose(units, candidate);
  const exact = all <= mostExact;
  const rows = exact ? all : drawn;
  const weights = new Int8Array(rows * units);
  if (exact) fillCombinations(weights, units, candidate);
  else {
    const stream = streamOf('compare labels');
    for (let row = 0; row < rows; row++) {
      // Selection sampling (Knuth 3.4.2 S): each set of `candidate` runs is equally likely.
      let left = candidate;
      for (let i = 0; i < units && left > 0; i++) {
        if (drawUnit(seed, stream, row, i) * (units - i) >= left) continue;
        weights[row * units + i] = 1;
        left -= 1;
      }
    }
  }
  // With sides of one size the mirror image is as extreme.
  const leastP = exact ? (baseline === candidate ? 2 : 1) / all : 1 / (drawn + 1);
  return { kind: 'labels', units, weights, rows, exact, leastP };
}

function choose(n: number, k: number): number {
  let all = 1;
  for (let i = 1; i <= k; i++) all = (all * (n - k + i)) / i;
  return Math.round(all);
}

function fillCombinations(weights: Int8Array, n: number, k: number): void {
  const chosen = Array.from({ length: k }, (_, i) => i);
  for (let row = 0; ; row++) {
    for (const i of chosen) weights[row * n + i] = 1;
    let at = k - 1;
    while (at >= 0 && chosen[at] === n - k + at) at -= 1;
    if (at < 0) return;
    chosen[at] = (chosen[at] ?? 0) + 1;
    for (let i = at + 1; i < k; i++) chosen[i] = (chosen[i - 1] ?? 0) + 1;
  }
}

/**
 * The two-sided p of the difference of means: the share of relabellings whose difference is at least as large. Of
 * pairs, `values` are the differences; of two samples, the baseline's values and then the candidate's.
 */
export function permutationP(by: Relabelling, values: readonly number[]): number {
  const { units, weights, rows, kind } = by;
  if (values.length !== units) throw new RangeError(`${units} values expected, got ${values.length}`);
  const total = values.reduce((sum, one) => sum + one, 0);
  const candidates = kind === 'labels' ? weights.subarray(0, units).reduce((sum, w) => sum + w, 0) : 0;
  const scale = values.reduce((sum, one) => sum + Math.abs(one), 0);
  const statistic = (sum: number) =>
    kind === 'signs' ? sum : sum / candidates - (total - sum) / (units - candidates);
  const seen = Math.abs(
    statistic(kind === 'signs' ? total : values.slice(units - candidates).reduce((sum, one) => sum + one, 0)),
  );
  // Sums of the same numbers in another order differ in their last digits.
  const least = seen - 1e-9 * scale;
  let extreme = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < units; i++, at++) sum += (weights[at] ?? 0) * (values[i] ?? 0);
    if (Math.abs(statistic(sum)) >= least) extreme += 1;
  }
  return by.exact ? extreme / rows : (extreme + 1) / (rows + 1);
}
