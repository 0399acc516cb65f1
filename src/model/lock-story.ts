import { z } from 'zod';

/**
 * The lock waits of a run told as what happened: who stood at the root, who queued behind whom, for how long, and what
 * each statement of a step cost. Derived from the observations by the verdict; part of its report.
 */

/** A session, in words. */
export const sessionNameSchema = z.object({
  pid: z.number(),
  /** `upgrade.add status`, `background nightly report`, `service shop`, `autovacuum`. */
  who: z.string(),
  query: z.string().optional(),
  state: z.string().optional(),
});
export type SessionName = z.infer<typeof sessionNameSchema>;

/** Blocked time, summed over sessions, by what the waiter wanted; ms. */
export const blockedMsSchema = z.object({ reads: z.number(), writes: z.number(), other: z.number() });
export type BlockedMs = z.infer<typeof blockedMsSchema>;

export const victimsSchema = z.object({
  who: z.string(),
  /**
   * SQL endpoints connect under their own name; a service's statements may be tagged (sqlcommenter) with the route or
   * the endpoint. Else only what its requests' latencies show.
   */
  endpoints: z.array(z.string()),
  exact: z.boolean(),
  /** How the endpoints are known; absent in older reports. */
  by: z.enum(['name', 'tags', 'overlap']).optional(),
  sessions: z.number(),
  waits: z.number(),
  blockedMs: z.number(),
  /** The same by what was wanted; absent in older reports. */
  blocked: blockedMsSchema.optional(),
  longestMs: z.number(),
});
export type Victims = z.infer<typeof victimsSchema>;

export const queueSchema = z.object({ sessions: z.number(), atUs: z.number() });

/** Everybody who waited behind one session, without a break. */
export const incidentSchema = z.object({
  fromUs: z.number(),
  toUs: z.number(),
  /** Waits for nobody; absent: it was not seen. */
  root: sessionNameSchema.optional(),
  /** From the root to the last one in front of the longest waiter; without the root. */
  chain: z.array(sessionNameSchema),
  /** The step in the root or the chain. */
  step: z.string().optional(),
  /** `AccessExclusiveLock on orders`: what the first in the queue asked for. */
  lock: z.string(),
  victims: z.array(victimsSchema),
  sessions: z.number(),
  waits: z.number(),
  blockedMs: blockedMsSchema,
  longestMs: z.number(),
  deepest: queueSchema,
  /** Sessions waiting, the most in each slice of the incident (at most 40 slices). */
  overTime: z.array(queueSchema),
});
export type Incident = z.infer<typeof incidentSchema>;

/** One execution of one statement of a step: four numbers that are never merged. */
export const statementCostSchema = z.object({
  step: z.string(),
  attempt: z.number(),
  index: z.number(),
  line: z.number(),
  statement: z.string(),
  ok: z.boolean(),
  sqlState: z.string().optional(),
  /** Its own wait for locks, ms. */
  ownWaitMs: z.number(),
  /** From the grant of its last lock to the end of its transaction, ms; 0: it never got it. */
  holdMs: z.number(),
  /** What sessions of the traffic waited behind it, summed, ms. */
  victimsMs: blockedMsSchema,
  victims: z.number(),
  deepest: z.number(),
});
export type StatementCost = z.infer<typeof statementCostSchema>;

export const deadlockSideSchema = z.object({
  pid: z.number(),
  who: z.string(),
  /** `ShareLock on transaction 771`, as the server's log told. */
  waitedFor: z.string().optional(),
  blockedBy: z.number().optional(),
  query: z.string().optional(),
  /** Postgres ended this one (40P01). */
  victim: z.boolean(),
});
export type DeadlockSide = z.infer<typeof deadlockSideSchema>;

export const deadlockSchema = z.object({
  atUs: z.number(),
  sides: z.array(deadlockSideSchema),
  /** From the log's DETAIL, or only from who was seen in front of whom. */
  source: z.enum(['log', 'sampler', 'client']),
});
export type Deadlock = z.infer<typeof deadlockSchema>;

export const lockStorySchema = z.object({
  /** Those with a step or a background job in them, and the worst others. */
  incidents: z.array(incidentSchema),
  leftOut: z.object({ incidents: z.number(), blockedMs: z.number() }),
  statements: z.array(statementCostSchema),
  deadlocks: z.array(deadlockSchema),
  /** What nothing here can tell. */
  unseen: z.array(z.string()),
});
export type LockStory = z.infer<typeof lockStorySchema>;
