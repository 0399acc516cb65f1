import { z } from 'zod';
import { duration, text } from './scenario-units.js';

/** How the way back is rehearsed: its scenario keys, what is seen of it, and what is told of it. */
export const rollbackStrategies = ['steps', 'snapshot', 'both'] as const;
export type RollbackStrategy = (typeof rollbackStrategies)[number];
/** What one rehearsal does; `both` is two rehearsals. */
export const rollbackWaySchema = z.enum(['steps', 'snapshot']);
export type RollbackWay = z.infer<typeof rollbackWaySchema>;

/** Keys of `rollback` beside its steps. */
export const rollbackKeys = {
  strategy: z
    .enum(rollbackStrategies)
    .default('steps')
    .describe('snapshot: put the data directory back as it was before the traffic; both: two rehearsals'),
  snapshot: z
    .strictObject({ keep: z.array(text).describe('names of the steps that also run beside a snapshot') })
    .optional()
    .describe('default: all but sql and command steps'),
  again: z
    .boolean()
    .optional()
    .describe('after the traffic the upgrade runs once more; default: true where there is a rollback'),
  fromEachStep: z
    .boolean()
    .optional()
    .describe('try the rollback from each step of the upgrade, on clones; default: up to 1 GB of data'),
};

/** `objectives.ledger.lostOnSnapshot`: a snapshot loses what was written since; this says how much of it may go. */
export const lostOnSnapshotSchema = z.strictObject({
  within: duration.describe('only writes younger than this when the snapshot is put back may be lost'),
});

/** The name of the step that puts the snapshot back. */
export const restoreStepName = 'restore snapshot';

/** Planned, never written: where the first sql or command step of the rollback stands. */
export interface RestoreStep {
  name: string;
  timeout: number;
  retries: number;
  retryDelay: number;
  restore: 'snapshot';
  /** Ids of the steps that do not run because of it; whoever refers to one of them means this one. */
  replaces: string[];
}

/** Why a database cannot be snapshot, or undefined. */
export function snapshotRefusal(
  database: { provide: unknown } | undefined,
): { message: string; hint: string } | undefined {
  if (database === undefined) {
    return {
      message: 'a snapshot is of the database, and environment.database is missing',
      hint: 'strategy: steps, or environment: { database: { provide: embedded } }',
    };
  }
  const { provide } = database;
  if (typeof provide !== 'object' || provide === null || !('external' in provide)) return undefined;
  return {
    message: 'an external server is not dten’s to stop, and its data directory not dten’s to put back',
    hint: 'strategy: steps; or rehearse the snapshot with provide: embedded or a container',
  };
}

// ── events ─────────────────────────────────────────────────────────────────────────────────────

/** What a physical restore consists of, in order. */
export const restoreParts = ['stop', 'put back', 'start'] as const;
export type RestorePart = (typeof restoreParts)[number];

const snapshotEvent = z.object({
  /** The data directory was copied while the server was stopped: what is written from here on is not in it. */
  type: z.literal('snapshot'),
  bytes: z.number(),
  tookMs: z.number(),
});
const restoreEvent = z.object({
  type: z.literal('restore'),
  step: z.string(),
  part: z.enum(restoreParts),
  edge: z.enum(['start', 'end']),
  bytes: z.number().optional(),
});
/** The upgrade once more, after the traffic. Without a step: the whole of it. */
const againEvent = z.object({
  type: z.literal('again'),
  edge: z.enum(['start', 'end']),
  step: z.string().optional(),
  ok: z.boolean().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  /** Why it was not run. */
  skipped: z.string().optional(),
});
export const rollbackEvents = [snapshotEvent, restoreEvent, againEvent] as const;

// ── the upgrade once more ──────────────────────────────────────────────────────────────────────

