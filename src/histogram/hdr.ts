import { build, type Histogram, type JsHistogram } from 'hdr-histogram-js';
import { Counts } from './counts.js';
import {
  highestOf,
  highestTrackableUs,
  layoutLength,
  lowestTrackableUs,
  significantDigits,
} from './layout.js';

/** An empty HdrHistogram of this layout, in µs. */
export function emptyHdr(bitBucketSize: 32 | 64 = 32): Histogram {
  return build({
    lowestDiscernibleValue: lowestTrackableUs,
    highestTrackableValue: highestTrackableUs,
    numberOfSignificantValueDigits: significantDigits,
    bitBucketSize,
    autoResize: false,
    useWebAssembly: false,
  });
}

/**
 * The same counts as an HdrHistogram, into a fresh one or into `target` (reset first). Each bucket is recorded by
 * its highest equivalent value, so the maximum is never understated.
 */
export function toHdr(counts: Counts, target: Histogram = emptyHdr()): Histogram {
  target.reset();
  const sparse = counts.toSparse();
  for (let i = 0; i < sparse.index.length; i++) {
    target.recordValueWithCount(highestOf(sparse.index[i] ?? 0), sparse.count[i] ?? 0);
  }
  return target;
}

/**
 * Counts of an HdrHistogram of this layout (as `toHdr` made it, or decoded from a log). Throws a TypeError for
 * another precision or unit, or a WebAssembly histogram: its buckets would mean something else here.
 */
export function fromHdr(histogram: Histogram): Counts {
  if (!isJs(histogram)) throw new TypeError('expected a plain (not WebAssembly) HdrHistogram');
  if (
    histogram.numberOfSignificantValueDigits !== significantDigits ||
    histogram.lowestDiscernibleValue !== lowestTrackableUs
  ) {
    throw new TypeError(
      `expected ${significantDigits} significant digits from ${lowestTrackableUs} µs, got ` +
        `${histogram.numberOfSignificantValueDigits} from ${histogram.lowestDiscernibleValue}`,
    );
  }
  const counts = new Counts();
  for (let i = 0; i < histogram.countsArrayLength; i++) {
    const count = histogram.getCountAtIndex(i);
    if (count > 0) counts.add(Math.min(i, layoutLength - 1), count);
  }
  return counts;
}

function isJs(histogram: Histogram): histogram is JsHistogram {
  return 'getCountAtIndex' in histogram && 'countsArrayLength' in histogram;
}
