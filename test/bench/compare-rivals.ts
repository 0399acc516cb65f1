import { twoSidedP } from '../../src/compare/statistics/student-t.js';

/** What one run is to the rivals: its p99, and that of each of its seconds, ms. */
export interface RivalRun {
  p99Ms: number;
  secondsP99Ms: readonly number[];
}

/** The field's usual gate: worse by more than 5%, of one run against one. */
export function fixedThreshold(baseline: RivalRun, candidate: RivalRun): boolean {
  return candidate.p99Ms > 1.05 * baseline.p99Ms;
}

/** Mann–Whitney U on the p99 of each second, two-sided at 5% by the normal approximation, and worse. */
export function mannWhitney(baseline: RivalRun, candidate: RivalRun): boolean {
  const [a, b] = [baseline.secondsP99Ms, candidate.secondsP99Ms];
  let u = 0;
  for (const x of b) for (const y of a) u += x > y ? 1 : x === y ? 0.5 : 0;
  const middle = (a.length * b.length) / 2;
  const sd = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12);
  const z = (u - middle) / sd;
  return z > 0 && twoSidedP(z, 1e9) < 0.05;
}
