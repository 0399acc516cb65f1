import type { RunClock, RunUs } from '../foundation/clock.js';
import type {
  HealthSample,
  LockCoverage,
  LockParty,
  LockWait,
  SecondTally,
  SeriesKind,
  ServerSample,
  SparseCounts,
  TraceReport,
} from './observation.js';
import type { Fingerprint, Manifest } from './result.js';

/** A rehearsal that has just begun: its folder is there, nothing is provisioned yet. */
export interface BegunRun {
  /** The result folder. */
  dir: string;
  manifest: Manifest;
  clock: RunClock;
}

/** One intended second as it goes into traffic.ndjson and latency.hlog: the parts of a series add up. */
export interface RecordedSecond {
  second: number;
  tallies: SecondTally[];
  series: { endpoint: number; phase: number; kind: SeriesKind; parts: SparseCounts[] }[];
}

/**
 * Is handed what goes into the result's files, when it does and as it does. A second may come again with what was
 * late: the two add up, as their lines in the files do.
 */
export interface RecordingListener {
  second?(second: RecordedSecond): void;
  lockWait?(wait: LockWait): void;
  server?(sample: ServerSample): void;
  health?(sample: HealthSample): void;
  trace?(report: TraceReport): void;
}

/** A session that waits for a lock now. */
export interface QueuedSession {
  waiter: LockParty;
  lockType: string;
  mode: string;
  /** What it waits for, in words. */
  target: string;
  fromUs: RunUs;
  /** Directly in front of it: pids of waiters, or of `holders`. */
  blockedBy: number[];
  /** A session of the upgrade or the rollback is in front of it, at whatever distance. */
  behindStep: boolean;
}

/** Who waits behind whom, at one instant, as the sampler saw it. */
export interface LockQueue {
  atUs: RunUs;
  /** The longest waiting first. */
  waiting: QueuedSession[];
  /** Waiters that are not in `waiting`, as there are too many. */
  leftOut: number;
  /** Sessions in front of others that wait for nobody. */
  holders: LockParty[];
}

export interface LiveLocks {
  /** Sessions waiting now, and how many of them behind the upgrade or rollback. */
  waiting: number;
  behindSteps: number;
  /** What could be seen up to now. */
  coverage: LockCoverage;
}

/** What a run knows of its environment, and how it is told. */
export interface ProvisionListener {
  begin?(run: BegunRun): void;
  fingerprint?(fingerprint: Fingerprint): void;
}
