import { z } from 'zod';
import { expectSchema, json } from './scenario-request.js';
import { count, duration, env, name, text } from './scenario-units.js';

const stepBase = {
  name,
  timeout: duration.default(600_000),
  retries: z.number().int().min(0).max(1_000).default(0),
  retryDelay: duration.default(500).describe('before the first retry; doubles up to 10 s'),
};

export const rollSchema = z.strictObject({
  strategy: z.enum(['rolling', 'recreate', 'blueGreen']).default('rolling'),
  drain: duration.default(5_000).describe('how long an old replica may finish its requests'),
  overlap: duration
    .default(0)
    .describe('rolling: how long old and new serve side by side before each old one goes'),
});

const serviceChangeSchema = z.strictObject({
  env: env.optional(),
  command: z.array(text).min(1).optional(),
  image: text.optional(),
});

export const sqlStepSchema = z.strictObject({
  ...stepBase,
  sql: text.describe('a .sql file beside the scenario, or SQL'),
  section: z.enum(['up', 'down']).optional().describe('of a goose, dbmate or node-pg-migrate file'),
  transaction: z
    .enum(['file', 'statement'])
    .optional()
    .describe('required unless a marker in the file decides'),
  lockTimeout: duration.optional(),
  statementTimeout: duration.optional(),
  role: name.optional(),
  repeat: z
    .strictObject({
      untilRows: z.number().int().nonnegative().default(0),
      pause: duration.default(0),
      max: count.default(100_000),
    })
    .optional()
    .describe('run again until the last statement touches no more than this many rows (a batched backfill)'),
});
export const commandStepSchema = z.strictObject({
  ...stepBase,
  command: z.array(text).min(1),
  cwd: text.optional(),
  env: env.default({}),
  role: name.optional().describe('whose URL is DATABASE_URL'),
  trace: z
    .boolean()
    .default(true)
    .describe('also run on the traffic-free clone, so that later statements are traced on the right schema'),
});
export const serviceStepSchema = z.strictObject({
  ...stepBase,
  service: z.record(name, serviceChangeSchema),
  roll: rollSchema.default({ strategy: 'rolling', drain: 5_000, overlap: 0 }),
});
export const httpStepSchema = z.strictObject({
  ...stepBase,
  http: z.strictObject({
    method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
    url: text,
    headers: z.record(z.string(), z.string()).default({}),
    json: json.optional(),
    expect: expectSchema.default({}),
  }),
});
export const waitStepSchema = z.strictObject({ ...stepBase, wait: duration });
export const checkStepSchema = z.strictObject({
  ...stepBase,
  check: z.strictObject({
    sql: text,
    equals: z.union([z.string(), z.number(), z.boolean(), z.null()]),
    role: name.optional(),
  }),
});

export const stepSchemas = {
  sql: sqlStepSchema,
  command: commandStepSchema,
  service: serviceStepSchema,
  http: httpStepSchema,
  wait: waitStepSchema,
  check: checkStepSchema,
} as const;
export type StepKind = keyof typeof stepSchemas;

export const stepSchema = z
  .union([
    sqlStepSchema,
    commandStepSchema,
    serviceStepSchema,
    httpStepSchema,
    waitStepSchema,
    checkStepSchema,
  ])
  .meta({ id: 'step' });
export type ScenarioStep = z.output<typeof stepSchema>;
