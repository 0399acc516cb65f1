import type { ComparisonMethod, ComparisonTest, Interval } from '../model/comparison.js';
import { answerOf, type Answered } from './answer.js';
import {
  intervalOf,
  mean,
  pairedDifference,
  rankedP,
  rankedShift,
  relabelledP,
  twoSampleDifference,
  type Difference,
} from './statistics/difference.js';
import type { Relabelling } from './statistics/relabel.js';
import { fewestPairs, fewestRuns, runsNeeded } from './statistics/runs-needed.js';

/** How the runs of this comparison are told apart: one for all cells and measures. */
export interface RunDesign {
  paired: boolean;
  runs: { baseline: number; candidate: number };
  /** Undefined: too few runs for any. */
  relabelling: Relabelling | undefined;
  alpha: number;
  margin: number;
  detect: number;
}

/** A test before its p is adjusted. */
export interface OpenTest {
  method: ComparisonMethod;
  /** Undefined: +∞ among the values, or no variance to be had. */
  difference: Difference | undefined;
  estimate: number;
  p: number | null;
  permutationP: number | null;
  tAlone: boolean;
  /** Inconclusive whatever the figures are, and why. */
  never?: string | undefined;
  /** No test is needed, and why: +∞ in every run of one side and in none of the other. */
  plain?: string | undefined;
  /** For how many runs would be needed: of a paired difference or of a run. */
  spread: { sd: number; df: number; paired: boolean } | null;
}

/** How a test is told: on a log scale as relative change, else in the measure's unit. */
export interface Scale {
  log: boolean;
  /** The smallest difference that matters, on the scale of the test. */
  margin: Interval;
  /** What the runs needed are counted for. */
  delta: number;
}

/** Fewer than these, and a t interval stands on a guess of the variance. */
export const tAlonePairs = 3;
export const tAloneRuns = 6;

export function hasEnoughRuns({ paired, runs }: RunDesign): boolean {
  return paired ? runs.baseline >= tAlonePairs : runs.baseline + runs.candidate >= tAloneRuns;
}

export function canPermute({ relabelling, alpha }: RunDesign): boolean {
  return relabelling !== undefined && relabelling.leastP <= alpha;
}

/** Where relabelling cannot matter: the t test sees nothing near α, and the answer is no change of any kind. */
const plainlyNothing = 0.2;

/** One value a run, +∞ allowed, on the scale of the test. */
export function testRuns(
  design: RunDesign,
  baseline: readonly number[],
  candidate: readonly number[],
  gate: boolean,
): OpenTest {
  const method = design.paired ? 'paired runs' : 'two samples of runs';
  if ([...baseline, ...candidate].some((one) => !Number.isFinite(one))) {
    return ranks(design, baseline, candidate);
  }
  const difference = design.paired
    ? pairedDifference(baseline, candidate)
    : twoSampleDifference(baseline, candidate);
  const tAlone = hasEnoughRuns(design);
  if (!difference) {
    const estimate = mean(candidate) - mean(baseline);
    return { ...nothing(method, estimate), never: 'one run a side' };
  }
  const matters = gate || difference.p <= plainlyNothing;
  // A few alike runs have shown no spread yet; that is not none, and a t test would be certain of anything. Where
  // relabelling can tell, it has to agree.
  const spreadless = difference.standardError === 0 && difference.estimate !== 0;
  if (spreadless && !canPermute(design)) {
    return { ...nothing(method, difference.estimate), never: 'no spread seen in so few runs' };
  }
  return {
    method,
    difference,
    estimate: difference.estimate,
    p: difference.p,
    permutationP: matters ? relabelledP(design.relabelling, baseline, candidate, design.alpha) : null,
    tAlone,
    spread: {
      sd: difference.sd,
      df: design.paired ? difference.df : baseline.length + candidate.length - 2,
      paired: design.paired,
    },
    ...(!tAlone && !canPermute(design) && { never: tooFew(design) }),
  };
}

