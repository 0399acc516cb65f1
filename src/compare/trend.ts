import { wildcard } from '../foundation/wildcard.js';
import type { ChangePoint, ScenarioTrend, Trend, TrendMeasure, TrendValue } from '../model/trend.js';
import {
  eDivisiveDefaults,
  findChangePoints,
  leastRuns,
  magnitudeOf,
  type FoundChange,
} from './e-divisive.js';
import { median } from './order-statistics.js';
import { differences, type RunOfTrend } from './trend-runs.js';

/** If none of so many says anything, nothing is known of how it is now. */
const newestRuns = 3;

export interface TrendOptions {
  /** Only measures whose name matches one of these (`*p99`); none: all. */
  measures: readonly string[];
  /** Default 0.05. */
  leastMagnitude?: number;
}

/** The results of one scenario and one way back, in any order. */
export interface TrendInput {
  scenario: string;
  way: 'steps' | 'snapshot';
  runs: readonly RunOfTrend[];
  leftOut: ScenarioTrend['leftOut'];
  unread: number;
}

/** The runs of each scenario in a row, by measure, and where each changed. Pure: the same runs give the same trend. */
export function trendOf(inputs: readonly TrendInput[], options: TrendOptions): Trend {
  const { p, window, permutations, seed } = eDivisiveDefaults;
  const leastMagnitude = options.leastMagnitude ?? eDivisiveDefaults.leastMagnitude;
  return {
    schema: 'dten.trend/1',
    method: {
      name: 'e-divisive',
      p,
      leastMagnitude,
      leastRuns,
      windowRuns: window,
      permutations,
      seed,
    },
    scenarios: inputs.map((input) => scenarioTrend(input, options.measures.map(wildcard), leastMagnitude)),
  };
}

function scenarioTrend(input: TrendInput, wanted: readonly RegExp[], leastMagnitude: number): ScenarioTrend {
  const runs = input.runs.toSorted((a, b) => (a.run.startedAt < b.run.startedAt ? -1 : 1));
  const names = new Set(runs.flatMap(({ measures }) => [...measures.keys()]));
  const measures = [...names]
    .filter((name) => wanted.length === 0 || wanted.some((pattern) => pattern.test(name)))
    .map((name) => measureTrend(name, runs, leastMagnitude));
  const told = measures.some(({ state }) => state === 'told');
  const silent = newestLeftOut(input);
  return {
    scenario: input.scenario,
    way: input.way,
    runs: runs.map(({ run }) => run),
    leftOut: input.leftOut,
    unread: input.unread,
    state: silent ? 'could not tell' : told ? 'told' : 'too few',
    ...(silent && { because: `the newest ${newestRuns} results are all left out` }),
    measures,
  };
}

/** Results are named by when they began; those left out may say nothing else of it. */
function newestLeftOut({ runs, leftOut }: TrendInput): boolean {
  const all = [
    ...runs.map(({ run }) => ({ name: nameOf(run.dir), out: false })),
    ...leftOut.map(({ dir }) => ({ name: nameOf(dir), out: true })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const newest = all.slice(-newestRuns);
  return newest.length === newestRuns && newest.every(({ out }) => out);
}

function nameOf(dir: string): string {
  return dir.split(/[\\/]/).at(-1) ?? dir;
}

function measureTrend(name: string, runs: readonly RunOfTrend[], leastMagnitude: number): TrendMeasure {
  const values = runs.map(({ measures }) => measures.get(name)?.value ?? null);
  const unit = runs.flatMap(({ measures }) => measures.get(name)?.unit ?? [])[0] ?? 'count';
  // Runs without the value are not in the series: where a change lies between runs is told by those that have it.
  const known = values.flatMap((value, at) => (value === null ? [] : [{ value, at }]));
  const numbers = known.map(({ value }) => value);
  const found = findChangePoints(finite(numbers), { ...eDivisiveDefaults, leastMagnitude, name });
  return {
    measure: name,
    unit,
    values,
    median: numbers.length > 0 ? medianOf(numbers) : null,
    state: numbers.length < leastRuns ? 'too few' : 'told',
    changes: found.map((change) => changePoint(change, found, known, runs, leastMagnitude)),
  };
}

function changePoint(
  change: FoundChange,
  all: readonly FoundChange[],
  known: readonly { value: TrendValue; at: number }[],
  runs: readonly RunOfTrend[],
  leastMagnitude: number,
): ChangePoint {
  const at = known[change.at]?.at ?? 0;
  const before = known[change.at - 1]?.at ?? 0;
  const numbers = known.map(({ value }) => value);
  const medianBefore = medianOf(numbers.slice(change.from, change.at));
  const medianAfter = medianOf(numbers.slice(change.at, change.to));
  const magnitude = magnitudeOf(change);
  const direction = change.medianAfter > change.medianBefore ? 'worse' : 'better';
  const newest = all.at(-1)?.medianAfter ?? change.medianAfter;
  const isRelative = medianBefore !== 'inf' && medianAfter !== 'inf' && Number.isFinite(magnitude);
  const [older, newer] = [runs[before], runs[at]];
  return {
    at,
    before,
    direction,
    medianBefore,
    medianAfter,
    runsBefore: change.at - change.from,
    runsAfter: change.to - change.at,
    magnitude: isRelative ? magnitude : null,
    p: change.p,
    stands: direction === 'worse' && isWorse(change.medianBefore, newest, leastMagnitude),
    alsoChanged: older && newer ? differences(older.facts, newer.facts) : [],
  };
}

function isWorse(medianBefore: number, medianAfter: number, leastMagnitude: number): boolean {
  return medianAfter > medianBefore && magnitudeOf({ medianBefore, medianAfter }) >= leastMagnitude;
}

/** Where drops reach the percentile, twice the largest that was measured stands for it: more than all, and finite. */
function finite(values: readonly TrendValue[]): number[] {
  const largest = values.reduce((most: number, value) => (value === 'inf' ? most : Math.max(most, value)), 0);
  return values.map((value) => (value === 'inf' ? 2 * largest || 1 : value));
}

function medianOf(values: readonly TrendValue[]): TrendValue {
  const middle = median(values.map((value) => (value === 'inf' ? Number.POSITIVE_INFINITY : value)));
  return Number.isFinite(middle) ? middle : 'inf';
}
