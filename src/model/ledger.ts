import { z } from 'zod';
import { phaseSchema } from './scenario-words.js';

/** What the ledger of acknowledged writes hands from room to room, and what of it is persisted. */

/** JSON as it was sent, or stood in the answer. */
const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export type LedgerValue = z.infer<typeof value>;

/**
 * One attempt at one write. acknowledged: it has taken effect, at some instant of [sentUs, endUs]. rejected: it
 * has not. indeterminate: a timeout, a reset, a 5xx: it may have, at any instant from sentUs on.
 */
export const ledgerWriteSchema = z.object({
  entity: z.string(),
  op: z.enum(['create', 'update', 'delete']),
  /** Null: nothing in the request or the answer names it. */
  key: z.string().nullable(),
  /** By column; what the write left to the system is not in it. */
  values: z.record(z.string(), value),
  /** Index into the plan's endpoints. */
  endpoint: z.number(),
  /** Of the intended start. */
  phase: phaseSchema,
  variant: z.number().optional(),
  sentUs: z.number(),
  endUs: z.number(),
  state: z.enum(['acknowledged', 'rejected', 'indeterminate']),
  /** Of everything but acknowledged: `503`, `no answer`, `23505`. */
  reason: z.string().optional(),
  /** Rejected because the key was there already (409, 23505): says something of the row as well. */
  conflict: z.literal(true).optional(),
});
export type LedgerWrite = z.infer<typeof ledgerWriteSchema>;

/** What can be wrong with what is found. The first three are gone; the others are there, and wrong. */
export const lossClasses = [
  'row lost',
  'value lost',
  'reverted update',
  'truncated',
  'changed',
  'duplicated',
  'resurrected delete',
  'phantom',
] as const;
export const lossClassSchema = z.enum(lossClasses);
export type LossClass = z.infer<typeof lossClassSchema>;

const lossExampleSchema = z.object({
  key: z.string(),
  column: z.string().optional(),
  /** As text; null: SQL's null, or no row. */
  expected: z.array(z.string().nullable()),
  found: z.string().nullable(),
  /** The write it belongs to: the last that was acknowledged. */
  write: z
    .object({
      endpoint: z.string(),
      op: ledgerWriteSchema.shape.op,
      variant: z.number().optional(),
      phase: phaseSchema,
      endUs: z.number(),
    })
    .optional(),
  /** The phases whose end the audit followed that first missed it. */
  firstSeenAfter: z.array(phaseSchema),
});
export type LossExample = z.infer<typeof lossExampleSchema>;

/** Losses of one class of one entity and column. */
export const lossSchema = z.object({
  class: lossClassSchema,
  column: z.string().optional(),
  count: z.number(),
  /** Of those, never seen by an earlier audit. */
  fresh: z.number(),
  /** Of the fresh: by the phase that the lost write was sent in, and when the earliest of them was sent. */
  byPhase: z.partialRecord(phaseSchema, z.number()),
  earliestSentUs: z.number().optional(),
  /** The rollback may throw them away: `rollback.discards` names them. */
  discarded: z.boolean(),
  /** The column, or the whole table, is not there any more. */
  gone: z.boolean(),
  /** The fresh first. */
  examples: z.array(lossExampleSchema),
});
export type Loss = z.infer<typeof lossSchema>;

export const entityAuditSchema = z.object({
  entity: z.string(),
  /** How `discards` and findings call it. */
  table: z.string(),
  by: z.enum(['sql', 'http']),
  keys: z.number(),
  rows: z.number(),
  tookMs: z.number(),
  batches: z.number(),
  longestBatchMs: z.number(),
  /** Writes that had ended when the audit began. */
  acknowledged: z.number(),
  rejected: z.number(),
  indeterminate: z.number(),
  /** Of the indeterminate: those without which what was found cannot be explained. The rest left no trace. */
  landed: z.number(),
  /** Acknowledged without a key: nobody can look for them. */
  unidentified: z.number(),
  /** Indeterminate creates without a key: if they landed, nobody knows where. */
  unidentifiedIndeterminate: z.number(),
  losses: z.array(lossSchema),
  /** Rows that expired, or went with their parent, as declared. */
  expired: z.number(),
  cascaded: z.number(),
  /** Columns of find that are not there. */
  goneColumns: z.array(z.string()),
  /** What could not be looked for, and why. */
  unaudited: z.object({ keys: z.number(), reason: z.string() }).optional(),
});
export type EntityAudit = z.infer<typeof entityAuditSchema>;

export const invariantReadingSchema = z.object({
  name: z.string(),
  expect: z.enum(['nothing', 'same']),
  /** Undefined with `error`: it could not be read. */
  holds: z.boolean().optional(),
  rows: z.number().optional(),
  /** The first rows, as JSON: what is there, and what was there before the traffic where that differs. */
  sample: z.array(z.string()),
  before: z.array(z.string()).optional(),
  error: z.string().optional(),
  tookMs: z.number(),
});
export type InvariantReading = z.infer<typeof invariantReadingSchema>;

/** audits.ndjson: one look at everything acknowledged so far, with no request under way. */
export const auditSchema = z.object({
  /** The phases it follows; empty: before the traffic. */
  after: z.array(phaseSchema),
  atUs: z.number(),
  toUs: z.number(),
  /** Requests that had not ended when it began, although nothing was offered any more. */
  underWay: z.number(),
  entities: z.array(entityAuditSchema),
  invariants: z.array(invariantReadingSchema),
  /** So many losses that `fresh` is no longer exact. */
  freshInexact: z.literal(true).optional(),
});
export type Audit = z.infer<typeof auditSchema>;

/** A stretch without arrivals: nothing in it is judged. */
export interface Gap {
  /** When the last request was offered, and when the next one was. */
  fromUs: number;
  toUs: number;
  purpose: string;
}

/** Whether a plan's scenario asks for audits at all. */
export function isAudited(scenario: {
  traffic: { endpoints: Record<string, { ledger?: unknown }> };
  ledger?: { invariants: Record<string, unknown> } | undefined;
}): boolean {
  const ledgered = Object.values(scenario.traffic.endpoints).some(({ ledger }) => ledger !== undefined);
  return ledgered || Object.keys(scenario.ledger?.invariants ?? {}).length > 0;
}
