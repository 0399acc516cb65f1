import type { ComparedQuantile, RatioInterval } from '../model/comparison-page.js';

/** A ratio further from 1 than this (either way) is drawn at the edge, with an arrow: its words tell it. */
const furthest = 50;
const tickRatios = [1, 2, 0.5, 1.25, 0.8, 5, 0.2, 1.1, 0.9, 1.5, 0.67, 20, 0.05, 1.05, 0.95, 50, 0.02];
/** Share of the width between two ticks. */
const tickRoom = 0.17;

/** A log axis of ratios, of one endpoint: the same for all its phases, so that they can be held against each other. */
export interface DifferenceScale {
  /** 0 at the left, 1 at the right; what lies beyond is at the edge. */
  place: (ratio: number) => number;
  isBeyond: (ratio: number) => boolean;
  ticks: number[];
}

export function differenceScale(rows: readonly ComparedQuantile[], marginRatio: number): DifferenceScale {
  let [low, high] = [1 / marginRatio ** 2, marginRatio ** 2];
  const take = (ratio: number) => {
    if (!(ratio > 0)) return;
    low = Math.min(low, Math.max(ratio, 1 / furthest));
    high = Math.max(high, Math.min(ratio, furthest));
  };
  for (const { ratio, interval } of rows) {
    if (ratio !== null) take(ratio);
    for (const end of endsOf(interval)) take(end);
  }
  const [from, to] = [Math.log(low), Math.log(high)];
  const room = (to - from) * 0.04;
  const at = (ratio: number) =>
    ratio > 0 ? (Math.log(ratio) - from + room) / (to - from + 2 * room) : Number.NEGATIVE_INFINITY;
  const ticks: number[] = [];
  for (const ratio of tickRatios) {
    const place = at(ratio);
    if (place < 0.06 || place > 0.94) continue;
    if (ticks.every((other) => Math.abs(at(other) - place) >= tickRoom)) ticks.push(ratio);
  }
  return {
    place: (ratio) => Math.min(1, Math.max(0, at(ratio))),
    isBeyond: (ratio) => at(ratio) < 0 || at(ratio) > 1,
    ticks: ticks.sort((a, b) => a - b),
  };
}

function endsOf(interval: RatioInterval | null): number[] {
  return interval ? [interval.low, interval.high] : [];
}
