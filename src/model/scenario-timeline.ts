import { z } from 'zod';
import { duration, name, text } from './scenario-units.js';

const collideSchema = z.strictObject({
  step: text,
  startBefore: duration.default(1_000),
  holdFor: duration,
});

export const backgroundSchema = z.strictObject({
  kind: z
    .enum(['query', 'longTransaction', 'idleInTransaction', 'preparedTransaction', 'antiWraparoundVacuum'])
    .default('query')
    .describe(
      'preparedTransaction: its locks are held by no session (PREPARE TRANSACTION), and rolled back at the end; ' +
        'antiWraparoundVacuum: a session’s slow VACUUM (FREEZE) stands in for the autovacuum against wraparound, ' +
        'which does not give way to a lock either',
    ),
  sql: text.optional().describe('every kind but antiWraparoundVacuum: what it runs'),
  table: name.optional().describe('antiWraparoundVacuum: the table'),
  role: name.optional(),
  every: duration.optional(),
  holdFor: duration
    .optional()
    .describe(
      'longTransaction, idleInTransaction and preparedTransaction: how long the transaction stays open',
    ),
  collide: z.union([collideSchema.transform((c) => [c]), z.array(collideSchema)]).default([]),
});

export const timelineSchema = z.strictObject({
  warmup: duration.default(5_000),
  baseline: duration.default(20_000),
  soak: duration.default(20_000),
  recovery: duration.default(20_000),
});
