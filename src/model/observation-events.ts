import { z } from 'zod';
import { rollbackEvents } from './rollback.js';
import { phaseSchema } from './scenario.js';

const us = z.number();

export const outcomeSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), sqlState: z.string().optional() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const eventBody = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('run'),
    edge: z.enum(['start', 'end']),
    epochUs: z.number().optional(),
    note: z.string().optional(),
  }),
  /** `fromUs` may lie ahead of `atUs`: traffic changes phase at that instant. Phase `done` ends the last one. */
  z.object({ type: z.literal('phase'), phase: z.union([phaseSchema, z.literal('done')]), fromUs: us }),
  /** One attempt of a step. `step` is the step's id (`upgrade.add status`). */
  z.object({
    type: z.literal('step'),
    step: z.string(),
    attempt: z.number(),
    edge: z.enum(['start', 'end']),
    pid: z.number().optional(),
    outcome: outcomeSchema.optional(),
    final: z.boolean().optional(),
  }),
  z.object({
    type: z.literal('statement'),
    step: z.string(),
    attempt: z.number(),
    index: z.number(),
    pid: z.number().optional(),
    edge: z.enum(['start', 'end']),
    outcome: outcomeSchema.optional(),
    rows: z.number().optional(),
  }),
  /** The end of the transaction that statements `from`..`to` (indexes) ran in: their locks are released here. */
  z.object({
    type: z.literal('transaction'),
    step: z.string(),
    attempt: z.number(),
    from: z.number(),
    to: z.number(),
    pid: z.number(),
    outcome: outcomeSchema,
  }),
  z.object({
    type: z.literal('service'),
    service: z.string(),
    replica: z.string(),
    state: z.enum(['starting', 'ready', 'draining', 'stopped', 'died']),
    detail: z.string().optional(),
    logTail: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('background'),
    job: z.string(),
    edge: z.enum(['start', 'holding', 'end']),
    pid: z.number().optional(),
    step: z.string().optional(),
    outcome: outcomeSchema.optional(),
  }),
  z.object({
    type: z.literal('variant'),
    endpoint: z.string(),
    index: z.number(),
    active: z.boolean(),
    fromUs: us,
  }),
  /** No request is offered from the start's `fromUs` to the end's, so that the system can be looked at, at rest. */
  z.object({ type: z.literal('gap'), edge: z.enum(['start', 'end']), purpose: z.string(), fromUs: us }),
  ...rollbackEvents,
  /** Something the harness could not observe, or lost. Never silent. */
  z.object({ type: z.literal('degraded'), source: z.string(), lost: z.string() }),
  z.object({ type: z.literal('note'), message: z.string() }),
]);
export type RunEvent = z.infer<typeof eventBody>;
export const stampedEventSchema = z.intersection(eventBody, z.object({ seq: z.number().int(), atUs: us }));
export type StampedEvent = z.infer<typeof stampedEventSchema>;