export const secondUpgradeSchema = z.object({
  outcome: z.enum(['ok', 'failed', 'interrupted', 'not run']),
  tookMs: z.number(),
  failedStep: z.string().optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
export type SecondUpgrade = z.infer<typeof secondUpgradeSchema>;

// ── the rollback from each step ────────────────────────────────────────────────────────────────

/**
 * What a statement says that names something a later step of the upgrade makes (undefined column, table, object,
 * function, schema), or takes away (duplicate table, column, object): PostgreSQL, appendix A.
 */
export const presupposingCodes: readonly string[] = [
  '42703',
  '42P01',
  '42704',
  '42883',
  '3F000',
  '42P07',
  '42701',
  '42710',
];

/** rollback-trials.json: the rollback from each prefix of the upgrade, on clones without traffic. */
export const rollbackTrialSchema = z.object({
  /** Upgrade steps up to this one had run. */
  afterStep: z.string(),
  /** `restored`: it ran, and rows are as before; `differs`: the rows are, the schema is not. */
  outcome: z.enum(['restored', 'differs', 'failed', 'loses', 'not tried']),
  /** Statements of the rollback left out since they name what a later step makes; the first one is told below. */
  leftOut: z.number().default(0),
  /** Where they stand. */
  leftOutAt: z.array(z.string()).default([]),
  failedStep: z.string().optional(),
  statement: z.string().optional(),
  /** `migrations/002.down.sql:3` */
  place: z.string().optional(),
  sqlState: z.string().optional(),
  message: z.string().optional(),
  /** `orders.note: values differ`, `orders: 12 rows fewer`. */
  lost: z.array(z.string()),
  /** Of the schema: `+ index …`, `- column …`. */
  differences: z.array(z.string()),
});
export type RollbackTrial = z.infer<typeof rollbackTrialSchema>;

export const rollbackTrialsSchema = z.object({
  state: z.enum(['complete', 'failed', 'off']),
  reason: z.string().optional(),
  trials: z.array(rollbackTrialSchema),
  tookMs: z.number(),
});
export type RollbackTrials = z.infer<typeof rollbackTrialsSchema>;

// ── what it cost ───────────────────────────────────────────────────────────────────────────────

export const noReturnSchema = z.object({
  /** The upgrade step after which the rollback loses data or fails. */
  step: z.string(),
  seenBy: z.enum(['clone', 'run', 'ledger']),
  how: z.enum(['loses', 'fails']),
  because: z.string(),
});
export type NoReturn = z.infer<typeof noReturnSchema>;

/** Null: not measured. Nothing here is 0 for want of data. */
export const rollbackReportSchema = z.object({
  way: rollbackWaySchema,
  /** From the first step of the rollback to the end of its last one. */
  tookMs: z.number().nullable(),
  outcome: z.enum(['ok', 'failed', 'not run']),
  /** Down seconds of rollback and recovery, by the rule of objectives.window, and those that cannot be told. */
  downMs: z.number().nullable(),
  unknownSeconds: z.number().nullable(),
  /** Of a snapshot, in order: stop, put back, start, and until everything was up again. */
  parts: z.array(z.object({ part: z.string(), ms: z.number().nullable(), bytes: z.number().optional() })),
  snapshot: z.object({ bytes: z.number(), tookMs: z.number(), takenUs: z.number() }).nullable(),
  /** Acknowledged writes that the ledger did not find after the rollback. */
  writesLost: z
    .object({
      lost: z.number(),
      /** Given up by `rollback.discards`, and not among the lost. */
      discarded: z.number().default(0),
      acknowledged: z.number(),
      /** Between the oldest lost write and the start of the rollback. */
      oldestMs: z.number().nullable(),
      unaudited: z.number(),
    })
    .nullable(),
  residue: z.number().nullable(),
  secondUpgrade: secondUpgradeSchema.nullable(),
  noReturn: z.array(noReturnSchema),
  /** Why, or that, there is no point of no return to name. */
  noReturnText: z.string(),
});
export type RollbackReport = z.infer<typeof rollbackReportSchema>;

/** rollback-twin.json: the other rehearsal of a scenario with strategy `both`. */
export const rollbackTwinSchema = z.object({
  schema: z.literal('dten.rollback-twin/1'),
  /** Relative to the folder that holds the file. */
  dir: z.string(),
});

/** Two ways back from one upgrade, with one seed. */
export interface RollbackComparison {
  schema: 'dten.rollback-comparison/1';
  ways: {
    way: RollbackWay;
    dir: string;
    verdict: string;
    outcome: RollbackReport['outcome'];
    tookMs: number | null;
    downMs: number | null;
    unknownSeconds: number | null;
    writesLost: number | null;
    /** Given up by `rollback.discards`; and acknowledged, but not looked for: neither is among the lost. */
    writesDiscarded: number | null;
    writesUnaudited: number | null;
    residue: number | null;
  }[];
}
