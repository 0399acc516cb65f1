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

/** null: the baseline has too little to tell it by. */
interface Usual {
  latency: { meanUs: number; p99Us: number } | null;
  lostRatio: number | null;
}

/** What one window did to one endpoint, against the endpoint's own baseline; null: not known. */
interface EndpointWindow {
  /** It had requests in the window. */
  asked: boolean;
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
    const limitsMs = view.endpoints.map((_, endpoint) => slowLimitMs(limits, endpoint));
    const windows = view.endpoints.map((_, endpoint) => {
      const all = seconds[endpoint] ?? [];
      const inside = all.filter(
        ({ phase, second }) =>
          (phase === side || phase === after) && second >= fromSecond && second < toSecond,
      );
      return windowOf(inside, usualOf(all), limitsMs[endpoint]);
    });
    const group = `${side} transient` as const;
    const alone = windows.flatMap((window, at) =>
      measuresOf(group, window, limitName(limitsMs[at]), { over: false, lost: false }, view.endpoints[at]),
    );
    return [...measuresOf(group, together(windows), limitNames(view.endpoints, limitsMs), gates), ...alone];
  });
}

function usualOf(seconds: readonly PhaseSecond[]): Usual {
  const baseline = seconds.filter(({ phase }) => phase === 'baseline');
  const counts = Counts.of(...baseline.flatMap(({ response }) => response));
  const intended = baseline.reduce((sum, { tally }) => sum + (tally?.intended ?? 0), 0);
  const lost = baseline.reduce((sum, { tally }) => sum + lostOf(tally), 0);
  return {
    latency:
      counts.total < fewestBaseline ? null : { meanUs: counts.meanUs(), p99Us: counts.quantileUs(0.99) },
    lostRatio: intended === 0 ? null : lost / intended,
  };
}

/** The tightest limit that more than 5% of the requests over it break by themselves. */
function slowLimitMs(limits: readonly LatencyLimit[], endpoint: number): number | undefined {
  const own = limits.filter((limit) => limit.endpoint === endpoint && limit.q >= 1 - overShare);
  return own.length > 0 ? Math.min(...own.map(({ limitMs }) => limitMs)) : undefined;
}

/** Unrounded: two limits that differ are two names, so that seconds over one are not compared with seconds over the other. */
function limitName(limitMs: number | undefined): string | undefined {
  return limitMs === undefined ? undefined : `${limitMs} ms`;
}

/** `250 ms`; where the endpoints differ, whose limit is which: `250 ms (read), 1000 ms (write)`. */
function limitNames(
  endpoints: readonly string[],
  limitsMs: readonly (number | undefined)[],
): string | undefined {
  const distinct = [...new Set(limitsMs)];
  if (distinct.length <= 1) return limitName(distinct[0]);
  const known = distinct.flatMap((limitMs) => limitMs ?? []).sort((a, b) => a - b);
  return known
    .map((limitMs) => {
      const own = endpoints.filter((_, at) => limitsMs[at] === limitMs).sort();
      return `${limitMs} ms (${own.join(', ')})`;
    })
    .join(', ');
}

function windowOf(
  inside: readonly PhaseSecond[],
  { latency, lostRatio }: Usual,
  limitMs: number | undefined,
): EndpointWindow {
  const nothing = { stalled: null, over: null, areaS: null, worstMs: null, lost: null };
  if (inside.length === 0) return { asked: false, ...nothing };
  const stalled = new Set<number>();
  const over = new Set<number>();
  let areaUs = 0;
  let worstUs = 0;
  let intended = 0;
  let lost = 0;
  let dropped = 0;
  for (const { second, response, tally } of inside) {
    const ended = countOf(response);
    const gone = lostOf(tally);
    // Failures are among what ended; drops are not.
    const all = ended + (tally?.dropped ?? 0);
    intended += tally?.intended ?? 0;
    lost += gone;
    dropped += tally?.dropped ?? 0;
    if (limitMs !== undefined && slowOrLost(response, limitMs * 1000, gone, all) > overShare * all) {
      over.add(second);
    }
    if (!latency || all === 0) continue;
    if (slowOrLost(response, latency.p99Us, gone, all) > stallShare * all) stalled.add(second);
    if (ended === 0) continue;
    const sumUs = sumOf(response);
    areaUs += sumUs - ended * latency.meanUs;
    worstUs = Math.max(worstUs, sumUs / ended - latency.meanUs);
  }
  // A drop would have waited nobody knows how long: what is left of its second says too little.
  const timed = latency !== null && dropped === 0;
  return {
    asked: true,
    stalled: latency ? stalled : null,
    over: limitMs === undefined ? null : over,
    areaS: timed ? areaUs / 1e6 : null,
    worstMs: timed ? worstUs / 1000 : null,
    lost: lostRatio === null ? null : Math.max(0, lost - intended * lostRatio),
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

/** Not known of one endpoint that had requests: not known of all. Those without a limit have nothing to be over. */
function together(windows: readonly EndpointWindow[]): EndpointWindow {
  const asked = windows.filter((window) => window.asked);
  const all = <T>(pick: (window: EndpointWindow) => T | null): T[] => {
    const known = asked.flatMap((window) => pick(window) ?? []);
    return known.length === asked.length ? known : [];
  };
  const union = (sets: readonly Set<number>[]) =>
    sets.length === 0 ? null : new Set(sets.flatMap((set) => [...set]));
  const sum = (numbers: readonly number[]) =>
    numbers.length === 0 ? null : numbers.reduce((total, n) => total + n, 0);
  const worst = all(({ worstMs }) => worstMs);
  return {
    asked: asked.length > 0,
    stalled: union(all(({ stalled }) => stalled)),
    over: union(asked.flatMap(({ over }) => over ?? [])),
    areaS: sum(all(({ areaS }) => areaS)),
    worstMs: worst.length === 0 ? null : worst.reduce((most, ms) => Math.max(most, ms), 0),
    lost: sum(all(({ lost }) => lost)),
  };
}

function measuresOf(
  group: 'upgrade transient' | 'rollback transient',
  { stalled, over, areaS, worstMs, lost }: EndpointWindow,
  limit: string | undefined,
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
    ...(limit === undefined ? [] : [one(`seconds over ${limit}`, 's', over && over.size, gates.over)]),
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
