import { streamOf } from '../foundation/rng.js';
import { bestSplit, splitRoom, type SplitRoom } from './energy-split.js';
import { median, withoutOutliers } from './order-statistics.js';
import { splitSignificance } from './split-significance.js';

export interface EDivisiveOptions {
  /** A change point's p-value is at most this. */
  p: number;
  /** |median after − median before| is at least this share of the median before. */
  leastMagnitude: number;
  /** A level holds at least so many values. */
  leastLevel: number;
  /** Longer series are searched in windows of so many values, overlapping by half. */
  window: number;
  permutations: number;
  seed: number;
  /** What the draws hang on beside the seed: the name of the series. */
  name: string;
}

export const eDivisiveDefaults = {
  p: 0.001,
  leastMagnitude: 0.05,
  leastLevel: 3,
  window: 50,
  permutations: 1_999,
  seed: 1,
} as const;

/**
 * The fewest values of which a change is told at p = 0.001: two levels of 8 have C(16, 8) ÷ 2 = 6 435 orders. Of 14
 * there are 1 716, which two thousand draws cannot tell from a thousand.
 */
export const leastRuns = 16;

export interface FoundChange {
  /** The first index of the new level. */
  at: number;
  p: number;
  medianBefore: number;
  medianAfter: number;
  /** The level before begins here, the level after ends before this. */
  from: number;
  to: number;
}

/**
 * Change points of a series, by E-divisive (Matteson and James 2014, see energy-split) with what Hunter, now Apache
 * Otava, made of it for nightly runs (Fleming et al. 2023, "Hunter: Using Change Point Detection to Hunt for
 * Performance Regressions", ICPE): search in windows, so that a change does not vanish as the series grows; first
 * candidates at a p ten times as large, then each again between its neighbours, the weakest taken out until all that
 * are left hold, and are large enough to matter. Hunter takes Student's t for speed and for the same answer every
 * time; here it is the permutation test, which asks for no normal distribution, with draws that hang on the seed
 * alone: the same series gives the same answer. Outliers are brought in before each test.
 *
 * Scaling all values changes no index and no p; nor does moving them, but for what counts as large enough. Values
 * must be finite.
 */
export function findChangePoints(values: readonly number[], options: EDivisiveOptions): FoundChange[] {
  if (values.length < leastRuns) return [];
  const z = Float64Array.from(values);
  const room = splitRoom(2 * options.window);
  const search: Search = { z, room, options, stream: streamOf(options.name), tests: 0 };
  const candidates = new Set<number>();
  const step = Math.max(1, Math.floor(options.window / 2));
  let from = 0;
  do {
    divide(search, from, Math.min(z.length, from + options.window), candidates);
    // From the newest level on: the end of the one before it would blur what comes next.
    from = Math.max(from + step, ...candidates);
  } while (from < z.length);
  return merge(
    search,
    [...candidates].sort((a, b) => a - b),
  );
}

interface Search {
  z: Float64Array;
  room: SplitRoom;
  options: EDivisiveOptions;
  stream: number;
  tests: number;
}

/** Splits a stretch, and what it falls into, until nothing splits significantly: weak candidates. */
function divide(search: Search, from: number, to: number, candidates: Set<number>): void {
  const found = test(search, from, to, false);
  if (!found || found.p > Math.min(0.2, 10 * search.options.p)) return;
  candidates.add(found.at);
  divide(search, from, found.at, candidates);
  divide(search, found.at, to, candidates);
}

/** The best split of a stretch, and its p. `toEnd`: of the whole stretch in two. */
function test(
  search: Search,
  from: number,
  to: number,
  toEnd: boolean,
): { at: number; p: number } | undefined {
  const { z, room, options } = search;
  const part = withoutOutliers(z.slice(from, to));
  const split = bestSplit(part, options.leastLevel, room, toEnd);
  if (!split || !(split.q > 0)) return undefined;
  search.tests += 1;
  const p = splitSignificance(part, split, room, {
    least: options.leastLevel,
    permutations: options.permutations,
    seed: options.seed,
    stream: search.stream + search.tests,
    toEnd,
  });
  return { at: from + split.at, p };
}

/** Each candidate again, between its neighbours; it may move there. The weakest goes, until all hold. */
function merge(search: Search, candidates: number[]): FoundChange[] {
  const { z, options } = search;
  let points = candidates;
  const known = new Map<string, { at: number; p: number } | undefined>();
  for (;;) {
    const tested = points.map((at, i) => {
      // As much of the neighbouring levels as a window holds: what was years ago says little of this change.
      const from = Math.max(points[i - 1] ?? 0, at - options.window);
      const to = Math.min(points[i + 1] ?? z.length, at + options.window);
      const key = `${from} ${to}`;
      if (!known.has(key)) known.set(key, test(search, from, to, true));
      return { at, found: known.get(key) };
    });
    const lost = tested.reduce<{ at: number; p: number } | undefined>((worst, { at, found }) => {
      const p = found?.p ?? 1;
      return p > options.p && (!worst || p > worst.p) ? { at, p } : worst;
    }, undefined);
    if (lost) {
      points = points.filter((at) => at !== lost.at);
      continue;
    }
    const moved = new Map(tested.map(({ at, found }) => [found?.at ?? at, found?.p ?? 1]));
    const places = [...moved.keys()].sort((a, b) => a - b);
    const changes = levelsOf(z, places).map((change) => ({ ...change, p: moved.get(change.at) ?? 1 }));
    const least = changes.reduce<FoundChange | undefined>(
      (smallest, change) =>
        magnitudeOf(change) < options.leastMagnitude &&
        (!smallest || magnitudeOf(change) < magnitudeOf(smallest))
          ? change
          : smallest,
      undefined,
    );
    if (!least) return changes;
    points = places.filter((at) => at !== least.at);
  }
}

function levelsOf(z: Float64Array, points: readonly number[]): Omit<FoundChange, 'p'>[] {
  return points.map((at, i) => {
    const from = points[i - 1] ?? 0;
    const to = points[i + 1] ?? z.length;
    return {
      at,
      from,
      to,
      medianBefore: median(z.subarray(from, at)),
      medianAfter: median(z.subarray(at, to)),
    };
  });
}

/** Relative to the level before; from 0 any change is as large as can be. */
export function magnitudeOf({
  medianBefore,
  medianAfter,
}: Pick<FoundChange, 'medianBefore' | 'medianAfter'>) {
  const difference = Math.abs(medianAfter - medianBefore);
  if (difference === 0) return 0;
  return medianBefore === 0 ? Number.POSITIVE_INFINITY : difference / Math.abs(medianBefore);
}
