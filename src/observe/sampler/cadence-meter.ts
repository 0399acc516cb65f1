import type { RunUs } from '../../foundation/clock.js';
import type { CadenceReport } from './messages.js';

const bucketMs = 0.1;
const bucketCount = 10_000;

/**
 * Intervals between samples, in buckets of 0.1 ms up to 1 s; what is longer is kept by its bucket's end, 1 s, and
 * by the maximum. A wait that is longer than the interval it falls into is seen for certain.
 */
export class CadenceMeter {
  private readonly counts = new Uint32Array(bucketCount + 1);
  private readonly gaps: [RunUs, RunUs][] = [];
  private samples = 0;
  private maxMs = 0;
  private lastUs: RunUs;
  private readonly gapMs: number;

  constructor(cadenceMs: number, startUs: RunUs) {
    this.gapMs = 10 * cadenceMs;
    this.lastUs = startUs;
  }

  /** A sample was taken at this instant. */
  sample(atUs: RunUs): void {
    if (this.samples > 0) this.interval(atUs);
    else if ((atUs - this.lastUs) / 1000 > this.gapMs) this.gaps.push([this.lastUs, atUs]);
    this.samples += 1;
    this.lastUs = atUs;
  }

  private interval(atUs: RunUs): void {
    const ms = (atUs - this.lastUs) / 1000;
    const bucket = Math.min(bucketCount, Math.floor(ms / bucketMs));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.maxMs = Math.max(this.maxMs, ms);
    if (ms > this.gapMs) this.gaps.push([this.lastUs, atUs]);
  }

  /** Up to now; time since the last sample counts as a gap once it is long enough to be one. */
  report(nowUs: RunUs): CadenceReport {
    const open: [RunUs, RunUs][] = (nowUs - this.lastUs) / 1000 > this.gapMs ? [[this.lastUs, nowUs]] : [];
    return {
      samples: this.samples,
      p50Ms: this.quantile(0.5, () => 1, Infinity),
      p99Ms: this.quantile(0.99, () => 1, Infinity),
      maxMs: this.maxMs,
      floorMs: this.quantile(0.99, (ms) => ms, this.gapMs),
      gaps: [...this.gaps, ...open],
      lastSampleUs: this.samples > 0 ? this.lastUs : null,
    };
  }

  /** Upper end of the bucket where the running sum of weights passes q; intervals above `uptoMs` left out. */
  private quantile(q: number, weight: (ms: number) => number, uptoMs: number): number {
    const buckets = Math.min(this.counts.length, Math.ceil(uptoMs / bucketMs) + 1);
    let total = 0;
    for (let i = 0; i < buckets; i++) total += (this.counts[i] ?? 0) * weight((i + 0.5) * bucketMs);
    let sum = 0;
    for (let i = 0; i < buckets; i++) {
      sum += (this.counts[i] ?? 0) * weight((i + 0.5) * bucketMs);
      if (total > 0 && sum >= q * total) return Math.min(this.maxMs, Number(((i + 1) * bucketMs).toFixed(1)));
    }
    return 0;
  }
}
