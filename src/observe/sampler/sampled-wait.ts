import { parseActor } from '../../model/actor.js';

/** What a lock is on: the columns of pg_locks that name it. */
export interface LockTag {
  lockType: string;
  database?: number;
  relation?: number;
  page?: number;
  tuple?: number;
  virtualXid?: string;
  transactionId?: string;
  classId?: number;
  objectId?: number;
  objectSubId?: number;
}

/** A session as pg_stat_activity showed it. All times in µs since the Unix epoch, by the server's clock. */
export interface SeenParty {
  pid: number;
  applicationName: string;
  backendType?: string;
  state?: string;
  query?: string;
  transactionAgeMs?: number;
}

/** No session holds its locks: pg_blocking_pids and the log call it process 0. */
export const preparedTransaction: SeenParty = {
  pid: 0,
  applicationName: 'prepared transaction',
  state: 'prepared transaction',
};

/** By its global identifier: dten's own carry the application_name of who prepared them. */
export function preparedAs(gid: string, ageMs: number): SeenParty {
  const { kind } = parseActor(gid);
  return {
    ...preparedTransaction,
    applicationName: kind === 'other' ? `prepared transaction ${gid}` : gid,
    transactionAgeMs: ageMs,
  };
}

/** The way from a waiter to the session that waits for nobody. */
interface SeenChain {
  chain: SeenParty[];
  /** Its last session waited for nobody. False in a deadlock, or when a blocker was already gone. */
  rooted: boolean;
}

/**
 * One wait as the sampler saw it. Server clock, µs since the Unix epoch. The end lies between `lastSeenUs` and
 * `goneUs`.
 */
export interface SampledWait {
  pid: number;
  tag: LockTag;
  mode: string;
  startUs: number;
  /** ± on the start: 0 where the server said it (pg_locks.waitstart, Postgres 14 and later). */
  startErrorUs: number;
  lastSeenUs: number;
  /** The first sample without it; undefined while it lasts. */
  goneUs?: number;
  /**
   * What the waiter was seen doing afterwards; undefined when that proves nothing. 'cut off': the sampler's connection
   * was lost before anything was seen, and the server may have ended both.
   */
  evidence?: 'granted' | 'cancelled' | 'disconnected' | 'cut off';
  waiter: SeenParty;
  /** Every session that stood directly in front of it, at any time, in the order seen. */
  blockers: SeenParty[];
  /** The chain that lasted longest, of those that lead through a step's session if any did. */
  longest: SeenChain;
  /** How long of the wait a session of the upgrade or rollback was in its chain, as sampled. */
  behindStepUs: number;
  /** For row waits: the relation whose tuple lock the waiter holds, or those it writes in this transaction. */
  relationHints: number[];
}
