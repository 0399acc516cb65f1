import { z } from 'zod';

/** What a linter says of a statement from its text alone. */
export const lintHintSchema = z.object({
  linter: z.literal('squawk'),
  /** `adding-foreign-key-constraint` */
  rule: z.string(),
  message: z.string(),
  help: z.string().optional(),
});
export type LintHint = z.infer<typeof lintHintSchema>;

/** Whether the linter was there, and ran on every step's SQL. */
export const linterRunSchema = z.object({
  linter: z.literal('squawk'),
  version: z.string().optional(),
  state: z.enum(['ran', 'absent', 'failed']),
  reason: z.string().optional(),
});
export type LinterRun = z.infer<typeof linterRunSchema>;

/** A hint beside what the trace saw. */
export const judgedHintSchema = lintHintSchema.extend({
  /** What the trace saw that the rule says otherwise; absent: the run does not contradict it. */
  contradicted: z.string().optional(),
});
export type JudgedHint = z.infer<typeof judgedHintSchema>;

/** Which row of the hazard table a statement is. */
export const hazardSchema = z.object({
  /** 1–29, as in the documentation's table of hazards. */
  number: z.number().int(),
  name: z.string(),
  /** Plain words: what it locks, what that keeps out, and for how long. */
  explanation: z.string(),
});
export type HazardName = z.infer<typeof hazardSchema>;
