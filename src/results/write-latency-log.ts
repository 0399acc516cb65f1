import { HistogramLogWriter, type Histogram } from 'hdr-histogram-js';
import { Counts } from '../histogram/counts.js';
import { emptyHdr, toHdr } from '../histogram/hdr.js';
import { encodeTag } from './latency-tag.js';
import type { MergedSeries } from './merge-seconds.js';

/** Values are µs; the Interval_Max column is printed in ms, as HdrHistogram's tools expect of a latency log. */
const maxValueUnitRatio = 1000;

/**
 * Writes latency.hlog in HdrHistogram's log format (V2, compressed): one interval a second per tag, timestamps in
 * seconds since run zero. One histogram is reused for all intervals: filling and encoding is what costs.
 */
export class LatencyLog {
  private readonly counts = new Counts();
  private readonly histogram: Histogram = emptyHdr();
  private readonly writer: HistogramLogWriter;

  constructor(
    append: (text: string) => void,
    private readonly endpoints: readonly string[],
  ) {
    this.writer = new HistogramLogWriter(append);
  }

  /** Comments that say when run zero was and what the numbers mean, and the legend. */
  head(zeroEpochUs: number): void {
    const zero = (zeroEpochUs / 1_000_000).toFixed(3);
    const iso = new Date(zeroEpochUs / 1000).toISOString();
    this.writer.outputLogFormatVersion();
    this.writer.outputComment(`[StartTime: ${zero} (seconds since epoch), ${iso}]`);
    this.writer.outputComment(`[BaseTime: ${zero} (seconds since epoch)]`);
    this.writer.outputComment(
      `[Unit: values are microseconds; Interval_Max is milliseconds, maxValueUnitRatio ${maxValueUnitRatio}]`,
    );
    this.writer.outputComment('[Tags: endpoint (percent-encoded)|phase|kind; by the second of the intended start]');
    this.writer.outputLegend();
  }

  interval(second: number, series: MergedSeries): void {
    this.counts.clear();
    for (const part of series.parts) this.counts.addSparse(part);
    if (this.counts.total === 0) return;
    const histogram = toHdr(this.counts, this.histogram);
    const endpoint = this.endpoints[series.endpoint];
    if (endpoint === undefined) throw new RangeError(`the plan has no endpoint ${series.endpoint}`);
    histogram.tag = encodeTag(endpoint, series.phase, series.kind);
    this.writer.outputIntervalHistogram(histogram, second, second + 1, maxValueUnitRatio);
  }
}
