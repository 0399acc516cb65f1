import type { Gap } from '../model/ledger.js';
import { usPerSecond } from './seconds.js';

/** Whether a second lies wholly in a gap: nothing was offered in it, so it is neither up, down nor unknown. */
export function isInGap(gaps: readonly Gap[], second: number): boolean {
  return gaps.some(
    ({ fromUs, toUs }) => fromUs <= second * usPerSecond && (second + 1) * usPerSecond <= toUs,
  );
}

/** The seconds in which something was offered: windows slide over these alone. */
export function outsideGaps<S extends { second: number }>(seconds: readonly S[], gaps: readonly Gap[]): S[] {
  return gaps.length === 0 ? [...seconds] : seconds.filter(({ second }) => !isInGap(gaps, second));
}

/** How much of an interval lies in gaps, µs. */
export function gapUs(gaps: readonly Gap[], { fromUs, toUs }: { fromUs: number; toUs: number }): number {
  return gaps.reduce(
    (sum, gap) => sum + Math.max(0, Math.min(gap.toUs, toUs) - Math.max(gap.fromUs, fromUs)),
    0,
  );
}
