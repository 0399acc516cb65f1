import { z } from 'zod';

/** How one request ended. `intended` is their sum, exactly. */
export const outcomeKinds = ['ok', 'httpError', 'timeout', 'connectionError', 'dropped', 'aborted'] as const;
export type OutcomeKind = (typeof outcomeKinds)[number];

export const tallySchema = z.object({
  intended: z.number(),
  ok: z.number(),
  httpError: z.number(),
  timeout: z.number(),
  connectionError: z.number(),
  dropped: z.number(),
  aborted: z.number(),
});
export type Tally = z.infer<typeof tallySchema>;

/**
 * response = end − intended; fromDue = end − due; service = end − sent; lag = due − intended.
 * Dropped requests are in no series (they count as +∞ beside them); timeouts are, at their deadline.
 */
export const seriesKinds = ['response', 'fromDue', 'service', 'lag'] as const;
export type SeriesKind = (typeof seriesKinds)[number];

/** Sparse HdrHistogram counts: index[i] (of `histogram/layout`) was seen count[i] times. µs. */
export interface SparseCounts {
  index: number[] | Uint32Array;
  count: number[] | Uint32Array;
}

export interface Series extends SparseCounts {
  /** Index into the plan's endpoints, in the scenario's order. */
  endpoint: number;
  phase: number;
  kind: SeriesKind;
}

/** Why a request came to nothing that only the harness is to blame for: it was due, and never fired. */
export const generatorLate = 'generator late';
/** Why a deadline passed, by where it found the request. */
export const timeoutReasons = {
  sent: 'no answer',
  queued: 'no free connection',
  connecting: 'not connected in time',
} as const;

/** Tally and the reasons of everything that was not ok, of one endpoint × phase in one intended second. */
export interface SecondTally extends Tally {
  endpoint: number;
  phase: number;
  /** Everything that failed, by reason: `503`, `ECONNRESET`, `no answer`, … */
  reasons: Record<string, number>;
  /** Everything that was dropped or cut off by the end of the run, by reason: `in-flight cap`, `empty pool order`, … */
  missed: Record<string, number>;
  /** Attempts beyond the first (client retries). */
  retries: number;
  /** Requests that ended ok and were made by a variant, by the variant's index. */
  variants: Record<string, number>;
}

/** traffic.ndjson: one line per settled intended second. */
export const trafficSecondSchema = z.object({
  second: z.number().int(),
  tallies: z.array(
    tallySchema.extend({
      endpoint: z.number(),
      phase: z.number(),
      reasons: z.record(z.string(), z.number()),
      missed: z.record(z.string(), z.number()),
      retries: z.number(),
      variants: z.record(z.string(), z.number()).default({}),
    }),
  ),
});
export type TrafficSecond = z.infer<typeof trafficSecondSchema>;
