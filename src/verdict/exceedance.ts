import type { SparseCounts } from '../model/observation.js';
import { indexOf } from '../histogram/layout.js';

/** A quantile is called met only on this many samples: 100, or one expected beyond the quantile. */
export function neededSamples(q: number): number {
  return q >= 1 ? 100 : Math.max(100, Math.ceil(1 / (1 - q) - 1e-9));
}

/**
 * Whether the quantile `q` (0..1) of `n` samples lies above a limit that `over` of them exceed. The rank is
 * HdrHistogram's, ⌈q·n⌉: of 100 samples, p99 stands one over the limit and not two.
 */
export function exceeds(q: number, n: number, over: number): boolean {
  if (n === 0) return false;
  const rank = Math.max(1, Math.ceil(q * n * (1 - 1e-12)));
  return over > n - rank;
}

/**
 * As `exceeds`, with too few samples padded by fast ones up to `needed`: what is over the limit even then is
 * certain, whatever the missing samples would have shown.
 */
export function certainlyExceeds(q: number, n: number, over: number): boolean {
  return exceeds(q, Math.max(n, neededSamples(q)), over);
}

/** Samples slower than a limit in µs: those in buckets above the limit's own (0.1% wide at most). */
export function countOver(parts: readonly SparseCounts[], limitUs: number): number {
  const limitIndex = indexOf(limitUs);
  let over = 0;
  for (const { index, count } of parts) {
    for (let i = 0; i < index.length; i++) if ((index[i] ?? 0) > limitIndex) over += count[i] ?? 0;
  }
  return over;
}

/** How many samples the parts hold. */
export function countAll(parts: readonly SparseCounts[]): number {
  let n = 0;
  for (const { count } of parts) for (let i = 0; i < count.length; i++) n += count[i] ?? 0;
  return n;
}
