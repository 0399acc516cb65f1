import { z } from 'zod';
import { revisionSchema } from './revision.js';
import { phaseSchema } from './scenario.js';
import { verdicts } from './verdict.js';

/**
 * Two sets of results beside each other. A run is the unit: requests within one run share its luck. Ratios are of
 * candidate ÷ baseline, so +0.1 is 10% more than the baseline; `inf` stands for +∞ (drops reach the quantile).
 */
export const sides = ['baseline', 'candidate'] as const;
export type ComparisonSide = (typeof sides)[number];

/** `refused`: too few samples to name the quantile at all; never an answer. */
export const answers = ['regressed', 'improved', 'equivalent', 'inconclusive', 'refused'] as const;
export const answerSchema = z.enum(answers);
export type Answer = z.infer<typeof answerSchema>;

const value = z.union([z.number(), z.literal('inf')]).nullable();

export const comparedRunSchema = z.object({
  side: z.enum(sides),
  dir: z.string(),
  id: z.string(),
  scenario: z.string(),
  startedAt: z.string(),
  seed: z.number(),
  revision: revisionSchema.nullable(),
  verdict: z.enum(verdicts),
  because: z.string(),
  /** Why it is left out; absent: it counts. */
  leftOut: z.string().optional(),
  /** What is to be held against it although it counts: a late harness, lines that could not be read. */
  doubts: z.array(z.string()),
});
export type ComparedRun = z.infer<typeof comparedRunSchema>;

export const intervalSchema = z.object({ low: z.number(), high: z.number() });
export type Interval = z.infer<typeof intervalSchema>;

export const methodSchema = z.enum([
  'paired runs',
  'two samples of runs',
  /** +∞ among the values: their order is all there is. */
  'ranks of runs',
  /** One run a side: its own variance, which leaves out that of one run to the next. */
  'within-run only',
  /** Too few runs to know their variance: that of an A/A file, and the runs' own on top. */
  'A/A variance',
  /** A fact of correctness, counted and not averaged: it was in no baseline run, and is in the candidate. */
  'counted',
]);
export type ComparisonMethod = z.infer<typeof methodSchema>;

/** `change` is relative (ratio − 1) for quantiles and in the measure's unit otherwise. */
export const testSchema = z.object({
  method: methodSchema,
  /** Null: not finite, or not to be had. */
  change: z.number().nullable(),
  /** 95%, of the one comparison by itself. */
  interval: intervalSchema.nullable(),
  /** 90%: inside ± the margin is what "equivalent" means. */
  equivalence: intervalSchema.nullable(),
  /** Two-sided, of the t distribution (of the ranks where the method is ranks). */
  p: z.number().nullable(),
  /** Sign-flip (pairs) or run labels; null: too few runs for it to reach 0.05, or plainly no difference. */
  permutationP: z.number().nullable(),
  /** After Holm among the gates, Benjamini–Hochberg among the rest. */
  adjustedP: z.number().nullable(),
  /** Of one difference (paired) or one run (two samples), on the scale of the test; null where not known. */
  sd: z.number().nullable(),
  df: z.number().nullable(),
  /** Pairs, or runs a side, for power 80% at the change asked for; null: not known, or more than 1 000. */
  runsNeeded: z.number().nullable(),
});
export type ComparisonTest = z.infer<typeof testSchema>;

export const cellSideSchema = z.object({
  /** Geometric mean over the runs of each run's quantile, ms. */
  typicalMs: value,
  /** The quantile of all runs' requests together, ms. */
  pooledMs: value,
  /** One a run that counts, in the order of `runs`, ms. */
  valuesMs: z.array(value),
  samples: z.number(),
  dropped: z.number(),
  /** Samples expected beyond the quantile. */
  beyond: z.number(),
});
export type CellSide = z.infer<typeof cellSideSchema>;

const judged = {
  /** Declared by an objective or --gate: Holm's family, and what --strict wants an answer of. */
  gate: z.boolean(),
  /** Whether a regression of it is exit 1. */
  counts: z.boolean(),
  answer: answerSchema,
  reason: z.string(),
  test: testSchema.nullable(),
};

