import { highestOf, indexOf, layoutLength, lowestOf, midOf } from './layout.js';

/** Sparse counts: bucket `index[i]` was seen `count[i]` times. */
export interface SparseView {
  readonly index: ArrayLike<number>;
  readonly count: ArrayLike<number>;
}

/** Dense HdrHistogram counts (see `layout`), 88 kB each. All values in µs. */
export class Counts {
  private readonly counts = new Uint32Array(layoutLength);
  private sum = 0;
  /** Touched buckets lie in [low, high]; scans and clear() keep to them. */
  private low = layoutLength;
  private high = -1;

  static of(...sparse: SparseView[]): Counts {
    const counts = new Counts();
    for (const part of sparse) counts.addSparse(part);
    return counts;
  }

  /** How many samples there are, +∞ ones not included. */
  get total(): number {
    return this.sum;
  }

  /** One sample. The hot path: no checks, since `indexOf` stays within the layout. */
  record(us: number): void {
    const index = indexOf(us);
    const { counts } = this;
    counts[index] = (counts[index] ?? 0) + 1;
    this.sum += 1;
    if (index < this.low) this.low = index;
    if (index > this.high) this.high = index;
  }

  add(index: number, count: number): void {
    if (count === 0) return;
    if (!(index >= 0 && index < layoutLength)) throw new RangeError(`no bucket ${index}`);
    const now = (this.counts[index] ?? 0) + count;
    if (now < 0) throw new RangeError(`bucket ${index} would hold ${now}`);
    this.counts[index] = now;
    this.sum += count;
    if (index < this.low) this.low = index;
    if (index > this.high) this.high = index;
  }

  addSparse(sparse: SparseView): void {
    for (let i = 0; i < sparse.index.length; i++) this.add(sparse.index[i] ?? -1, sparse.count[i] ?? 0);
  }

  /** Takes out what was added before (a window sliding on). Throws if a bucket would go below zero. */
  subtractSparse(sparse: SparseView): void {
    for (let i = 0; i < sparse.index.length; i++) this.add(sparse.index[i] ?? -1, -(sparse.count[i] ?? 0));
  }

  addCounts(other: Counts): void {
    for (let i = other.low; i <= other.high; i++) this.add(i, other.counts[i] ?? 0);
  }

  countAt(index: number): number {
    return this.counts[index] ?? 0;
  }

  /**
   * The value that a share `q` (0..1) of the samples do not exceed: the highest equivalent µs of its bucket, exactly
   * as HdrHistogram's getValueAtPercentile(100 q). With `infinite` samples counted as +∞ (dropped requests) the
   * answer may be Infinity. NaN when there is no sample at all: no data is not a fast answer.
   */
  quantileUs(q: number, infinite = 0): number {
    const samples = this.sum + infinite;
    if (samples === 0) return Number.NaN;
    const rank = rankOf(q, samples);
    if (rank > this.sum) return Number.POSITIVE_INFINITY;
    let seen = 0;
    for (let i = this.low; i <= this.high; i++) {
      seen += this.counts[i] ?? 0;
      if (seen >= rank) return q === 0 ? lowestOf(i) : highestOf(i);
    }
    return Number.NaN;
  }

  /** The highest equivalent µs of the slowest sample; NaN without samples. */
  maxUs(): number {
    for (let i = this.high; i >= this.low; i--) if (this.counts[i]) return highestOf(i);
    return Number.NaN;
  }

  /** Mean of the buckets' middles, µs; NaN without samples. */
  meanUs(): number {
    let total = 0;
    for (let i = this.low; i <= this.high; i++) total += (this.counts[i] ?? 0) * midOf(i);
    return total / this.sum;
  }

  /** Samples in the bucket of `us` or above it. */
  countAtOrAbove(us: number): number {
    let count = 0;
    for (let i = Math.max(indexOf(us), this.low); i <= this.high; i++) count += this.counts[i] ?? 0;
    return count;
  }

  clear(): void {
    if (this.high >= this.low) this.counts.fill(0, this.low, this.high + 1);
    this.sum = 0;
    this.low = layoutLength;
    this.high = -1;
  }

  toSparse(): { index: number[]; count: number[] } {
    const index: number[] = [];
    const count: number[] = [];
    for (let i = this.low; i <= this.high; i++) {
      const n = this.counts[i];
      if (n) {
        index.push(i);
        count.push(n);
      }
    }
    return { index, count };
  }
}

/** Which of so many samples, counted from the fastest, is the one at `q` (0..1): 1 at least. */
export function rankOf(q: number, samples: number): number {
  const wanted = Math.min(q, 1) * samples;
  // One ulp off the product, so that rounding noise does not skip a count (as HdrHistogram does).
  return Math.max(Math.ceil(wanted - ulp(wanted)), 1);
}

/** The gap to the next double, for x ≥ 0. */
function ulp(x: number): number {
  if (x === 0) return Number.MIN_VALUE;
  return 2 ** (Math.max(Math.floor(Math.log2(x)), -1022) - 52);
}
