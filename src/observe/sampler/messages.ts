import type { RunUs } from '../../foundation/clock.js';
import type { SampledQueue } from './sampled-queue.js';
import type { SampledWait } from './sampled-wait.js';

/** Handed to the sampler's thread as its workerData. */
export interface SamplerStart {
  /** Tried in order until one connects: a server-wide view can be had from any database. */
  urls: string[];
  /** The rehearsed database: waits of sessions in others are not ours. */
  databaseName: string;
  cadenceMs: number;
  /** Somebody looks: tell who waits behind whom, too. */
  queue?: boolean;
  clock: { zeroNs: bigint; zeroEpochUs: number };
}

export type ToSampler = { type: 'stop' };

/** Intervals between the samples that succeeded. */
export interface CadenceReport {
  samples: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /**
   * 99% of the time sampled lay in intervals no longer than this (gaps left out): a wait that was longer was seen
   * for certain there, a shorter one may have been missed.
   */
  floorMs: number;
  /** Longer than ten times the cadence asked for. */
  gaps: [RunUs, RunUs][];
  lastSampleUs: RunUs | null;
}

/** One pair of clocks, read together to within `errorUs`. */
export interface ClockPair {
  serverUs: number;
  runUs: RunUs;
  errorUs: number;
}

export type FromSampler =
  | { type: 'ready' }
  /** Waits that are over. */
  | { type: 'ended'; waits: SampledWait[] }
  /** Relations named by new waits, so that their names are looked up while they exist. */
  | { type: 'relations'; oids: number[] }
  | { type: 'live'; waiting: number; behindSteps: number }
  | { type: 'queue'; queue: SampledQueue }
  /** Once a second: what would be lost if this thread died, and the tightest clock pair of that second. */
  | { type: 'beat'; open: SampledWait[]; cadence: CadenceReport; clock: ClockPair | undefined }
  | { type: 'degraded'; lost: string }
  | { type: 'stopped'; open: SampledWait[]; cadence: CadenceReport };
