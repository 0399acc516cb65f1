import { z } from 'zod';
import { rollbackReportSchema } from './rollback.js';
import { hazardSchema, judgedHintSchema } from './hazard.js';
import { lockStorySchema } from './lock-story.js';

export const verdicts = ['GO', 'NO-GO', 'INVALID'] as const;
export type Verdict = (typeof verdicts)[number];

/** One judged fact. `weight` is what it does to the verdict if it stands and is not waived. */
export const findingSchema = z.object({
  /** The rule's id, e.g. `latency`, `lock-wait`, `forbidden-lock`, `queue-hazard-not-exercised`. */
  rule: z.string(),
  weight: z.enum(['NO-GO', 'INVALID', 'note']),
  /** One line, plain words, numbers with units. */
  what: z.string(),
  where: z.object({
    endpoint: z.string().optional(),
    phase: z.string().optional(),
    step: z.string().optional(),
    statement: z.string().optional(),
    table: z.string().optional(),
    /** Of residue: `webhooks/42`. */
    path: z.string().optional(),
    /** The judged window, µs since run zero. */
    fromUs: z.number().optional(),
    toUs: z.number().optional(),
  }),
  /** What was measured against which limit, in `unit`. */
  measured: z.number().optional(),
  limit: z.number().optional(),
  unit: z.enum(['ms', 'ratio', 'count', 'bytes', 'requests/s']).optional(),
  extrapolated: z.boolean().optional(),
  /** The lock, the statement, the cause behind it; absent when unknown. */
  why: z.string().optional(),
  /** What the requests took beyond the usual, and what that was spent on; the parts add up to it. */
  excess: z
    .object({
      usualMs: z.number(),
      excessMs: z.number(),
      requests: z.number(),
      parts: z.array(z.object({ kind: z.string(), text: z.string(), ms: z.number(), share: z.number() })),
    })
    .optional(),
  /** What to try. */
  remedy: z.string(),
  /** Which hazard the statement is; of findings about a statement's locks. */
  hazard: hazardSchema.optional(),
  /** SQL that does the same without the harm, made from the user's own statement. */
  twin: z.string().optional(),
  /** What the linter says of the statement, marked where the run contradicts it. */
  hints: z.array(judgedHintSchema).optional(),
  waived: z.object({ reason: z.string(), until: z.string().optional() }).optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** How one rule came out, passes included: a pass is shown with its measure and what it was judged on. */
export const ruleReportSchema = z.object({
  rule: z.string(),
  state: z.enum(['pass', 'fail', 'no data', 'not asked']),
  summary: z.string(),
});
export type RuleReport = z.infer<typeof ruleReportSchema>;

export const verdictReportSchema = z.object({
  verdict: z.enum(verdicts),
  /** One line: why this verdict. */
  because: z.string(),
  findings: z.array(findingSchema),
  rules: z.array(ruleReportSchema),
  /** From the upgrade to the end of recovery; absent where no upgrade was run, and in older results. */
  downtime: z
    .object({
      /** Down seconds by the rule of objectives.window, in ms; null: no second had a request. */
      downMs: z.number().nullable(),
      unknownSeconds: z.number(),
    })
    .optional(),
  /** What the way back took and cost; absent: there is none, or the result is of before this was told. */
  rollback: rollbackReportSchema.optional(),
  /** The lock waits as what happened; absent where nothing watched, and in older results. */
  locks: lockStorySchema.optional(),
});
export type VerdictReport = z.infer<typeof verdictReportSchema>;
