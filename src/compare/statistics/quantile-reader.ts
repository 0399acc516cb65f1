import type { SparseView } from '../../histogram/counts.js';
import { highestOf } from '../../histogram/layout.js';

/**
 * Many quantiles of one histogram: Counts.quantileUs by binary search over its non-empty buckets, to the same value.
 * Buckets in ascending order, as Counts.toSparse gives them. NaN without samples; ∞ where `infinite` ones are met.
 */
export function quantileReader(sparse: SparseView, infinite: number): (q: number) => number {
  const upTo = new Float64Array(sparse.index.length);
  let total = 0;
  for (let i = 0; i < upTo.length; i++) upTo[i] = total += sparse.count[i] ?? 0;
  const samples = total + infinite;
  return (q) => {
    if (samples === 0) return Number.NaN;
    const wanted = Math.min(Math.max(q, 0), 1) * samples;
    const rank = Math.max(1, Math.ceil(wanted * (1 - 2 ** -52)));
    if (rank > total) return Number.POSITIVE_INFINITY;
    let low = 0;
    let high = upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] ?? 0) >= rank) high = middle;
      else low = middle + 1;
    }
    return highestOf(sparse.index[low] ?? 0);
  };
}
