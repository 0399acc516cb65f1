import type { MeasureUnit } from '../model/comparison.js';

/**
 * What a change of a measure comes to nothing below, in its unit, however small the baseline: a share of a baseline of
 * 0 would make a change of every rounding error. Counts have none.
 */
export const smallestChange: Readonly<Record<MeasureUnit, number>> = {
  s: 0.1,
  ms: 1,
  requests: 0,
  'request·s': 0.1,
  count: 0,
  ratio: 0.0001,
  bytes: 8192,
  '1/s': 0.1,
};
