import { Counts } from '../histogram/counts.js';
import { indexOf } from '../histogram/layout.js';
import type { SparseCounts } from '../model/observation.js';
import type { StepRecord } from '../model/result.js';
import { countAll, countOver, exceeds, neededSamples } from './exceedance.js';
import { gapUs, outsideGaps } from './gaps.js';
import { judgedStretch, type JudgedView } from './judged-view.js';
import type { LatencyLimit } from '../model/latency-limits.js';
import { secondsOf, usPerSecond, type SecondSamples } from './seconds.js';
import { onsetOf, slidingSpans, type Span } from './windows.js';

/** One window of one endpoint, against one limit. */
export interface LatencyWindow {
  fromUs: number;
  toUs: number;
  /** Without the gaps in it, ms. */
  offeredMs: number;
  n: number;
  infinite: number;
  /** Slower than the limit, drops included. */
  over: number;
  /** The quantile as judged, µs; Infinity when drops reach it. */
  quantileUs: number;
  violates: boolean;
  /** Still over the limit when each latency is measured from the moment the pacer fired. */
  survives: boolean;
  /** The intended second in which its worst stall began. */
  onsetSecond: number;
  /** Set for the window of one step. */
  step?: string;
}

const stepTailUs = 10 * usPerSecond;

/**
 * Every sliding window of an endpoint over one stretch from the upgrade's start to the end of recovery. Windows
 * cross phases: a 50 ms upgrade has 20 requests, and what it did shows with those after it.
 */
export function slidingWindows(view: JudgedView, limit: LatencyLimit): LatencyWindow[] {
  const stretch = judgedStretch(view, limit.endpoint);
  if (!stretch) return [];
  const { cells, fromSecond, toSecond } = stretch;
  const seconds = secondsOf(cells, fromSecond, toSecond, view.trafficEndUs);
  return windowsOver(outsideGaps(seconds, view.result.gaps), limit);
}

/** Sliding windows over given seconds. Empty when all of them together hold too few samples. */
export function windowsOver(seconds: readonly SecondSamples[], limit: LatencyLimit): LatencyWindow[] {
  const limitUs = limit.limitMs * 1000;
  const samples = seconds.map(({ n }) => n);
  const over = seconds.map((second) => countOver(second.response, limitUs) + second.infinite);
  const dueOver = seconds.map((second) => countOver(second.fromDue, limitUs) + second.infiniteFromDue);
  const width = Math.max(1, Math.ceil(limit.overMs / 1000));
  const counts = new Counts();
  let sum = { n: 0, infinite: 0, over: 0, dueOver: 0 };
  let held = { from: 0, to: 0 };
  const shift = (at: number, sign: 1 | -1) => {
    const second = seconds[at];
    if (!second) return;
    for (const part of second.response) {
      if (sign > 0) counts.addSparse(part);
      else counts.subtractSparse(part);
    }
    sum = {
      n: sum.n + sign * second.n,
      infinite: sum.infinite + sign * second.infinite,
      over: sum.over + sign * (over[at] ?? 0),
      dueOver: sum.dueOver + sign * (dueOver[at] ?? 0),
    };
  };
  return slidingSpans(samples, width, neededSamples(limit.q)).map((span) => {
    for (let at = held.to; at < span.to; at++) shift(at, 1);
    for (let at = held.from; at < span.from; at++) shift(at, -1);
    held = span;
    const first = seconds[span.from]?.second ?? 0;
    const violates = exceeds(limit.q, sum.n, sum.over);
    return {
      fromUs: first * usPerSecond,
      toUs: ((seconds[span.to - 1]?.second ?? first) + 1) * usPerSecond,
      offeredMs: (span.to - span.from) * 1000,
      n: sum.n,
      infinite: sum.infinite,
      over: sum.over,
      quantileUs: counts.quantileUs(limit.q, sum.infinite),
      violates,
      survives: violates && exceeds(limit.q, sum.n, sum.dueOver),
      onsetSecond: violates ? (seconds[onsetOf(over, span)]?.second ?? first) : first,
    };
  });
}

