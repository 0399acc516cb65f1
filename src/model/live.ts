import type { RunClock } from '../foundation/clock.js';
import type {
  HealthSample,
  LockCoverage,
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
