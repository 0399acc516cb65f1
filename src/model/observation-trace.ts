import { z } from 'zod';
import { lintHintSchema, linterRunSchema } from './hazard.js';
import { outcomeSchema } from './observation-events.js';
import { statementPartsSchema } from './statement-parts.js';

export const tracedLockSchema = z.object({
  relation: z.string(),
  /** r table, i index, S sequence, t TOAST, v view, m materialised view, p partitioned table, I partitioned index, ? unknown */
  relkind: z.string(),
  mode: z.string(),
  /** Made in the same transaction: nobody else can wait for it. */
  created: z.boolean(),
  /** Of an index or a TOAST table: the table it belongs to. */
  table: z.string().optional(),
});
export type TracedLock = z.infer<typeof tracedLockSchema>;

export const statementTraceSchema = z.object({
  step: z.string(),
  index: z.number(),
  line: z.number(),
  statement: z.string(),
  /** On the traffic-free clone. */
  durationMs: z.number(),
  /** Statement end → end of its transaction, on the clone: how long its locks were kept after it was done. */
  heldAfterMs: z.number(),
  /** Newly taken by this statement (relation locks outside the system catalogs). */
  locks: z.array(tracedLockSchema),
  /** Relations whose storage was replaced although they stayed: rewritten tables and indexes. */
  rewrites: z.array(z.string()),
  /** debug1 messages: `verifying table`, `building index`, `validating foreign key`, `rewriting table`. */
  scans: z.array(
    z.object({
      kind: z.enum(['rewrite', 'verify', 'build index', 'validate foreign key', 'validate']),
      relation: z.string(),
    }),
  ),
  invalidIndexes: z.array(z.string()),
  unvalidatedConstraints: z.array(z.string()),
  walBytes: z.number().nullable(),
  rows: z.number().nullable(),
  /** Locks came from polling while it ran (it refuses a transaction block): brief ones may be missing. */
  polled: z.boolean(),
  outcome: outcomeSchema,
  /** What the grammar found in it; absent in older results, and where it does not parse. */
  parts: statementPartsSchema.optional(),
  hints: z.array(lintHintSchema).optional(),
  /** Statements of one number shared a transaction, by the step's own boundaries. */
  transaction: z.number().int().optional(),
  /** Of CREATE INDEX and REINDEX CONCURRENTLY: pg_stat_progress_create_index, in order, as polled. */
  phases: z.array(z.object({ phase: z.string(), ms: z.number() })).optional(),
  /** Partitions left half detached (pg_inherits.inhdetachpending). */
  pendingDetaches: z.array(z.string()).optional(),
});
export type StatementTrace = z.infer<typeof statementTraceSchema>;

/** What the upgrade's sql and command steps added on the clone, for "rollback not exercised". */
export const schemaAdditionsSchema = z.object({
  /** `schema.table.column` (public. is left out: `orders.status`). */
  columns: z.array(z.string()),
  constraints: z.array(z.string()),
  enumLabels: z.array(z.string()),
});

export const traceReportSchema = z.object({
  /** `off`: no sql steps or no database; `failed`: with the reason. */
  state: z.enum(['complete', 'failed', 'off']),
  reason: z.string().optional(),
  statements: z.array(statementTraceSchema),
  added: schemaAdditionsSchema,
  /** Heap + TOAST + indexes of each user table, before the upgrade: bytes, and estimated rows. */
  tables: z.record(z.string(), z.object({ bytes: z.number(), rows: z.number() })),
  linter: linterRunSchema.optional(),
});
export type TraceReport = z.infer<typeof traceReportSchema>;