/**
 * A step's own window: from its start to 10 s after its end, and on until the endpoint has the samples its
 * quantile needs. It takes in whole the seconds it overlaps, and from earlier ones every request that may still
 * have been under way at its start (response ≥ start − end of its second): one second coarse, never too few.
 * Undefined when the traffic ended before there were samples enough.
 */
export function stepWindow(
  view: JudgedView,
  limit: LatencyLimit,
  step: StepRecord,
): LatencyWindow | undefined {
  const limitUs = limit.limitMs * 1000;
  const cells = view.cells[limit.endpoint] ?? [];
  const fromSecond = Math.floor(step.fromUs / usPerSecond);
  const endSecond = Math.ceil(Math.min(step.toUs + stepTailUs, view.trafficEndUs) / usPerSecond);
  const lastSecond = Math.ceil(view.trafficEndUs / usPerSecond);
  const response: SparseCounts[] = [];
  const fromDue: SparseCounts[] = [];
  const seconds = secondsOf(cells, 0, lastSecond, view.trafficEndUs);
  for (const earlier of seconds.slice(0, fromSecond)) {
    const leastUs = step.fromUs - (earlier.second + 1) * usPerSecond;
    response.push(...earlier.response.map((part) => atLeast(part, leastUs)));
    fromDue.push(...earlier.fromDue.map((part) => atLeast(part, leastUs)));
  }
  let n = countAll(response);
  let infinite = 0;
  let infiniteFromDue = 0;
  let toSecond = fromSecond;
  const needed = neededSamples(limit.q);
  for (const second of seconds.slice(fromSecond)) {
    if (second.second >= endSecond && n >= needed) break;
    response.push(...second.response);
    fromDue.push(...second.fromDue);
    n += second.n;
    infinite += second.infinite;
    infiniteFromDue += second.infiniteFromDue;
    toSecond = second.second + 1;
  }
  if (n < needed) return undefined;
  const over = countOver(response, limitUs) + infinite;
  const violates = exceeds(limit.q, n, over);
  const dueOver = countOver(fromDue, limitUs) + infiniteFromDue;
  return {
    fromUs: step.fromUs,
    toUs: toSecond * usPerSecond,
    offeredMs:
      (toSecond * usPerSecond -
        step.fromUs -
        gapUs(view.result.gaps, { fromUs: step.fromUs, toUs: toSecond * usPerSecond })) /
      1000,
    n,
    infinite,
    over,
    quantileUs: Counts.of(...response).quantileUs(limit.q, infinite),
    violates,
    survives: violates && exceeds(limit.q, n, dueOver),
    onsetSecond: violates
      ? onsetSecond(view, seconds, limitUs, { from: fromSecond, to: toSecond })
      : fromSecond,
    step: step.step,
  };
}

/** The samples of at least `leastUs`; a bucket that may hold such a sample is taken whole. */
function atLeast(part: SparseCounts, leastUs: number): SparseCounts {
  const least = indexOf(leastUs);
  const index: number[] = [];
  const count: number[] = [];
  for (let i = 0; i < part.index.length; i++) {
    const at = part.index[i] ?? 0;
    if (at < least) continue;
    index.push(at);
    count.push(part.count[i] ?? 0);
  }
  return { index, count };
}

/** Not before the upgrade: what began there is the baseline's to be judged by. */
function onsetSecond(
  view: JudgedView,
  seconds: readonly SecondSamples[],
  limitUs: number,
  span: Span,
): number {
  const first = Math.min(span.from, Math.floor((view.upgradeFromUs ?? 0) / usPerSecond));
  const over = seconds
    .slice(first, span.to)
    .map((second) => countOver(second.response, limitUs) + second.infinite);
  return first + onsetOf(over, { from: span.from - first, to: span.to - first });
}
