import { timeoutReasons } from '../model/observation.js';
import { countOver } from './exceedance.js';
import type { ErrorLimit } from './limits.js';
import { failedOf, usPerSecond, type SecondSamples } from './seconds.js';
import { onsetOf, slidingSpans } from './windows.js';

/** One window of one endpoint's failures. */
export interface ErrorWindow {
  fromUs: number;
  toUs: number;
  /** Without the gaps in it, ms. */
  offeredMs: number;
  /** Requests that ended in an answer or an error; drops and what the run's end cut off are apart. */
  ended: number;
  failed: number;
  ratio: number;
  violates: boolean;
  /** Violates also without the timeouts that the harness's own lateness may have made. */
  survives: boolean;
  /** The intended second in which its failures began. */
  onsetSecond: number;
  reasons: Record<string, number>;
}

const fewest = 100;
/** A request that waited less than this share of its deadline, since the pacer fired, may owe its timeout to the pacer. */
const leastDeadlineShare = 0.9;

export function endedOf(second: SecondSamples): number {
  return second.cells.reduce((sum, { tally }) => sum + (tally ? tally.ok + failedOf(tally) : 0), 0);
}

function lateTimeouts(second: SecondSamples, deadlineMs: number): number {
  const timeouts = second.cells.reduce((sum, { tally }) => sum + (tally?.timeout ?? 0), 0);
  if (timeouts === 0) return 0;
  const parts = second.cells.flatMap(({ fromDue }) => fromDue);
  return Math.max(0, timeouts - countOver(parts, deadlineMs * 1000 * leastDeadlineShare));
}

function failuresOf(second: SecondSamples): number {
  return second.cells.reduce((sum, { tally }) => sum + failedOf(tally), 0);
}

/**
 * All windows of an error ratio. Each is widened until one failure in it would not by itself be over the ratio
 * (1 ÷ ratio requests), as far as there are so many; 100 requests are the least that a ratio is judged on.
 * With fewer in all: the whole as one window if it is over the ratio even with the missing ones ok, else none.
 */
export function errorWindows(seconds: readonly SecondSamples[], limit: ErrorLimit): ErrorWindow[] {
  const ended = seconds.map(endedOf);
  const failed = seconds.map(failuresOf);
  const late = seconds.map((second) => lateTimeouts(second, limit.deadlineMs));
  const total = ended.reduce((sum, n) => sum + n, 0);
  const wanted = limit.ratio > 0 ? Math.ceil(1 / limit.ratio - 1e-9) : fewest;
  const needed = Math.max(fewest, Math.min(wanted, total));
  const width = Math.max(1, Math.ceil(limit.overMs / 1000));
  const measure = (from: number, to: number): ErrorWindow => {
    const n = sumOf(ended, from, to);
    const bad = sumOf(failed, from, to);
    return {
      fromUs: (seconds[from]?.second ?? 0) * usPerSecond,
      toUs: ((seconds[to - 1]?.second ?? 0) + 1) * usPerSecond,
      offeredMs: (to - from) * 1000,
      ended: n,
      failed: bad,
      ratio: n > 0 ? bad / n : 0,
      violates: bad > limit.ratio * Math.max(n, fewest),
      survives: bad - sumOf(late, from, to) > limit.ratio * Math.max(n, fewest),
      onsetSecond: seconds[onsetOf(failed, { from, to })]?.second ?? 0,
      reasons: reasonsOf(seconds.slice(from, to)),
    };
  };
  const spans = slidingSpans(ended, width, needed);
  if (spans.length > 0) return spans.map(({ from, to }) => measure(from, to));
  const whole = seconds.length > 0 ? measure(0, seconds.length) : undefined;
  return whole?.violates ? [whole] : [];
}

export function worstErrorWindow(
  seconds: readonly SecondSamples[],
  limit: ErrorLimit,
): ErrorWindow | undefined {
  return errorWindows(seconds, limit).reduce<ErrorWindow | undefined>(
    (worst, window) => (worst && worst.ratio >= window.ratio ? worst : window),
    undefined,
  );
}

/** Why requests failed (or `missed`: were dropped, or cut off), most frequent first. */
export function reasonsOf(
  seconds: readonly SecondSamples[],
  of: 'reasons' | 'missed' = 'reasons',
): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { cells } of seconds) {
    for (const { tally } of cells) {
      for (const [reason, n] of Object.entries(tally?.[of] ?? {})) {
        reasons[reason] = (reasons[reason] ?? 0) + n;
      }
    }
  }
  return Object.fromEntries(Object.entries(reasons).sort((a, b) => b[1] - a[1]));
}

/** A deadline that passed is one kind of failure, wherever it found the request. */
export function byKind(reasons: ErrorWindow['reasons']): Record<string, number> {
  const timeouts: readonly string[] = Object.values(timeoutReasons);
  const kinds: Record<string, number> = {};
  for (const [reason, n] of Object.entries(reasons)) {
    const kind = timeouts.includes(reason) ? 'timeout' : reason;
    kinds[kind] = (kinds[kind] ?? 0) + n;
  }
  return kinds;
}

/** `503 ×40, ECONNRESET ×2`. */
export function describeReasons(reasons: Record<string, number>): string {
  return Object.entries(reasons)
    .slice(0, 4)
    .map(([reason, n]) => `${reason} ×${n}`)
    .join(', ');
}

function sumOf(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += values[at] ?? 0;
  return sum;
}
