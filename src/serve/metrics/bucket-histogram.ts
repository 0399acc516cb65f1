import { highestOf, midOf } from '../../histogram/layout.js';
import type { SparseCounts } from '../../model/observation.js';

/** Seconds. Fixed, so that runs add up and compare: from a fast cache hit to a lock wait of a minute. */
export const bucketsSeconds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

interface Cell {
  labels: Record<string, string>;
  /** By bucket, not cumulative; the last is beyond every bound. */
  counts: number[];
  sumSeconds: number;
}

/**
 * A histogram that takes whole HdrHistogram counts: prom-client's own takes one value at a time, which at thousands a
 * second the thread that times the run would notice. Registered as a metric that prom-client prints. (prom-client 15
 * has no native histograms.)
 */
export class BucketHistogram {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  private readonly cells = new Map<string, Cell>();

  constructor(
    readonly name: string,
    readonly help: string,
  ) {}

  /** `infinite`: requests that were never sent, beyond every bound; they add nothing to the sum. */
  add(labels: Record<string, string>, parts: readonly SparseCounts[], infinite: number): void {
    const key = JSON.stringify(labels);
    let cell = this.cells.get(key);
    if (!cell) {
      cell = { labels, counts: new Array<number>(bucketsSeconds.length + 1).fill(0), sumSeconds: 0 };
      this.cells.set(key, cell);
    }
    const { counts } = cell;
    const last = bucketsSeconds.length;
    for (const { index, count } of parts) {
      for (let at = 0; at < index.length; at++) {
        const bucketOf = index[at] ?? 0;
        const seconds = highestOf(bucketOf) / 1_000_000;
        const bucket = bucketsSeconds.findIndex((bound) => seconds <= bound);
        const of = bucket < 0 ? last : bucket;
        counts[of] = (counts[of] ?? 0) + (count[at] ?? 0);
        cell.sumSeconds += (midOf(bucketOf) / 1_000_000) * (count[at] ?? 0);
      }
    }
    counts[last] = (counts[last] ?? 0) + infinite;
  }

  reset(): void {
    this.cells.clear();
  }

  /** As prom-client's metrics tell their values. */
  get() {
    const values = [...this.cells.values()].flatMap(({ labels, counts, sumSeconds }) => {
      let total = 0;
      const buckets = counts.map((count, at) => {
        total += count;
        const le = bucketsSeconds[at] ?? '+Inf';
        return { metricName: `${this.name}_bucket`, labels: { ...labels, le }, value: total };
      });
      return [
        ...buckets,
        { metricName: `${this.name}_sum`, labels, value: sumSeconds },
        { metricName: `${this.name}_count`, labels, value: total },
      ];
    });
    return Promise.resolve({
      name: this.name,
      help: this.help,
      type: this.type,
      aggregator: this.aggregator,
      values,
    });
  }
}
