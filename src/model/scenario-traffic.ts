import { z } from 'zod';
import { endpointLedgerSchema } from './scenario-ledger.js';
import { expectSchema, httpRequestSchema, sqlRequestSchema, status } from './scenario-request.js';
import { duration, name, rate, ratio, text } from './scenario-units.js';

const variantSchema = z.strictObject({
  from: text.describe('a step, e.g. "upgrade.roll to 2.0": active from its end'),
  until: text.optional().describe('a step: active until its start'),
  share: ratio.default(1),
  request: httpRequestSchema.optional(),
  sql: sqlRequestSchema.optional(),
  expect: expectSchema.optional(),
  writes: z
    .array(text)
    .default([])
    .describe('what the upgrade added that this request writes, e.g. orders.status'),
});

export const endpointSchema = z.strictObject({
  weight: z.number().positive().default(1),
  service: name.optional().describe('default: the only service'),
  request: httpRequestSchema.optional(),
  sql: sqlRequestSchema.optional(),
  role: name.optional().describe('sql only: the database role'),
  expect: expectSchema.default({}),
  capture: z.record(name, text).default({}).describe('pool → path in the answer, e.g. order: $.id'),
  timeout: duration.optional(),
  retry: z
    .strictObject({
      on: z.array(z.union([z.literal('timeout'), z.literal('connection'), status])).min(1),
      max: z.number().int().min(1).max(10).default(2),
      delay: duration.default(100),
    })
    .optional(),
  variants: z.array(variantSchema).default([]),
  writes: z.array(text).default([]),
  ledger: endpointLedgerSchema.optional().describe('what is written, to be found again after the rollback'),
  tables: z.array(text).default([]).describe('tables this endpoint touches, where dten cannot see it'),
});

export const trafficSchema = z.strictObject({
  rate,
  connections: z
    .number()
    .int()
    .positive()
    .max(10_000)
    .default(64)
    .describe('production concurrency: connections in all'),
  arrivals: z.enum(['poisson', 'uniform']).default('poisson'),
  timeout: duration.default(30_000).describe('deadline of a request, from its intended start'),
  inFlight: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('cap on requests that started and have not ended; default: rate × timeout, at most 100 000'),
  workers: z.number().int().positive().max(16).default(1),
  pools: z
    .record(name, z.strictObject({ sql: text }))
    .default({})
    .describe('values for ${seen.…} before the first capture'),
  endpoints: z.record(name, endpointSchema),
});