function ranks(design: RunDesign, baseline: readonly number[], candidate: readonly number[]): OpenTest {
  const infinite = (values: readonly number[]) => values.filter((one) => one === Infinity).length;
  const [a, b] = [infinite(baseline), infinite(candidate)];
  const told = `drops reach it in ${a} of ${baseline.length} runs of the baseline, ${b} of ${candidate.length} of the candidate`;
  const share = b / candidate.length - a / baseline.length;
  const open = nothing('ranks of runs', share);
  if (a === baseline.length && b === candidate.length) return { ...open, never: told };
  if (!design.relabelling || !canPermute(design)) {
    // As far apart as can be: what a t test would call a change of 40%, is one.
    if (Math.abs(share) === 1 && hasEnoughRuns(design)) return { ...open, plain: told };
    return { ...open, never: `${told}; ${tooFew(design)}` };
  }
  const p = rankedP(design.relabelling, baseline, candidate);
  const shift = rankedShift(design.relabelling.kind, baseline, candidate);
  const apart = share !== 0 && Math.sign(share) !== Math.sign(shift);
  return {
    ...open,
    estimate: shift,
    p,
    permutationP: p,
    ...(apart && { never: `${told}, and the other runs say the opposite` }),
  };
}

function nothing(method: ComparisonMethod, estimate: number): OpenTest {
  return {
    method,
    difference: undefined,
    estimate,
    p: null,
    permutationP: null,
    tAlone: false,
    spread: null,
  };
}

function tooFew({ paired, runs }: RunDesign): string {
  return paired
    ? `${runs.baseline} ${runs.baseline === 1 ? 'pair' : 'pairs'}: at least ${tAlonePairs} are needed, ${fewestPairs} to permute`
    : `${runs.baseline} and ${runs.candidate} runs: at least ${tAloneRuns} together are needed, ${fewestRuns} a side to permute`;
}

/** The answer and the test as told, once its p is adjusted within its family. */
export function closeTest(
  design: RunDesign,
  open: OpenTest,
  {
    adjustedP,
    family,
    better,
  }: { adjustedP: number | null; family: number; better: 'lower' | 'higher' | 'neither' },
  scale: Scale,
): Answered & { test: ComparisonTest } {
  const { method, difference, estimate, p, permutationP, tAlone, spread, never, plain } = open;
  // An interval of two runs may reach further than a number does.
  const told = (x: number) => (scale.log ? Math.expm1(Math.min(x, 700)) : x);
  const tell = (one: Interval | undefined) => (one ? { low: told(one.low), high: told(one.high) } : null);
  const interval = difference && intervalOf(difference, 0.95);
  const equivalence = difference && intervalOf(difference, 0.9);
  const test: ComparisonTest = {
    method,
    change: method !== 'ranks of runs' && Number.isFinite(estimate) ? told(estimate) : null,
    interval: tell(interval),
    equivalence: tell(equivalence),
    p,
    permutationP,
    adjustedP,
    sd: spread?.sd ?? null,
    df: difference?.df ?? null,
    runsNeeded: spread ? runsNeeded(spread, scale.delta, design.alpha / Math.max(1, family)) : null,
  };
  if (never !== undefined) return { answer: 'inconclusive', reason: never, test };
  if (plain !== undefined) return { answer: estimate > 0 ? 'regressed' : 'improved', reason: plain, test };
  if (!interval || !equivalence) {
    const changed = (adjustedP ?? 1) <= design.alpha;
    const reason = 'by the ranks of the runs, with drops as +∞';
    if (!changed) return { answer: 'inconclusive', reason: 'drops reach it in some runs', test };
    return { answer: estimate > 0 ? 'regressed' : 'improved', reason, test };
  }
  const evidence = {
    estimate,
    interval,
    equivalence,
    adjustedP: adjustedP ?? 1,
    permutationP,
    tAlone,
    better,
  };
  return { ...answerOf(evidence, { alpha: design.alpha, margin: scale.margin }), test };
}
