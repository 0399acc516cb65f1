import { z } from 'zod';
import { text } from './scenario-units.js';

export const json: z.ZodType<unknown> = z.unknown();
export const status = z.number().int().min(100).max(599);

export const httpRequestSchema = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path: text,
  headers: z.record(z.string(), z.string()).default({}),
  json: json.optional(),
  body: z.string().optional(),
});

export const sqlRequestSchema = z.strictObject({
  text: text.describe('one statement with $1, $2, …'),
  values: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).default([]),
  prepared: z.boolean().default(true).describe('named prepared statement, as drivers keep them'),
});

export const expectSchema = z.strictObject({
  status: z
    .union([status, z.array(status).min(1)])
    .optional()
    .describe('default: any 2xx'),
  json: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('path such as $.id → the value it must have'),
  bodyIncludes: z.string().optional(),
  rows: z.number().int().nonnegative().optional().describe('sql only: rows returned or affected'),
});
