/**
 * HdrHistogram's own bucket layout for 3 significant digits, lowest discernible value 1 µs, highest trackable
 * value 2³¹ − 1 µs (35 min 47 s), so that an index here is an index there. 2048 linear buckets of 1 µs, then 1024
 * for each further power of two (https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.countsArrayIndex).
 */
export const lowestTrackableUs = 1;
export const highestTrackableUs = 2 ** 31 - 1;
export const significantDigits = 3;

/** How many counts cover the range: the last index is that of `highestTrackableUs`. */
export const layoutLength = 22 * 1024;

/**
 * The bucket of a duration in µs. Fractions are truncated (HdrHistogram would keep them in its maximum), what is
 * negative counts as 0, and what is over the range, or not a number, as the highest bucket: never as a fast one.
 */
export function indexOf(us: number): number {
  if (!(us <= highestTrackableUs)) return layoutLength - 1;
  const whole = us > 0 ? us | 0 : 0;
  // Or-ing 1024 makes the shift 0 for all of the 2048 linear buckets, without a branch that random latencies mispredict.
  const shift = 21 - Math.clz32(whole | 1024);
  return (shift << 10) + (whole >>> shift);
}

/** True for what `indexOf` had to clamp to the highest bucket. */
export function isOverRange(us: number): boolean {
  return !(us <= highestTrackableUs);
}

/** The lowest µs of a bucket. */
export function lowestOf(index: number): number {
  if (index < 2048) return index;
  const shift = (index >>> 10) - 1;
  return (index - (shift << 10)) * 2 ** shift;
}

/** The highest whole µs of a bucket: HdrHistogram's "highest equivalent value", what its quantiles report. */
export function highestOf(index: number): number {
  return index < 2048 ? index : lowestOf(index) + 2 ** ((index >>> 10) - 1) - 1;
}

/** The middle of a bucket: HdrHistogram's "median equivalent value", for means. */
export function midOf(index: number): number {
  return index < 2048 ? index : lowestOf(index) + 2 ** ((index >>> 10) - 2);
}
