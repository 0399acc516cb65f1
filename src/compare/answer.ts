import type { Answer, Interval } from '../model/comparison.js';

export interface Evidence {
  /** On the scale of the test, candidate − baseline. */
  estimate: number;
  interval: Interval;
  equivalence: Interval;
  /** After Holm or Benjamini–Hochberg. */
  adjustedP: number;
  /** Null: too few runs for the permutation test. */
  permutationP: number | null;
  /** Enough runs to go by the t test alone. */
  tAlone: boolean;
  better: 'lower' | 'higher' | 'neither';
}

export interface Bar {
  alpha: number;
  /** The smallest difference that matters, on the scale of the test: [on the low side, on the high side]. */
  margin: Interval;
}

export interface Answered {
  answer: Answer;
  reason: string;
}

/**
 * One of three answers. Equivalent: two one-sided tests, that is the 90% interval lies within the margin, even where
 * the small difference is certain. Regressed (improved): the t test after its adjustment and the permutation test
 * agree; where runs are too few to permute, the 95% interval must lie beyond the margin altogether. Else it is
 * inconclusive, which is not a pass.
 */
export function answerOf(evidence: Evidence, { alpha, margin }: Bar): Answered {
  const { estimate, interval, equivalence, adjustedP, permutationP, tAlone, better } = evidence;
  const within = (one: Interval) => one.low >= margin.low && one.high <= margin.high;
  if (within(equivalence)) return { answer: 'equivalent', reason: 'within the margin' };
  const inconclusive = (reason: string): Answered => ({ answer: 'inconclusive', reason });
  if (!(adjustedP <= alpha)) return inconclusive('it may be chance');
  if (permutationP !== null) {
    if (permutationP > alpha) return inconclusive('the t test sees a change, the permutation test does not');
  } else {
    if (!tAlone) return inconclusive('too few runs');
    const beyond = estimate > 0 ? interval.low > margin.high : interval.high < margin.low;
    if (!beyond) return inconclusive('too few runs to permute, and the interval reaches into the margin');
  }
  if (better === 'neither') return inconclusive('it changed, and neither way is better');
  const worse = better === 'lower' ? estimate > 0 : estimate < 0;
  return { answer: worse ? 'regressed' : 'improved', reason: permutationP === null ? 't test alone' : '' };
}
