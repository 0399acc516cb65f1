import { Counts } from '../../histogram/counts.js';
import { midOf } from '../../histogram/layout.js';
import type { LatencyLimit } from '../../model/latency-limits.js';
import type { ResultView } from '../../model/result.js';
import type { Phase } from '../../model/scenario.js';
import { countOf, countOver, lostOf, type PhaseSecond } from './phase-seconds.js';
import type { MeasureOfRun } from './run-profile.js';

/** An upgrade's effect lasts beyond its last step: the window runs on so long (truth 4). */
const afterwardsUs = 10_000_000;
/** More than this share of an endpoint's requests failed or over the limit: the second is over (truth 4). */
const overShare = 0.05;
/** More than this share slower than the baseline's p99, or lost: the endpoint stands still. */
const stallShare = 0.5;
/** A p99 of fewer requests is no yardstick. */
const fewestBaseline = 100;

interface Usual {
  meanUs: number;
  p99Us: number;
  lostRatio: number;
}

/** What one window did to one endpoint, against the endpoint's own baseline. */
interface EndpointWindow {
  stalled: Set<number> | null;
  over: Set<number> | null;
  areaS: number | null;
  worstMs: number | null;
  lost: number | null;
}

/**
 * What the upgrade and the rollback did to the traffic while they ran and for 10 s after, each endpoint against this
 * run's own baseline, and all endpoints together. A window is a transient: its length differs from run to run, so
 * that a percentile over it would say little.
 */
export function transientsOf(
  view: ResultView,
  seconds: readonly (readonly PhaseSecond[])[],
  limits: readonly LatencyLimit[],
): MeasureOfRun[] {
  const { errors, dropped } = view.plan.scenario.objectives;
  const gates = { over: limits.length > 0, lost: errors.length > 0 || dropped !== undefined };
  return (['upgrade', 'rollback'] as const).flatMap((side) => {
    const span = view.phases.find(({ phase }) => phase === side);
    if (!span) return [];
    const after: Phase = side === 'upgrade' ? 'soak' : 'recovery';
    const fromSecond = Math.floor(span.fromUs / 1e6);
    const toSecond = Math.ceil((span.toUs + afterwardsUs) / 1e6);
    const windows = view.endpoints.map((_, endpoint) => {
      const all = seconds[endpoint] ?? [];
      const inside = all.filter(
        ({ phase, second }) =>
          (phase === side || phase === after) && second >= fromSecond && second < toSecond,
      );
      return windowOf(inside, usualOf(all), slowLimitUs(limits, endpoint));
    });
    const group = `${side} transient` as const;
    const alone = windows.flatMap((window, at) =>
      measuresOf(group, window, { over: false, lost: false }, view.endpoints[at]),
    );
    return [...measuresOf(group, together(windows), gates), ...alone];
  });
}

function usualOf(seconds: readonly PhaseSecond[]): Usual | undefined {
  const baseline = seconds.filter(({ phase }) => phase === 'baseline');
  const counts = Counts.of(...baseline.flatMap(({ response }) => response));
  if (counts.total < fewestBaseline) return undefined;
  const intended = baseline.reduce((sum, { tally }) => sum + (tally?.intended ?? 0), 0);
  const lost = baseline.reduce((sum, { tally }) => sum + lostOf(tally), 0);
  return {
    meanUs: counts.meanUs(),
    p99Us: counts.quantileUs(0.99),
    lostRatio: intended === 0 ? 0 : lost / intended,
  };
}

/** The tightest limit that more than 5% of the requests over it break by themselves. */
function slowLimitUs(limits: readonly LatencyLimit[], endpoint: number): number | undefined {
  const own = limits.filter((limit) => limit.endpoint === endpoint && limit.q >= 1 - overShare);
  return own.length > 0 ? 1000 * Math.min(...own.map(({ limitMs }) => limitMs)) : undefined;
}

