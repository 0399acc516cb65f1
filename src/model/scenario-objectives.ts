import { z } from 'zod';
import { findingRules } from './finding-rules.js';
import { ledgerObjectiveSchema } from './scenario-ledger.js';
import { lockModes } from './scenario-words.js';
import { residueObjectiveSchema } from './state.js';
import { bytes, count, duration, name, ratio, text, percentage } from './scenario-units.js';

export const latencyObjectiveSchema = z.strictObject({
  endpoint: text.default('*'),
  p50: duration.optional(),
  p90: duration.optional(),
  p95: duration.optional(),
  p99: duration.optional(),
  'p99.9': duration.optional(),
  max: duration.optional(),
  over: duration.default(10_000).describe('length of the sliding window'),
});
export const errorObjectiveSchema = z.strictObject({
  endpoint: text.default('*'),
  ratio,
  over: duration.default(10_000),
});

/** A lock policy's entry: mode × table × hold. */
const forbidSchema = z.strictObject({
  mode: z
    .enum([...lockModes, '*'])
    .optional()
    .describe('exactly this mode; *: any; or say blocks instead'),
  blocks: z
    .enum(['reads', 'writes'])
    .optional()
    .describe(
      'reads: AccessExclusiveLock; writes: ShareLock and every stronger mode, AccessExclusiveLock too',
    ),
  table: text.optional().describe('orders, sales.orders, sales.*; * (the default): any'),
  traffic: z.boolean().default(true).describe('only tables that traffic touches'),
  heldLongerThan: duration.default(0),
});

export const objectivesSchema = z.strictObject({
  latency: z
    .union([latencyObjectiveSchema.transform((o) => [o]), z.array(latencyObjectiveSchema)])
    .default([]),
  errors: z.union([errorObjectiveSchema.transform((o) => [o]), z.array(errorObjectiveSchema)]).default([]),
  dropped: z.strictObject({ ratio, over: duration.default(10_000) }).optional(),
  throughput: z.strictObject({ achieved: ratio.describe('ok ÷ intended, a phase') }).optional(),
  locks: z
    .strictObject({
      longestWait: duration.optional(),
      maxBlocked: z
        .union([z.number().int().nonnegative(), percentage.transform((ofPool) => ({ ofPool }))])
        .optional()
        .describe('sessions of the traffic blocked behind steps at once, or a share of each service’s pool'),
      forbid: z.array(forbidSchema).default([]),
    })
    .optional(),
  ledger: ledgerObjectiveSchema.optional(),
  steps: z.record(text, duration).default({}).describe('step, or *, → the longest it may take'),
  residue: residueObjectiveSchema.optional(),
  window: z.strictObject({ downtime: duration.optional(), total: duration.optional() }).optional(),
});
export type Objectives = z.output<typeof objectivesSchema>;

export const waiverSchema = z.strictObject({
  finding: z.enum(findingRules).describe('the rule, e.g. queue-hazard-not-exercised'),
  step: text.optional(),
  table: text.optional(),
  path: text
    .optional()
    .describe('of what was left behind, e.g. webhooks/42 or catalog.columnOrder/*; * stands for any text'),
  reason: z.string().min(8),
  until: z.string().optional().describe('a date, 2026-12-31; an expired waiver does not waive'),
});

export const productionSchema = z.strictObject({
  version: z.number().optional(),
  longestTransaction: duration.optional(),
  tables: z.record(name, z.strictObject({ rows: count.optional(), size: bytes.optional() })).default({}),
});
