import type { LockParty } from './observation-locks.js';

/** A session that waits for a lock now. */
export interface QueuedSession {
  waiter: LockParty;
  lockType: string;
  mode: string;
  /** What it waits for, in words. */
  target: string;
  /** µs since run zero. */
  fromUs: number;
  /** Directly in front of it: pids of waiters, or of `holders`. */
  blockedBy: number[];
  /** A session of the upgrade or the rollback is in front of it, at whatever distance. */
  behindStep: boolean;
}

/** Who waits behind whom, at one instant, as the sampler saw it. */
export interface LockQueue {
  /** µs since run zero. */
  atUs: number;
  /** The longest waiting first. */
  waiting: QueuedSession[];
  /** Waiters that are not in `waiting`, as there are too many. */
  leftOut: number;
  /** Sessions in front of others that wait for nobody. */
  holders: LockParty[];
}
