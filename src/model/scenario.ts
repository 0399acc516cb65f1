import { z } from 'zod';
import { environmentSchema, type serviceSchema } from './scenario-environment.js';
import { discardsSchema, ledgerSchema } from './scenario-ledger.js';
import { objectivesSchema, productionSchema, waiverSchema } from './scenario-objectives.js';
import { rollbackKeys } from './rollback.js';
import type { expectSchema, httpRequestSchema, sqlRequestSchema } from './scenario-request.js';
import { stepSchema } from './scenario-steps.js';
import { backgroundSchema, timelineSchema } from './scenario-timeline.js';
import { trafficSchema } from './scenario-traffic.js';
import { probesSchema, scenarioCleanupSchema } from './state.js';
import { name } from './scenario-units.js';

export * from './scenario-words.js';
export * from './scenario-environment.js';
export * from './scenario-request.js';
export * from './scenario-traffic.js';
export * from './scenario-timeline.js';
export * from './scenario-steps.js';
export * from './scenario-ledger.js';
export * from './scenario-objectives.js';
export { duration } from './scenario-units.js';

/**
 * The scenario as users write it, YAML or TypeScript, one schema for both and for the JSON Schema that editors
 * use. Parsing turns texts with units into numbers: durations into milliseconds, rates into requests a second,
 * sizes into bytes, ratios into 0..1.
 */
export const scenarioSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
      'expected letters, digits, dots, dashes or underscores: it names a folder',
    ),
  description: z.string().optional(),
  seed: z.number().int().nonnegative().max(0xffff_ffff).default(1),
  production: productionSchema.optional(),
  environment: environmentSchema,
  traffic: trafficSchema,
  background: z.record(name, backgroundSchema).default({}),
  timeline: timelineSchema.default({ warmup: 5_000, baseline: 20_000, soak: 20_000, recovery: 20_000 }),
  upgrade: z.strictObject({ steps: z.array(stepSchema).min(1) }),
  rollback: z
    .strictObject({ steps: z.array(stepSchema).default([]), discards: discardsSchema, ...rollbackKeys })
    .prefault({}),
  ledger: ledgerSchema.optional(),
  probes: probesSchema.default({}),
  cleanup: scenarioCleanupSchema.optional(),
  objectives: objectivesSchema,
  waivers: z.array(waiverSchema).default([]),
});

/** A scenario as written. */
export type ScenarioInput = z.input<typeof scenarioSchema>;
/** A scenario parsed: units resolved (durations in ms), defaults filled in. */
export type Scenario = z.output<typeof scenarioSchema>;
export type Waiver = z.output<typeof waiverSchema>;
export type HttpRequestSpec = z.output<typeof httpRequestSchema>;
export type SqlRequestSpec = z.output<typeof sqlRequestSchema>;
export type ExpectSpec = z.output<typeof expectSchema>;
export type ServiceSpec = z.output<typeof serviceSchema>;