export const cellSchema = z.object({
  endpoint: z.string(),
  phase: phaseSchema,
  /** `p99` */
  percentile: z.string(),
  baseline: cellSideSchema,
  candidate: cellSideSchema,
  ...judged,
});
export type ComparisonCell = z.infer<typeof cellSchema>;

export const measureGroups = [
  'upgrade transient',
  'rollback transient',
  'steps',
  'locks',
  'errors',
  'correctness',
  'server',
] as const;
export const measureUnits = ['s', 'ms', 'requests', 'request·s', 'count', 'ratio', 'bytes', '1/s'] as const;
export type MeasureUnit = (typeof measureUnits)[number];

export const measureSchema = z.object({
  group: z.enum(measureGroups),
  /** `stall length`, `add status: took` */
  name: z.string(),
  /** Of transients: absent stands for all endpoints together. */
  endpoint: z.string().optional(),
  unit: z.enum(measureUnits),
  better: z.enum(['lower', 'higher', 'neither']),
  /** Means over the runs that know it; null: no run does. */
  baseline: z.object({ mean: z.number().nullable(), values: z.array(z.number().nullable()) }),
  candidate: z.object({ mean: z.number().nullable(), values: z.array(z.number().nullable()) }),
  ...judged,
});
export type ComparisonMeasure = z.infer<typeof measureSchema>;

export const differenceSchema = z.object({
  /** void: the two cannot be compared. warning: it may be the cause of what is seen. note: it is said. */
  weight: z.enum(['void', 'warning', 'note']),
  what: z.string(),
  baseline: z.string(),
  candidate: z.string(),
});
export type ComparisonDifference = z.infer<typeof differenceSchema>;

/** All requests of one side of an endpoint × phase, for drawing: HdrHistogram buckets merged to 1/8 octaves. */
export const curveSchema = z.object({
  endpoint: z.string(),
  phase: phaseSchema,
  side: z.enum(sides),
  samples: z.number(),
  dropped: z.number(),
  /** [lower edge in ms, requests], empty bins left out. */
  bins: z.array(z.tuple([z.number(), z.number()])),
  /** [share of requests that took at most, ms]; `inf` where drops reach it. */
  quantiles: z.array(z.tuple([z.number(), z.union([z.number(), z.literal('inf')])])),
});
export type ComparisonCurve = z.infer<typeof curveSchema>;

export const comparisonSchema = z.object({
  schema: z.literal('dten.comparison/1'),
  verdict: z.enum(['regressed', 'nothing worse', 'could not tell']),
  /** Why, the weightiest first. */
  because: z.array(z.string()),
  design: z.object({
    pairing: z.enum(['paired by seed', 'two samples', 'one run a side', 'none']),
    /** Runs that count, a side. */
    runs: z.object({ baseline: z.number(), candidate: z.number() }),
    /** False: all runs of one side came before all of the other, so that a drift looks like a change. */
    interleaved: z.boolean(),
    alpha: z.number(),
    margin: z.number(),
    detect: z.number(),
    /** Gates that could be tested: what Holm corrects for. */
    gates: z.number(),
    seed: z.number(),
    /** How often runs are relabelled by the permutation test; null: too few runs for one. */
    relabellings: z.number().nullable(),
    /** Whose A/A variance stands in where runs are too few. */
    variance: z.string().optional(),
  }),
  runs: z.array(comparedRunSchema),
  differences: z.array(differenceSchema),
  /** Endpoints of one side only. */
  onlyIn: z.object({ baseline: z.array(z.string()), candidate: z.array(z.string()) }),
  cells: z.array(cellSchema),
  measures: z.array(measureSchema),
  curves: z.array(curveSchema),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/**
 * How much runs of one and the same thing differ: the standard deviation of ln(quantile) from run to run, measured on
 * rehearsals of one scenario. The file that --aa reads.
 */
export const runVarianceSchema = z.object({
  schema: z.literal('dten.run-variance/1'),
  scenario: z.string(),
  runs: z.number(),
  cells: z.array(
    z.object({
      endpoint: z.string(),
      phase: phaseSchema,
      percentile: z.string(),
      sdLog: z.number(),
      df: z.number(),
    }),
  ),
});
export type RunVariance = z.infer<typeof runVarianceSchema>;
