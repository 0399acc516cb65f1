/** The median; NaN of nothing. Infinity is a value like others. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  const lower = sorted[middle - 1] ?? Number.NaN;
  return lower === upper ? upper : (lower + upper) / 2;
}

/** More of these from the median is an outlier: 3.4 standard deviations of a normal distribution. */
const mostDeviations = 5;

/**
 * Values further than five median absolute deviations from the median are brought back to there: a night of chaos is
 * one odd value, not a level, and the distances to it would drown all others. Where more than half the values are
 * equal there is no such measure, and all stay as they are.
 */
export function withoutOutliers(values: Float64Array): Float64Array {
  const middle = median(values);
  const deviation = median(values.map((value) => Math.abs(value - middle)));
  if (!(deviation > 0)) return values;
  const [low, high] = [middle - mostDeviations * deviation, middle + mostDeviations * deviation];
  return values.map((value) => Math.min(high, Math.max(low, value)));
}
