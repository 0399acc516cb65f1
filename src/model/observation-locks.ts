import { z } from 'zod';
import { phaseSchema } from './scenario.js';

const us = z.number();

/** Whose session it is, by its application_name (`dten/<kind>/<name>`). */
export const actorSchema = z.object({
  kind: z.enum([
    'service',
    'traffic',
    'background',
    'upgrade',
    'rollback',
    'observer',
    'autovacuum',
    'other',
  ]),
  /** Service, endpoint, job or step id; for `other` the application_name. */
  name: z.string(),
});
export type Actor = z.infer<typeof actorSchema>;

export const lockPartySchema = z.object({
  pid: z.number(),
  actor: actorSchema,
  query: z.string().optional(),
  state: z.string().optional(),
  /** Age of its transaction when seen, ms. */
  transactionAgeMs: z.number().optional(),
});
export type LockParty = z.infer<typeof lockPartySchema>;

/** lock-waits.ndjson: one backend waiting for one lock. Keyed by (pid, wait start). */
export const lockWaitSchema = z.object({
  waiter: lockPartySchema,
  /** pg_locks.locktype: relation, transactionid, tuple, virtualxid, advisory, … */
  lockType: z.string(),
  mode: z.string(),
  /** `schema.table` where the lock, or the log's CONTEXT, names one. */
  relation: z.string().optional(),
  target: z.string(),
  fromUs: us,
  /** When it ended, or when it was last seen if `ended` is `outlasted`. */
  toUs: us,
  /** ± on the duration, ms. */
  errorMs: z.number(),
  durationMs: z.number(),
  ended: z.enum([
    'granted',
    'lock timeout',
    'statement timeout',
    'deadlock',
    'cancelled',
    'disconnected',
    'outlasted',
    'unknown',
  ]),
  seenBy: z.array(z.enum(['sampler', 'log', 'client'])),
  /** Directly in front, as pg_blocking_pids said (may be a queued waiter itself). */
  blockers: z.array(lockPartySchema),
  /** From the first blocker to the root; the root waits for nobody. */
  chain: z.array(lockPartySchema),
  root: lockPartySchema.optional(),
  /** Of a wait that a deadlock ended: every process in it, as the log's DETAIL told. */
  deadlock: z
    .object({
      sides: z.array(
        z.object({
          pid: z.number(),
          mode: z.string(),
          target: z.string(),
          blockedBy: z.number(),
          query: z.string().optional(),
        }),
      ),
    })
    .optional(),
  /** The log's "Process holding the lock", where the log saw the wait. */
  logHolders: z.array(z.number()).optional(),
  /** How long of the wait a session of the upgrade or rollback was in its chain, ms, as sampled. */
  behindStepMs: z.number().optional(),
  phase: z.union([phaseSchema, z.literal('outside')]),
  /** The step under way when the wait began. */
  step: z.string().optional(),
});
export type LockWait = z.infer<typeof lockWaitSchema>;

/** What the lock observers could and could not see. */
export const lockCoverageSchema = z.object({
  /** Waits shorter than this may be missed, ms; null: nothing was sampled. */
  floorMs: z.number().nullable(),
  cadenceMs: z.object({ asked: z.number(), p50: z.number(), p99: z.number(), max: z.number() }).nullable(),
  samples: z.number(),
  log: z.enum(['read', 'off', 'denied']),
  deadlockTimeoutMs: z.number().nullable(),
  /** Intervals without a sample for longer than 10× the cadence: [fromUs, toUs]. */
  gaps: z.array(z.tuple([us, us])),
});
export type LockCoverage = z.infer<typeof lockCoverageSchema>;
