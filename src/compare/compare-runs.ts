import type {
  Answer,
  ComparedRun,
  Comparison,
  ComparisonCell,
  ComparisonMeasure,
  ComparisonSide,
  ComparisonTest,
  RunVariance,
} from '../model/comparison.js';
import { openCells, type OpenCell } from './cells.js';
import { comparability, endpointsOf } from './comparability.js';
import { concludeComparison } from './conclude-comparison.js';
import { curvesOf } from './curves.js';
import type { GateFlag } from './gates.js';
import { openMeasures, type OpenMeasure } from './measures.js';
import { pairRuns, type PairedRuns } from './pair-runs.js';
import type { RunProfile } from './profile/run-profile.js';
import { benjaminiHochberg, holm } from './statistics/adjust.js';
import { runLabels, signFlips, type Relabelling } from './statistics/relabel.js';
import { smallestChange } from './smallest-change.js';
import { canPermute, closeTest, type OpenTest, type RunDesign, type Scale } from './test-runs.js';

const alpha = 0.05;

export interface CompareOptions {
  /** The smallest relative change that matters (0.1). */
  margin: number;
  /** The relative change that the runs needed are counted for. */
  detect: number;
  gates: readonly GateFlag[];
  variance: RunVariance | undefined;
  /** Runs that are INVALID or incomplete count too. */
  includeInvalid: boolean;
  seed: number;
}

/**
 * Two sets of runs, candidate against baseline. The unit is the run: per run and endpoint × phase × percentile the
 * quantile of its histogram, the difference of its logarithm tested by t and by relabelling the runs (the reference:
 * traffic.md, "Comparing two reports"). Holm over the gates, Benjamini–Hochberg over the rest. Pure.
 */
export function compareRuns(
  baseline: readonly RunProfile[],
  candidate: readonly RunProfile[],
  options: CompareOptions,
): Comparison {
  const fit = (run: RunProfile) => options.includeInvalid || run.unfit === undefined;
  const runs = pairRuns(baseline.filter(fit), candidate.filter(fit));
  const differences = comparability(runs);
  const isVoid = runs.pairing === 'none' || differences.some(({ weight }) => weight === 'void');
  const design = designOf(runs, options);
  const cells = isVoid ? [] : openCells(runs, design, options);
  const measures = isVoid ? [] : openMeasures(runs, design);
  const family = adjust([...cells, ...measures]);
  const closedCells = cells.map((cell) => closeCell(cell, design, family));
  const closedMeasures = measures.map((measure) => closeMeasure(measure, design, family));
  const { baseline: onlyInBaseline, candidate: onlyInCandidate } = endpointsOf(runs);
  const comparison: Omit<Comparison, 'verdict' | 'because'> = {
    schema: 'dten.comparison/1',
    design: {
      pairing: runs.pairing,
      runs: design.runs,
      interleaved: runs.interleaved,
      alpha,
      margin: options.margin,
      detect: options.detect,
      gates: family.gates,
      seed: options.seed,
      relabellings: canPermute(design) ? (design.relabelling?.rows ?? null) : null,
      ...(options.variance && {
        variance: `${options.variance.runs} A/A runs of ${options.variance.scenario}`,
      }),
    },
    runs: [
      ...listed('baseline', baseline, runs.baseline, fit),
      ...listed('candidate', candidate, runs.candidate, fit),
    ],
    differences,
    onlyIn: { baseline: onlyInBaseline, candidate: onlyInCandidate },
    cells: closedCells,
    measures: closedMeasures,
    curves: isVoid ? [] : curvesOf(runs),
  };
  const { schema, ...rest } = comparison;
  return { schema, ...concludeComparison(comparison), ...rest };
}

