import type { RunUs } from '../../foundation/clock.js';
import { formatMs } from '../../foundation/units.js';
import type { CadenceReport, ClockPair, FromSampler } from './messages.js';
import type { SampledQueue } from './sampled-queue.js';
import type { SampledWait } from './sampled-wait.js';

export interface SampledRecordOptions {
  toRunUs(serverEpochUs: number): { atUs: RunUs; errorUs: number };
  degrade(lost: string): void;
  /** A wait that is over, in run time. */
  ended(wait: SampledWait): void;
  relations(oids: readonly number[]): void;
  /** Who waits behind whom, in run time. */
  queue?: ((queue: SampledQueue) => void) | undefined;
}

/** How far the two ways of mapping the server's clock may disagree beyond their own errors, µs. */
const clockSlackUs = 5_000;

/** What the sampler's thread has told; maps its times to the run's clock. */
export class SampledRecord {
  live = { waiting: 0, behindSteps: 0 };
  private unfinished: SampledWait[] = [];
  private report: CadenceReport | undefined;

  constructor(private readonly options: SampledRecordOptions) {}

  take(message: FromSampler): void {
    switch (message.type) {
      case 'ready':
        break;
      case 'ended':
        for (const wait of message.waits) {
          this.unfinished = this.unfinished.filter((one) => one.pid !== wait.pid || one.mode !== wait.mode);
          this.options.ended(this.inRunTime(wait));
        }
        break;
      case 'relations':
        this.options.relations(message.oids);
        break;
      case 'live':
        this.live = { waiting: message.waiting, behindSteps: message.behindSteps };
        break;
      case 'queue':
        this.options.queue?.(this.queueInRunTime(message.queue));
        break;
      case 'beat':
        this.unfinished = message.open;
        this.report = message.cadence;
        if (message.clock) this.checkClock(message.clock);
        break;
      case 'degraded':
        this.options.degrade(message.lost);
        break;
      case 'stopped':
        this.unfinished = message.open;
        this.report = message.cadence;
        this.live = { waiting: 0, behindSteps: 0 };
        break;
    }
  }

  /** Waits that had not ended when the sampler last said so, in run time. */
  open(): SampledWait[] {
    return this.unfinished.map((wait) => this.inRunTime(wait));
  }

  /** The interval that a wait no sample saw fits into, µs. */
  floorUs(askedMs: number): number {
    return Math.max(askedMs, this.report?.floorMs ?? 0) * 1000;
  }

  /** Of the whole time observed: a thread that died leaves a gap to the end. */
  cadence(startUs: RunUs, endUs: RunUs, askedMs: number): CadenceReport {
    const none = { samples: 0, p50Ms: 0, p99Ms: 0, maxMs: 0, floorMs: 0, gaps: [], lastSampleUs: null };
    const report = this.report ?? none;
    const lastUs = report.lastSampleUs ?? startUs;
    const told = report.gaps.filter(([fromUs]) => fromUs < lastUs);
    const untilEndMs = (endUs - lastUs) / 1000;
    // finish() itself takes up to some hundred milliseconds after the last sample.
    const silent = untilEndMs > Math.max(1_000, 10 * askedMs) || report.samples === 0;
    return { ...report, gaps: silent ? [...told, [lastUs, endUs]] : told };
  }

  private queueInRunTime(queue: SampledQueue): SampledQueue {
    const at = (us: number) => this.options.toRunUs(us).atUs;
    return {
      ...queue,
      atUs: at(queue.atUs),
      waiting: queue.waiting.map((waiter) => ({ ...waiter, startUs: at(waiter.startUs) })),
    };
  }

  private inRunTime(wait: SampledWait): SampledWait {
    const at = (us: number) => this.options.toRunUs(us).atUs;
    return {
      ...wait,
      startUs: at(wait.startUs),
      lastSeenUs: at(wait.lastSeenUs),
      ...(wait.goneUs === undefined ? {} : { goneUs: at(wait.goneUs) }),
    };
  }

  private checkClock(pair: ClockPair): void {
    const mapped = this.options.toRunUs(pair.serverUs);
    const apartUs = Math.abs(mapped.atUs - pair.runUs);
    if (apartUs <= mapped.errorUs + pair.errorUs + clockSlackUs) return;
    this.options.degrade(
      `the server’s clock was set or drifts: lock waits are placed in time with an error of ${formatMs(apartUs / 1000)} or more`,
    );
  }
}
