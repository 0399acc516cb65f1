import { midOf } from '../../histogram/layout.js';
import type { SparseCounts } from '../../model/observation.js';
import type { JudgedView } from '../judged-view.js';
import { secondsOf, usPerSecond, type SecondSamples } from '../seconds.js';
import type { Span } from './spans.js';

/**
 * Requests of one intended second and one latency bucket. `during` is the longest time they may have been under way
 * for: from the second's start, since within it nobody knows when each began.
 */
export interface Mass {
  during: Span;
  requests: number;
  /** Beyond what such a request took in the baseline, µs each; never negative. */
  excessUs: number;
}

export interface Excess {
  /** Median of the endpoint's baseline, ms: what a request is measured against. */
  usualMs: number;
  masses: Mass[];
  /** Requests in the window that ended with a latency, and the time they took beyond the usual, in all. */
  requests: number;
  excessMs: number;
}

/**
 * What an endpoint's requests in a window took beyond the median of its baseline. Undefined without a baseline to
 * compare with. Dropped requests have no latency: they are in no excess.
 */
export function excessOf(view: JudgedView, endpoint: number, window: Span): Excess | undefined {
  const baseline = view.phase('baseline');
  const cells = view.cells[endpoint] ?? [];
  if (!baseline) return undefined;
  const usual = secondsOf(
    cells.filter(({ phase }) => phase === 'baseline'),
    Math.floor(baseline.fromUs / usPerSecond),
    Math.ceil(baseline.toUs / usPerSecond),
    view.trafficEndUs,
  );
  const usualUs = medianUs(usual.flatMap(({ response }) => response));
  if (usualUs === undefined) return undefined;
  const seconds = secondsOf(
    cells,
    Math.floor(window.fromUs / usPerSecond),
    Math.ceil(window.toUs / usPerSecond),
    view.trafficEndUs,
  );
  const masses = seconds.flatMap((second) => massesOf(second, usualUs));
  return {
    usualMs: usualUs / 1000,
    masses,
    requests: masses.reduce((sum, { requests }) => sum + requests, 0),
    excessMs: masses.reduce((sum, { requests, excessUs }) => sum + requests * excessUs, 0) / 1000,
  };
}

function massesOf({ second, response }: SecondSamples, usualUs: number): Mass[] {
  const fromUs = second * usPerSecond;
  return response.flatMap(({ index, count }) =>
    Array.from(index, (bucket, at): Mass => {
      const us = midOf(bucket);
      return {
        during: { fromUs, toUs: fromUs + usPerSecond + us },
        requests: count[at] ?? 0,
        excessUs: Math.max(0, us - usualUs),
      };
    }),
  );
}

function medianUs(parts: readonly SparseCounts[]): number | undefined {
  const buckets = new Map<number, number>();
  let n = 0;
  for (const { index, count } of parts) {
    for (let at = 0; at < index.length; at++) {
      const bucket = index[at] ?? 0;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + (count[at] ?? 0));
      n += count[at] ?? 0;
    }
  }
  let seen = 0;
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    seen += count;
    if (seen * 2 >= n) return midOf(bucket);
  }
  return undefined;
}
