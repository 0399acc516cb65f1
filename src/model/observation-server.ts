import { z } from 'zod';

const us = z.number();

export const statementCountsSchema = z.object({
  id: z.string(),
  /** With constants as $n; in the first sample that has it. */
  text: z.string().optional(),
  calls: z.number(),
  /** Executing, all calls together; waits for rows are in it, planning and waits for relations are not. */
  ms: z.number(),
  /** Shared and temporary blocks read, cached ones too. */
  blocks: z.number(),
  rows: z.number(),
});
export type StatementCounts = z.infer<typeof statementCountsSchema>;

/** server.ndjson: one sample a second. Counters are cumulative as Postgres reports them. */
export const serverSampleSchema = z.object({
  atUs: us,
  /** null where the statistic could not be read. */
  commits: z.number().nullable(),
  rollbacks: z.number().nullable(),
  deadlocks: z.number().nullable(),
  blocksHit: z.number().nullable(),
  blocksRead: z.number().nullable(),
  activeBackends: z.number().nullable(),
  waitingBackends: z.number().nullable(),
  idleInTransaction: z.number().nullable(),
  /**
   * Sessions by whose they are (`service shop`): all, those waiting for a lock, and those in use (running a statement
   * or in a transaction). Absent where not read; older results do not say what is in use.
   */
  sessions: z
    .record(z.string(), z.object({ total: z.number(), waiting: z.number(), busy: z.number().optional() }))
    .optional(),
  /** Tables that autovacuum was working on. */
  autovacuuming: z.array(z.string()).optional(),
  walBytes: z.number().nullable(),
  checkpointsTimed: z.number().nullable(),
  checkpointsRequested: z.number().nullable(),
  deadTuples: z.record(z.string(), z.number()),
  autovacuums: z.record(z.string(), z.number()),
  /** Sequential and index scans + tuple writes per table: which tables traffic touches. */
  tableActivity: z.record(z.string(), z.number()),
  /** What ended since the sample before, a statement each (pg_stat_statements). Absent where not read. */
  statements: z.array(statementCountsSchema).optional(),
  host: z.object({ cpuBusyRatio: z.number(), memoryFreeBytes: z.number(), loadAverage1: z.number() }),
});
export type ServerSample = z.infer<typeof serverSampleSchema>;

/** health.ndjson: one line a worker and second. */
export const healthSampleSchema = z.object({
  second: z.number().int(),
  worker: z.number().int(),
  lagP50Us: z.number(),
  lagP99Us: z.number(),
  lagMaxUs: z.number(),
  loopDelayP99Us: z.number(),
  cpuRatio: z.number(),
  inFlight: z.number(),
  queued: z.number(),
  /** Connections in use and in all, at the second's end. */
  busyConnections: z.number(),
  connections: z.number(),
  /** How many of the second's requests went out at once, and how many waited for a free connection. */
  sent: z.number(),
});
export type HealthSample = z.infer<typeof healthSampleSchema>;
