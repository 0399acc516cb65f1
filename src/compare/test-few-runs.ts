import type { RunVariance } from '../model/comparison.js';
import type { Phase } from '../model/scenario.js';
import type { PhaseProfile } from './profile/run-profile.js';
import { withinRunSd, type BlockDraws } from './statistics/block-bootstrap.js';
import { knownDifference } from './statistics/difference.js';
import { quantileReader } from './statistics/quantile-reader.js';
import { testRuns, type OpenTest, type RunDesign } from './test-runs.js';

interface FewRuns {
  cell: { endpoint: string; phase: Phase; percentile: string; gate: boolean };
  q: number;
  /** Baseline and candidate, a run each. */
  sides: readonly [readonly PhaseProfile[], readonly PhaseProfile[]];
}

const alone = 'one run a side: within-run only, how much one run differs from the next is not known';

/**
 * Of too few runs to see how much they differ from one another. With a stored A/A variance: the difference with
 * sd² (1/n + 1/m) from there, and for one run a side the runs' own variance by a 20 s-block bootstrap on top: what
 * one run holds of its own luck then counts twice, to the safe side. Without: the bootstrap alone, which no answer
 * is drawn from.
 */
export function testFewRuns(
  design: RunDesign,
  { cell, q, sides }: FewRuns,
  { variance, draws }: { variance: RunVariance | undefined; draws: BlockDraws },
): OpenTest {
  const [baseline, candidate] = sides.map((side) =>
    side.map((run) => logMs(run.quantiles.get(cell.percentile)?.ms ?? Number.NaN)),
  ) as [number[], number[]];
  const bySeen = testRuns(design, baseline, candidate, cell.gate);
  if (bySeen.method === 'ranks of runs') return bySeen;
  const single = baseline.length === 1 && candidate.length === 1;
  const own = single ? ownVariance(sides, cell.percentile, q, draws) : 0;
  const stored = variance?.cells.find(
    ({ endpoint, phase, percentile }) =>
      endpoint === cell.endpoint && phase === cell.phase && percentile === cell.percentile,
  );
  if (own === Infinity) {
    return { ...bySeen, method: 'within-run only', never: 'one run a side, and drops are within its reach' };
  }
  if (stored) {
    const between = stored.sdLog ** 2 * (1 / baseline.length + 1 / candidate.length);
    const difference = knownDifference(bySeen.estimate, Math.sqrt(between + (own ?? 0)), stored.df);
    return {
      ...bySeen,
      method: 'A/A variance',
      difference,
      p: difference.p,
      permutationP: null,
      tAlone: true,
      spread: { sd: stored.sdLog, df: stored.df, paired: false },
      ...(cell.gate ? { never: undefined } : { never: 'too few runs, and no gate' }),
    };
  }
  if (!single) return bySeen;
  if (own === undefined)
    return {
      ...bySeen,
      method: 'within-run only',
      never: `${alone}; its phase is too short for 20 s blocks`,
    };
  // A bootstrap has no degrees of freedom of its own; blocks are few, and the normal is what it is read with.
  const difference = knownDifference(bySeen.estimate, Math.sqrt(own), 1e6);
  return { ...bySeen, method: 'within-run only', difference, p: difference.p, never: alone };
}

/** Of the log ratio of two single runs; undefined where a phase is too short. */
function ownVariance(
  sides: FewRuns['sides'],
  percentile: string,
  q: number,
  draws: BlockDraws,
): number | undefined {
  let sum = 0;
  for (const run of sides.flat()) {
    const quantileUs = quantileReader(run.counts, run.dropped);
    const sd = withinRunSd(quantileUs, q, run.quantiles.get(percentile)?.blocks ?? [], draws);
    if (sd === undefined) return undefined;
    sum += sd ** 2;
  }
  return sum;
}

/** The histogram's unit is 1 µs: what is faster is told as that. NaN stays NaN, ∞ stays ∞. */
export function logMs(ms: number): number {
  return Math.log(Math.max(ms, 0.001));
}
