import { drawInt, streamOf } from '../../foundation/rng.js';

/** Latencies of neighbouring seconds are alike: whole blocks of 20 s are drawn, not seconds. */
export const blockSeconds = 20;
/** Of fewer blocks a bootstrap says nothing. */
export const fewestBlocks = 3;
const resamples = 999;

/** One block: its requests, and how many of them took longer than the quantile of the whole phase. */
export interface Block {
  n: number;
  over: number;
}

/** Which blocks each resample consists of, by the number of blocks: drawn once, since all endpoints share seconds. */
export class BlockDraws {
  private readonly drawn = new Map<number, Uint32Array[]>();

  constructor(private readonly seed: number) {}

  of(blocks: number): readonly Uint32Array[] {
    let draws = this.drawn.get(blocks);
    if (!draws) {
      const stream = streamOf(`compare ${blocks} blocks`);
      draws = Array.from({ length: resamples }, (_, r) =>
        Uint32Array.from({ length: blocks }, (_, i) => drawInt(this.seed, stream, r, i, 0, blocks - 1)),
      );
      this.drawn.set(blocks, draws);
    }
    return draws;
  }
}

/**
 * The standard deviation of ln(quantile `q`) within one run, by a block bootstrap over its seconds. Each resample's
 * share over the phase's own quantile is mapped back through the phase's histogram (Bahadur: to first order a
 * quantile moves by the error of that share), so that a resample costs a sum and no histogram. Undefined: too few
 * blocks. Infinity: a resample reaches the drops.
 */
export function withinRunSd(
  quantileUs: (q: number) => number,
  q: number,
  blocks: readonly Block[],
  draws: BlockDraws,
): number | undefined {
  if (blocks.length < fewestBlocks) return undefined;
  // A bucket holds many samples of one value: its own share over it, and not 1 − q, is what a resample is held against.
  const usual = shareOver(blocks);
  const logs: number[] = [];
  for (const draw of draws.of(blocks.length)) {
    let n = 0;
    let over = 0;
    for (const at of draw) {
      n += blocks[at]?.n ?? 0;
      over += blocks[at]?.over ?? 0;
    }
    if (n === 0) continue;
    const us = quantileUs(q + over / n - usual);
    if (!Number.isFinite(us)) return Infinity;
    logs.push(Math.log(Math.max(us, 1)));
  }
  const middle = logs.reduce((sum, one) => sum + one, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, one) => sum + (one - middle) ** 2, 0) / (logs.length - 1));
}

function shareOver(blocks: readonly Block[]): number {
  const n = blocks.reduce((sum, block) => sum + block.n, 0);
  return blocks.reduce((sum, { over }) => sum + over, 0) / n;
}
