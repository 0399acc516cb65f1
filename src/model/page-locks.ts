import type { Actor, LockWait } from './observation-locks.js';
import type { PageColumn } from './page-column.js';

/** The lock waits of a page: each session and statement stands once, waits name them by index. */
export interface PageLocks {
  /** How many, the longest, and what may have been missed. */
  headline: string;
  /** By which means they were watched for. */
  coverage: string;
  parties: PageParty[];
  /** By start. */
  waits: PageWait[];
  /** Sessions that stood in front of others, for as long as somebody waited behind them. */
  holders: { party: number; fromUs: number; toUs: number; waits: number }[];
  /** Waits that the page does not hold: the shortest that no step was behind. */
  leftOut: { waits: number; longestMs: number };
  /** Most sessions waiting at once in each second of the traffic's axis; null: nobody looked. */
  blocked: PageColumn;
  /** Of those, behind a step of the upgrade or the rollback. */
  behindSteps: PageColumn;
}

export interface PageParty {
  pid: number;
  kind: Actor['kind'];
  /** `service shop`, `upgrade.add status`. */
  who: string;
  query?: string;
  state?: string;
}

export interface PageWait {
  /** Indexes into `parties`. */
  waiter: number;
  /** The nearest first, the root last; empty: nobody was seen in front. */
  ahead: number[];
  /** Whether the last of `ahead` waits for nobody. */
  rootSeen: boolean;
  mode: string;
  /** `orders`, `tuple (…)` */
  target: string;
  fromUs: number;
  toUs: number;
  durationMs: number;
  /** ± on it. */
  errorMs: number;
  ended: LockWait['ended'];
  seenBy: LockWait['seenBy'];
  behindStepMs?: number;
  phase: string;
  step?: string;
  whose: 'behind a step' | 'a step itself' | 'other';
}
