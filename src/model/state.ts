import { z } from 'zod';
import { expectSchema, json } from './scenario-request.js';
import { stepSchema } from './scenario-steps.js';
import { duration, env, name, text } from './scenario-units.js';

/**
 * What a scenario says about state: read-only probes, what each must find after the rollback, and how what is left
 * behind is cleaned. A probe reads a document, selects items, names each by its key (an identity, never an index)
 * and compares what is left of each item: the same everywhere, whatever the source.
 */
export const stateClasses = ['schema', 'data', 'config', 'flag', 'webhook', 'credential'] as const;
export const stateClassSchema = z.enum(stateClasses);
export type StateClass = z.infer<typeof stateClassSchema>;

/** Built-in probes are called `catalog.<what>`; a scenario's own must not be. */
export const builtInPrefix = 'catalog.';

const path = z
  .string()
  .min(1)
  .meta({ id: 'jsonPath', description: 'RFC 9535 JSONPath, e.g. $.items[*] or $.id' });

/** Ways of writing one value that mean the same. */
export const normalizations = ['trim', 'lowercase', 'sort', 'number', 'timestamp', 'url', 'json'] as const;
export type Normalization = (typeof normalizations)[number];

const cleanupSchema = z
  .union([
    z.strictObject({ command: z.array(text).min(1), cwd: text.optional() }),
    z.strictObject({
      http: z.strictObject({
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('DELETE'),
        url: text,
        headers: z.record(z.string(), z.string()).default({}),
        json: json.optional(),
        expect: expectSchema
          .optional()
          .describe('default: any 2xx, and for DELETE 404 and 410 too: gone already'),
      }),
    }),
    z.strictObject({ sql: text, role: name.optional() }),
  ])
  .meta({ id: 'itemCleanup' });
export type ItemCleanup = z.output<typeof cleanupSchema>;

const probeBase = {
  class: stateClassSchema.optional().describe('what its items are; default: by the source'),
  select: path.optional().describe('the items in what was read; default: the source’s own'),
  key: z
    .union([path.transform((one) => [one]), z.array(path).min(1)])
    .optional()
    .describe('path or paths in an item that identify it'),
  identity2: path.optional().describe('what stays when an item is deleted and made again, e.g. $.url'),
  project: z.array(path).optional().describe('only these parts of an item are compared'),
  ignore: z.array(path).default([]).describe('parts that do not count, e.g. $.updated_at'),
  normalize: z
    .record(path, z.enum(normalizations))
    .default({})
    .describe('path → how its value is made comparable'),
  redact: z.array(path).default([]).describe('parts of which only a salted hash is kept'),
  expect: z
    .enum(['restored', 'upgraded', 'absent', 'ignore'])
    .default('restored')
    .describe('what must be there after the rollback'),
  timeout: duration.default(10_000).describe('one reading, pages included'),
  cleanup: cleanupSchema
    .optional()
    .describe('how one item is cleaned; ${item.…} is the item as compared, ${item.key} its key'),
};

const pageBase = {
  max: z.number().int().positive().max(100_000).default(1_000),
  total: path.optional().describe('how many items there are in all: fewer seen is an incomplete reading'),
};
const pageSchema = z
  .union([
    z.strictObject({ ...pageBase, next: path, param: text.optional().describe('next is a cursor for this') }),
    z.strictObject({ ...pageBase, link: z.literal(true).describe('RFC 8288: Link: <…>; rel="next"') }),
    z.strictObject({ ...pageBase, number: text, from: z.number().int().nonnegative().default(1) }),
    z.strictObject({ ...pageBase, offset: text }),
  ])
  .meta({ id: 'page' });
export type PageSpec = z.output<typeof pageSchema>;

const headers = z.record(z.string(), z.string()).default({});
const httpSourceSchema = z
  .strictObject({
    method: z.enum(['GET', 'HEAD']).default('GET').describe('a probe only reads'),
    url: text,
    headers,
    page: pageSchema.optional(),
    emptyOn: z.array(z.number().int()).default([]).describe('statuses that mean: nothing there, e.g. [404]'),
  })
  .meta({ id: 'httpSource' });
export type HttpSource = z.output<typeof httpSourceSchema>;

export const probeSchema = z.union([
  z.strictObject({ ...probeBase, sql: text.describe('one SELECT'), role: name.optional() }),
  z.strictObject({ ...probeBase, http: httpSourceSchema }),
  z.strictObject({
    ...probeBase,
    file: text,
    format: z.enum(['json', 'yaml', 'env', 'text']).optional().describe('default: by its extension'),
  }),
  z.strictObject({
    ...probeBase,
    env: z.strictObject({
      service: name.describe('whose environment, as its replicas run with it now'),
      names: z.array(text).default(['*']).describe('variables; * stands for any text'),
    }),
  }),
  z.strictObject({
    ...probeBase,
    exec: z.array(text).min(1).describe('argv: JSON on stdin says what is asked, JSON on stdout answers'),
    cwd: text.optional(),
    environment: env.default({}).describe('its environment variables'),
  }),
  z.strictObject({
    ...probeBase,
    table: text.describe('rows there before the upgrade, less those the traffic wrote'),
    inserts: z.enum(['expected', 'residue']).default('expected').describe('rows that were not there before'),
  }),
  z.strictObject({
    ...probeBase,
    ofrep: z.strictObject({ url: text, headers, context: z.record(z.string(), json).default({}) }),
  }),
  z.strictObject({ ...probeBase, unleash: z.strictObject({ url: text, headers }) }),
  z.strictObject({
    ...probeBase,
    credentials: z.strictObject({
      leases: z.strictObject({
        http: httpSourceSchema,
        select: path,
        role: path.describe('the database role of a lease'),
      }),
      roles: text.describe('LIKE pattern of the database roles that leases are for, e.g. v-%'),
    }),
  }),
]);
export type Probe = z.output<typeof probeSchema>;

export const probesSchema = z.record(name, probeSchema);
export const scenarioCleanupSchema = z.strictObject({
  run: z
    .boolean()
    .default(true)
    .describe('after the traffic: clean each item the upgrade left, run the steps, all of it twice'),
  steps: z.array(stepSchema).default([]),
});

export const residueObjectiveSchema = z.union([
  z.literal('none'),
  z.strictObject({
    after: z
      .enum(['rollback', 'cleanup'])
      .default('rollback')
      .describe('cleanup: what the cleanup is proven to take away does not count'),
    classes: z.array(stateClassSchema).min(1).optional(),
  }),
]);
export type ResidueObjective = z.output<typeof residueObjectiveSchema>;

const defaultClasses = {
  sql: 'data',
  table: 'data',
  http: 'config',
  file: 'config',
  env: 'config',
  exec: 'config',
  ofrep: 'flag',
  unleash: 'flag',
  credentials: 'credential',
} as const;
export type ProbeKind = keyof typeof defaultClasses;

export function probeKindOf(probe: Probe): ProbeKind {
  const kind = (Object.keys(defaultClasses) as ProbeKind[]).find((candidate) => candidate in probe);
  if (kind === undefined) throw new TypeError('a probe without a source');
  return kind;
}

export function probeClassOf(probe: Probe): StateClass {
  return probe.class ?? defaultClasses[probeKindOf(probe)];
}
