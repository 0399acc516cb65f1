import { certainlyExceeds, countOver, neededSamples } from './exceedance.js';
import { secondsIn, type JudgedView } from './judged-view.js';
import { windowsOver, type LatencyWindow } from './latency-windows.js';
import type { LatencyLimit } from '../model/latency-limits.js';
import { errorLimits, type ErrorLimit } from './limits.js';
import { secondsOf, usPerSecond, type SecondSamples } from './seconds.js';
import { byKind, worstErrorWindow, type ErrorWindow } from './error-windows.js';

/** How one limit stood before the upgrade. */
export type BaselineLatency = { n: number; worst?: LatencyWindow; brokenBy?: LatencyWindow };

/**
 * The baseline's seconds that can be blamed on the baseline alone: a request that was under way when the upgrade
 * began, and not yet over the limit then, may owe its latency to the upgrade; so seconds whose end is less than
 * the limit before it are left out.
 */
function baselineSeconds(view: JudgedView, endpoint: number, marginUs: number): SecondSamples[] {
  const span = view.phase('baseline');
  if (!span) return [];
  const { fromSecond, toSecond } = secondsIn([span]);
  const last = Math.min(toSecond, Math.floor((span.toUs - marginUs) / usPerSecond));
  const cells = (view.cells[endpoint] ?? []).filter(({ phase }) => phase === 'baseline');
  return secondsOf(cells, fromSecond, Math.max(fromSecond, last), view.trafficEndUs);
}

/** Sliding windows over the baseline; with too few samples, broken only if no further sample could mend it. */
export function baselineLatency(view: JudgedView, limit: LatencyLimit): BaselineLatency {
  const seconds = baselineSeconds(view, limit.endpoint, limit.limitMs * 1000);
  const n = seconds.reduce((sum, second) => sum + second.n, 0);
  const worst = windowsOver(seconds, limit).reduce<LatencyWindow | undefined>(
    (most, window) => (most && most.quantileUs >= window.quantileUs ? most : window),
    undefined,
  );
  if (worst) return { n, worst, ...(worst.violates && { brokenBy: worst }) };
  const all = wholeWindow(seconds, limit);
  return { n, ...(all && { brokenBy: all }) };
}

/** All seconds as one window, if what is over the limit in them is certain in spite of too few samples. */
export function wholeWindow(
  seconds: readonly SecondSamples[],
  limit: LatencyLimit,
): LatencyWindow | undefined {
  const first = seconds[0];
  if (!first) return undefined;
  const sum = (count: (second: SecondSamples) => number) => seconds.reduce((total, s) => total + count(s), 0);
  const n = sum((second) => second.n);
  if (n >= neededSamples(limit.q)) return undefined;
  const limitUs = limit.limitMs * 1000;
  const infinite = sum((second) => second.infinite);
  const over = infinite + sum((second) => countOver(second.response, limitUs));
  if (!certainlyExceeds(limit.q, n, over)) return undefined;
  const dueOver = sum((second) => second.infiniteFromDue + countOver(second.fromDue, limitUs));
  return {
    fromUs: first.second * usPerSecond,
    toUs: ((seconds.at(-1)?.second ?? first.second) + 1) * usPerSecond,
    offeredMs: seconds.length * 1000,
    n,
    infinite,
    over,
    // No quantile can be named on so few samples.
    quantileUs: Number.NaN,
    violates: true,
    survives: certainlyExceeds(limit.q, n, dueOver),
    onsetSecond: first.second,
  };
}

/** Whether so many requests met their deadline before the upgrade that nobody knows how slow they really were. */
export function timedOutBefore(view: JudgedView, endpoint: number): boolean {
  return errorLimits(view.result).some((limit) => {
    if (limit.endpoint !== endpoint) return false;
    const worst = baselineErrors(view, limit);
    return worst !== undefined && (byKind(worst.reasons)['timeout'] ?? 0) > limit.ratio * worst.ended;
  });
}

/** The worst error window of the baseline; its last second belongs to what the upgrade may have cut off. */
export function baselineErrors(view: JudgedView, limit: ErrorLimit): ErrorWindow | undefined {
  return worstErrorWindow(baselineSeconds(view, limit.endpoint, usPerSecond), limit);
}
