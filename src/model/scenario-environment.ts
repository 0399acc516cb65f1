import { z } from 'zod';
import { count, duration, env, name, setting, text } from './scenario-units.js';

const provide = z.union([
  z.literal('embedded'),
  z.strictObject({ container: z.strictObject({ image: text }) }),
  z.strictObject({
    external: z.strictObject({
      urlFrom: text.describe('name of the environment variable that holds the URL of a superuser or owner'),
    }),
  }),
]);

const role = z.strictObject({
  settings: z
    .record(z.string(), setting)
    .default({})
    .describe('ALTER ROLE … SET, e.g. statement_timeout: 5s'),
  owns: z.array(name).default([]).describe('schemas this role owns, with everything in them'),
  grants: z
    .enum(['readwrite', 'read', 'none'])
    .default('readwrite')
    .describe('rights on the tables of the owned schemas'),
});

export const databaseSchema = z.strictObject({
  engine: z.literal('postgres').default('postgres'),
  provide: provide.default('embedded'),
  settings: z.record(z.string(), setting).default({}),
  roles: z.record(name, role).default({}),
});

/** A column generator, deterministic in (seed, table, row, column). */
export const columnSchema = z.union([
  z.strictObject({ sequence: z.strictObject({ from: z.number().int().default(1) }) }),
  z.strictObject({
    int: z.tuple([z.number().int(), z.number().int()]).describe('[min, max], both included'),
  }),
  z.strictObject({ float: z.tuple([z.number(), z.number()]) }),
  z.strictObject({ choice: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1) }),
  z.strictObject({
    text: z.strictObject({
      length: z.union([
        z.number().int().positive(),
        z.tuple([z.number().int().nonnegative(), z.number().int().positive()]),
      ]),
    }),
  }),
  z.strictObject({ timestamp: z.strictObject({ from: text, to: text }) }),
  z.strictObject({ uuid: z.literal(true) }),
  z.strictObject({ constant: z.union([z.string(), z.number(), z.boolean(), z.null()]) }),
  z.strictObject({ template: text.describe('a text with ${row} and ${random.…}') }),
]);
export type ColumnGenerator = z.output<typeof columnSchema>;

export const dataSchema = z.union([
  z.strictObject({ sql: text.describe('a .sql file beside the scenario, or SQL'), role: name.optional() }),
  z.strictObject({
    rows: z
      .record(name, z.strictObject({ count, columns: z.record(name, columnSchema) }))
      .describe('table → how many rows, and a generator for each column'),
  }),
]);

export const readySchema = z.strictObject({
  http: text.optional().describe('path that answers 2xx when the service is ready'),
  tcp: z.literal(true).optional(),
  log: text.optional().describe('regular expression of a log line'),
  timeout: duration.default(30_000),
});

export const serviceSchema = z.strictObject({
  command: z.array(text).min(1).optional(),
  image: text.optional(),
  url: text.optional().describe('a system that already runs'),
  port: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('the port an image listens on (a command listens on $PORT)'),
  cwd: text.optional(),
  replicas: z.number().int().positive().max(32).default(2),
  pool: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('the most database sessions that one replica opens: locks.maxBlocked can be a share of them'),
  env: env.default({}),
  ready: readySchema.default({ timeout: 30_000 }),
  stopGrace: duration.default(5_000).describe('from SIGTERM to SIGKILL'),
});

export const environmentSchema = z.strictObject({
  database: databaseSchema.optional(),
  data: z.array(dataSchema).default([]),
  cache: z.enum(['warm', 'cold']).default('warm'),
  services: z.record(name, serviceSchema).default({}),
});
