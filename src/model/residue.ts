import { z } from 'zod';
import { stateClassSchema } from './state.js';

/**
 * What probes saw (state.ndjson, written as it happens) and what follows from it (`residue` in result.json).
 * S0 is read twice before the traffic: what differs between the two flaps by itself. S1 upgraded, S2 rolled back,
 * S3 cleaned, after one round of the cleanup and after a second.
 */
export const snapshotNames = ['S0a', 'S0b', 'S1', 'S2', 'S3a', 'S3b'] as const;
export const snapshotNameSchema = z.enum(snapshotNames);
export type SnapshotName = z.infer<typeof snapshotNameSchema>;

export const stateItemSchema = z.object({
  key: z.string(),
  /** What stays when it is deleted and made again. */
  identity2: z.string().optional(),
  /** As compared: projected, without what is ignored, normalised, redacted. */
  value: z.unknown(),
  /** What is wrong with it by itself, e.g. `an invalid index`, `a role without a lease`. */
  odd: z.string().optional(),
});
export type StateItem = z.infer<typeof stateItemSchema>;

/** How the rows of a table compare with those of S0a, less the rows that the traffic wrote. */
export const tableComparisonSchema = z.object({
  rows: z.number(),
  compared: z.number(),
  /** Rows that the traffic is known to have written. */
  touched: z.number(),
  /** Why it is not known which rows the traffic wrote: a difference may then be its doing. */
  touchedUnknown: z.string().optional(),
  missing: z.object({ count: z.number(), keys: z.array(z.string()) }),
  changed: z.object({
    count: z.number(),
    keys: z.array(z.string()),
    columns: z.record(z.string(), z.number()),
  }),
  added: z.object({ count: z.number(), keys: z.array(z.string()) }),
  /** Rows that were not there before count as left behind (`inserts: residue`). */
  addedCount: z.boolean(),
});
export type TableComparison = z.infer<typeof tableComparisonSchema>;

/** One reading of one probe. Items of all but S0a are written as what differs from S0a. */
export const probeReadingSchema = z.object({
  type: z.literal('reading'),
  snapshot: snapshotNameSchema,
  probe: z.string(),
  class: stateClassSchema,
  /** Built in or of a table, on a database that dten provides: nobody else changes it. */
  owned: z.boolean(),
  expect: z.enum(['restored', 'upgraded', 'absent', 'ignore']),
  compare: z.enum(['equal', 'sequence', 'table']),
  fromUs: z.number(),
  toUs: z.number(),
  /** False: some items may not have been seen. Nothing is ever called removed from such a reading. */
  complete: z.boolean(),
  /** Why it is not complete. */
  reason: z.string().optional(),
  /** All items, or those that are not as in S0a. */
  items: z.array(stateItemSchema),
  /** Keys of S0a's items that were not seen; only where `since` is given. */
  gone: z.array(z.string()).default([]),
  since: z.literal('S0a').optional(),
  table: tableComparisonSchema.optional(),
});
export type ProbeReading = z.infer<typeof probeReadingSchema>;

/** One command of the cleanup, once. */
export const cleanupRunSchema = z.object({
  type: z.literal('cleanup'),
  round: z.union([z.literal(1), z.literal(2)]),
  /** What it cleans (`flags/new-checkout`), or the step's name. */
  name: z.string(),
  command: z.string(),
  fromUs: z.number(),
  toUs: z.number(),
  ok: z.boolean(),
  message: z.string().optional(),
});
export type CleanupRun = z.infer<typeof cleanupRunSchema>;

/** The command that would clean an item left at S2, rendered. */
export const cleanupCommandSchema = z.object({
  type: z.literal('command'),
  path: z.string(),
  /** For a shell, or SQL; secrets stand as the variables they come from. */
  command: z.string(),
});
export type CleanupCommand = z.infer<typeof cleanupCommandSchema>;

export const stateLineSchema = z.discriminatedUnion('type', [
  probeReadingSchema,
  cleanupRunSchema,
  cleanupCommandSchema,
]);
export type StateLine = z.infer<typeof stateLineSchema>;

export const residueChangeSchema = z.object({
  /** `$.enabled`; `$` is the item as a whole. */
  path: z.string(),
  before: z.unknown().optional(),
  upgraded: z.unknown().optional(),
  after: z.unknown().optional(),
});
export type ResidueChange = z.infer<typeof residueChangeSchema>;

export const residueItemSchema = z.object({
  probe: z.string(),
  class: stateClassSchema,
  owned: z.boolean(),
  key: z.string(),
  /** `webhooks/42`: what a waiver names. */
  path: z.string(),
  change: z.enum(['added', 'removed', 'changed', 'replaced', 'present', 'behind']),
  /**
   * attributed: it was so at S1 too, the upgrade left it. unattributed: it came after S1, by the rollback or by
   * somebody else. unknown: S1 could not be read. pre-existing: it was so before the upgrade.
   */
  origin: z.enum(['attributed', 'unattributed', 'unknown', 'pre-existing']),
  changes: z.array(residueChangeSchema),
  /** The key it has now, of one that was replaced. */
  nowKey: z.string().optional(),
  odd: z.string().optional(),
  note: z.string().optional(),
  command: z.string().optional(),
});
export type ResidueItem = z.infer<typeof residueItemSchema>;

export const probeReportSchema = z.object({
  probe: z.string(),
  class: stateClassSchema,
  expect: z.enum(['restored', 'upgraded', 'absent', 'ignore']),
  /** ignored: whatever it saw. off: nothing of it was read. */
  state: z.enum(['clean', 'residue', 'unstable', 'unknown', 'ignored']),
  /** Items at S0 and S2; null: not read to the end. */
  before: z.number().nullable(),
  after: z.number().nullable(),
  /** Snapshots that could not be read, with why. */
  unknown: z.array(z.object({ snapshot: snapshotNameSchema, reason: z.string() })),
  /** `key: $.path` of what differed between the two readings of S0. */
  unstable: z.array(z.string()),
  /** Of a table: how many of its rows were compared. */
  note: z.string().optional(),
});
export type ProbeReport = z.infer<typeof probeReportSchema>;

export const residueReportSchema = z.object({
  /** What was read, and when: [from, to] in µs since run zero. */
  snapshots: z.array(z.object({ name: snapshotNameSchema, fromUs: z.number(), toUs: z.number() })),
  probes: z.array(probeReportSchema),
  /** S2 − S0. */
  items: z.array(residueItemSchema),
  /** null: no cleanup was run. */
  cleanup: z
    .object({
      runs: z.array(cleanupRunSchema),
      /** S3 − S0 after one round, and after the second. */
      afterFirst: z.array(residueItemSchema),
      items: z.array(residueItemSchema),
      unknown: z.array(z.object({ probe: z.string(), reason: z.string() })),
      /** Both rounds ended well, and after each S3 = S0. */
      proven: z.boolean(),
    })
    .nullable(),
});
export type ResidueReport = z.infer<typeof residueReportSchema>;
