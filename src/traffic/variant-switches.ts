import type { RunUs } from '../foundation/clock.js';

/** Which variants of one endpoint are active, by the request's intended start. */
export class VariantSwitches {
  private readonly active: boolean[];
  private pending: { index: number; active: boolean; fromUs: RunUs }[] = [];

  constructor(private readonly shares: readonly number[]) {
    this.active = shares.map(() => false);
  }

  set(index: number, active: boolean, fromUs: RunUs): void {
    if (!(index in this.active)) return;
    this.pending.push({ index, active, fromUs });
    this.pending.sort((a, b) => a.fromUs - b.fromUs);
  }

  /**
   * The variant a draw in [0, 1) falls on: each active one takes its share in turn, the rest stays with the
   * endpoint's own request (−1). Intended starts must not decrease.
   */
  choose(intendedUs: RunUs, draw: () => number): number {
    while (this.pending[0] && this.pending[0].fromUs <= intendedUs) {
      const change = this.pending.shift();
      if (change) this.active[change.index] = change.active;
    }
    if (!this.active.includes(true)) return -1;
    const drawn = draw();
    let upTo = 0;
    for (const [index, share] of this.shares.entries()) {
      if (!this.active[index]) continue;
      upTo += share;
      if (drawn < upTo) return index;
    }
    return -1;
  }
}
