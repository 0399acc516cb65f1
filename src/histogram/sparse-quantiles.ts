import { rankOf, type SparseView } from './counts.js';

/**
 * The buckets (see `layout`) of several quantiles of one sparse histogram, without the 88 kB that `Counts` takes: for
 * a value each second. `infinite` samples count as +∞ beside them: Infinity where they are reached. Undefined without
 * any sample. `highestOf(bucket)` is what `Counts.quantileUs` says.
 */
export function bucketsAt(
  { index, count }: SparseView,
  quantiles: readonly number[],
  infinite = 0,
): number[] | undefined {
  const order = Array.from({ length: index.length }, (_, at) => at);
  if (!isRising(index)) order.sort((a, b) => (index[a] ?? 0) - (index[b] ?? 0));
  let finite = 0;
  for (let at = 0; at < count.length; at++) finite += count[at] ?? 0;
  const samples = finite + infinite;
  if (samples === 0) return undefined;
  return quantiles.map((q) => {
    const rank = rankOf(q, samples);
    let seen = 0;
    for (const at of order) {
      seen += count[at] ?? 0;
      if (seen >= rank) return index[at] ?? 0;
    }
    return Number.POSITIVE_INFINITY;
  });
}

function isRising(index: ArrayLike<number>): boolean {
  for (let at = 1; at < index.length; at++) if ((index[at] ?? 0) < (index[at - 1] ?? 0)) return false;
  return true;
}
