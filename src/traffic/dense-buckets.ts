import { indexOf, layoutLength } from '../histogram/layout.js';

/** Buckets are drained in blocks of 1024, of which only the touched ones are looked at. */
const blockBits = 10;
const blockLength = 1 << blockBits;
const flagsAt = layoutLength;

/**
 * One series' buckets while its second is current, made for recording: two stores to one typed array, and no more.
 * Behind the counts lies one flag for each block.
 */
export type DenseBuckets = Uint32Array;

export function newDenseBuckets(): DenseBuckets {
  return new Uint32Array(layoutLength + (layoutLength >>> blockBits));
}

export function recordInto(buckets: DenseBuckets, us: number): void {
  const index = indexOf(us);
  // `?? 0` would cost a tenth of the whole.
  buckets[index] = (buckets[index] as number) + 1;
  buckets[flagsAt + (index >>> blockBits)] = 1;
}

/** The counts, sparse; the buckets are empty afterwards. */
export function drain(buckets: DenseBuckets): { index: number[]; count: number[] } {
  const index: number[] = [];
  const count: number[] = [];
  for (let block = 0; block < layoutLength >>> blockBits; block++) {
    if (buckets[flagsAt + block] === 0) continue;
    const from = block << blockBits;
    for (let i = from; i < from + blockLength; i++) {
      const n = buckets[i] ?? 0;
      if (n === 0) continue;
      index.push(i);
      count.push(n);
    }
    buckets.fill(0, from, from + blockLength);
    buckets[flagsAt + block] = 0;
  }
  return { index, count };
}