function windowOf(
  inside: readonly PhaseSecond[],
  usual: Usual | undefined,
  limitUs: number | undefined,
): EndpointWindow {
  const nothing = { stalled: null, over: null, areaS: null, worstMs: null, lost: null };
  if (inside.length === 0) return nothing;
  const stalled = new Set<number>();
  const over = new Set<number>();
  let areaUs = 0;
  let worstUs = 0;
  let intended = 0;
  let lost = 0;
  for (const { second, response, tally } of inside) {
    const ended = countOf(response);
    const gone = lostOf(tally);
    // Failures are among what ended; drops are not.
    const all = ended + (tally?.dropped ?? 0);
    intended += tally?.intended ?? 0;
    lost += gone;
    if (limitUs !== undefined && slowOrLost(response, limitUs, gone, all) > overShare * all) over.add(second);
    if (!usual || all === 0) continue;
    if (slowOrLost(response, usual.p99Us, gone, all) > stallShare * all) stalled.add(second);
    if (ended === 0) continue;
    const sumUs = sumOf(response);
    areaUs += sumUs - ended * usual.meanUs;
    worstUs = Math.max(worstUs, sumUs / ended - usual.meanUs);
  }
  return {
    stalled: usual ? stalled : null,
    over: limitUs === undefined ? null : over,
    areaS: usual ? areaUs / 1e6 : null,
    worstMs: usual ? worstUs / 1000 : null,
    lost: usual ? Math.max(0, lost - intended * usual.lostRatio) : null,
  };
}

/** A request that failed and was slow counts twice, up to all there are: rather worse than better. */
function slowOrLost(response: PhaseSecond['response'], us: number, lost: number, all: number): number {
  return Math.min(all, countOver(response, us) + lost);
}

function sumOf(response: PhaseSecond['response']): number {
  let sum = 0;
  for (const { index, count } of response) {
    for (let i = 0; i < index.length; i++) sum += midOf(index[i] ?? 0) * (count[i] ?? 0);
  }
  return sum;
}

function together(windows: readonly EndpointWindow[]): EndpointWindow {
  const known = <T>(pick: (window: EndpointWindow) => T | null): T[] =>
    windows.flatMap((window) => pick(window) ?? []);
  const union = (sets: readonly Set<number>[]) =>
    sets.length === 0 ? null : new Set(sets.flatMap((set) => [...set]));
  const sum = (numbers: readonly number[]) =>
    numbers.length === 0 ? null : numbers.reduce((total, n) => total + n, 0);
  const worst = known(({ worstMs }) => worstMs);
  return {
    stalled: union(known(({ stalled }) => stalled)),
    over: union(known(({ over }) => over)),
    areaS: sum(known(({ areaS }) => areaS)),
    worstMs: worst.length === 0 ? null : worst.reduce((most, ms) => Math.max(most, ms), 0),
    lost: sum(known(({ lost }) => lost)),
  };
}

function measuresOf(
  group: 'upgrade transient' | 'rollback transient',
  { stalled, over, areaS, worstMs, lost }: EndpointWindow,
  gates: { over: boolean; lost: boolean },
  endpoint?: string,
): MeasureOfRun[] {
  const one = (
    name: string,
    unit: MeasureOfRun['unit'],
    value: number | null,
    gate = false,
  ): MeasureOfRun => ({
    group,
    name,
    ...(endpoint !== undefined && { endpoint }),
    unit,
    better: 'lower',
    gate: gate && value !== null,
    counts: true,
    value,
  });
  return [
    one('stall length', 's', stalled && longestRun(stalled)),
    one('seconds over the objective', 's', over && over.size, gates.over),
    one('excess latency', 'request·s', areaS),
    one('worst second', 'ms', worstMs),
    one('lost requests', 'requests', lost, gates.lost),
  ];
}

function longestRun(seconds: ReadonlySet<number>): number {
  let longest = 0;
  for (const second of seconds) {
    if (seconds.has(second - 1)) continue;
    let length = 1;
    while (seconds.has(second + length)) length += 1;
    longest = Math.max(longest, length);
  }
  return longest;
}