function designOf(runs: PairedRuns, { margin, detect, seed }: CompareOptions): RunDesign {
  const [n, m] = [runs.baseline.length, runs.candidate.length];
  const paired = runs.pairing === 'paired by seed';
  return {
    paired,
    runs: { baseline: n, candidate: m },
    relabelling: n === 0 || m === 0 || n + m < 3 ? undefined : relabellingOf(paired, n, m, seed),
    alpha,
    margin,
    detect,
  };
}

function relabellingOf(paired: boolean, n: number, m: number, seed: number): Relabelling {
  return paired ? signFlips(n, seed) : runLabels(n, m, seed);
}

/** Those that count in the order of their values, then those left out. */
function listed(
  side: ComparisonSide,
  all: readonly RunProfile[],
  used: readonly RunProfile[],
  fit: (run: RunProfile) => boolean,
): ComparedRun[] {
  return [
    ...used.map(({ run, unfit }) => ({
      side,
      ...run,
      doubts: unfit === undefined ? run.doubts : [unfit, ...run.doubts],
    })),
    ...all.filter((one) => !fit(one)).map(({ run, unfit }) => ({ side, ...run, leftOut: unfit ?? '' })),
  ];
}

interface Family {
  adjusted: Map<object, number>;
  gates: number;
}

type Open = OpenCell | OpenMeasure;

/** p values within the gates (Holm), and within all others (Benjamini–Hochberg). */
function adjust(all: readonly Open[]): Family {
  const adjusted = new Map<object, number>();
  const tested = (gate: boolean) =>
    all.flatMap(({ open, gate: is }) =>
      is === gate && 'p' in open && open.p !== null ? [{ open, p: open.p }] : [],
    );
  const [gates, rest] = [tested(true), tested(false)];
  for (const [family, by] of [
    [gates, holm],
    [rest, benjaminiHochberg],
  ] as const) {
    const ps = by(family.map(({ p }) => p));
    for (const [at, { open }] of family.entries()) adjusted.set(open, ps[at] ?? 1);
  }
  return { adjusted, gates: gates.length };
}

function closeCell({ open, ...cell }: OpenCell, design: RunDesign, family: Family): ComparisonCell {
  if ('refused' in open)
    return { ...cell, counts: true, answer: 'refused', reason: open.refused, test: null };
  const scale: Scale = {
    log: true,
    margin: { low: -Math.log1p(design.margin), high: Math.log1p(design.margin) },
    delta: Math.log1p(design.detect),
  };
  const closed = close(open, cell.gate, 'lower', design, family, scale);
  return { ...cell, counts: true, ...closed };
}

function closeMeasure(
  { open, ...measure }: OpenMeasure,
  design: RunDesign,
  family: Family,
): ComparisonMeasure {
  if ('answer' in open) {
    return {
      ...measure,
      answer: open.answer,
      reason: open.reason,
      test: open.counted ? counted(measure) : null,
    };
  }
  const usual = Math.abs(measure.baseline.mean ?? 0);
  const margin = Math.max(design.margin * usual, smallestChange[measure.unit]);
  const scale: Scale = {
    log: false,
    margin: { low: -margin, high: margin },
    delta: design.detect * usual,
  };
  return { ...measure, ...close(open, measure.gate, measure.better, design, family, scale) };
}

function close(
  open: OpenTest,
  gate: boolean,
  better: ComparisonMeasure['better'],
  design: RunDesign,
  { adjusted, gates }: Family,
  scale: Scale,
): { answer: Answer; reason: string; test: ComparisonTest } {
  const adjustedP = adjusted.get(open) ?? null;
  return closeTest(design, open, { adjustedP, family: gate ? gates : 1, better }, scale);
}

function counted({ baseline, candidate }: Pick<OpenMeasure, 'baseline' | 'candidate'>): ComparisonTest {
  return {
    method: 'counted',
    change: (candidate.mean ?? 0) - (baseline.mean ?? 0),
    interval: null,
    equivalence: null,
    p: null,
    permutationP: null,
    adjustedP: null,
    sd: null,
    df: null,
    runsNeeded: null,
  };
}
