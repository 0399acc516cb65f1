import { z } from 'zod';
import { revisionSchema } from './revision.js';
import { verdicts } from './verdict.js';

/** One rehearsal of a trend. */
export const trendRunSchema = z.object({
  /** The result folder. */
  dir: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  verdict: z.enum(verdicts),
  /** Null: the scenario lies in no repository, or the result is older than this is kept. */
  revision: revisionSchema.nullable(),
});
export type TrendRun = z.infer<typeof trendRunSchema>;

/** What lower values of are better; all measures of a trend are such. */
const measureUnitSchema = z.enum(['ms', 's', 'ratio', 'count']);
export type MeasureUnit = z.infer<typeof measureUnitSchema>;

/** A value; `inf` where drops reach the percentile; null: not measured in that run, which is not 0. */
const valueSchema = z.union([z.number(), z.literal('inf')]);
export type TrendValue = z.infer<typeof valueSchema>;

export const changePointSchema = z.object({
  /** Index into `runs` of the first run at the new level; `before` is the last run with a value before it. */
  at: z.number().int(),
  before: z.number().int(),
  direction: z.enum(['worse', 'better']),
  /** Medians from the change before to here, and from here to the next. */
  medianBefore: valueSchema,
  medianAfter: valueSchema,
  /** Runs that the medians stand on. */
  runsBefore: z.number().int(),
  runsAfter: z.number().int(),
  /** |after − before| ÷ before; null: from 0, or to or from `inf`. */
  magnitude: z.number().nullable(),
  /** Of a change anywhere between the neighbouring changes, by permutation. */
  p: z.number(),
  /** Of a change for the worse: the level of the newest runs is still worse than before it. */
  stands: z.boolean(),
  /** What else is not as it was in the run before: the scenario, versions, the machine. */
  alsoChanged: z.array(z.string()),
});
export type ChangePoint = z.infer<typeof changePointSchema>;

export const trendMeasureSchema = z.object({
  /** `latency/create order/upgrade/p99`: what --measure matches. */
  measure: z.string(),
  unit: measureUnitSchema,
  /** One for each of `runs`. */
  values: z.array(valueSchema.nullable()),
  /** Of all values; null: there is none. */
  median: valueSchema.nullable(),
  /** `too few`: fewer values than the trend's `leastRuns`, so that no change could be told. */
  state: z.enum(['told', 'too few']),
  changes: z.array(changePointSchema),
});
export type TrendMeasure = z.infer<typeof trendMeasureSchema>;

/** The rehearsals of one scenario and one way back, in the order they began. */
export const scenarioTrendSchema = z.object({
  scenario: z.string(),
  way: z.enum(['steps', 'snapshot']),
  runs: z.array(trendRunSchema),
  /** Results that say nothing of the system, by name. */
  leftOut: z.array(z.object({ dir: z.string(), why: z.string() })),
  /** Older results that --last or --since left unread. */
  unread: z.number().int(),
  /** `could not tell`: the newest results are all left out, so that nothing is known of how it is now. */
  state: z.enum(['told', 'too few', 'could not tell']),
  /** Why it could not tell. */
  because: z.string().optional(),
  measures: z.array(trendMeasureSchema),
});
export type ScenarioTrend = z.infer<typeof scenarioTrendSchema>;

export const trendSchema = z.object({
  schema: z.literal('dten.trend/1'),
  method: z.object({
    name: z.literal('e-divisive'),
    /** A change is told where its p is at most this, and its magnitude at least that. */
    p: z.number(),
    leastMagnitude: z.number(),
    leastRuns: z.number().int(),
    windowRuns: z.number().int(),
    permutations: z.number().int(),
    seed: z.number().int(),
  }),
  scenarios: z.array(scenarioTrendSchema),
});
export type Trend = z.infer<typeof trendSchema>;
