import { drawUnit, streamOf } from '../foundation/rng.js';
import type { Phase } from '../model/scenario.js';

/**
 * Which draw of a request decides what; see foundation/rng. Templates draw on `firstTemplate` and above (and on
 * hashed 32-bit fields for pools).
 */
export const drawFields = { gap: 0, endpoint: 1, variant: 2, firstTemplate: 16 } as const;

export interface ArrivalOptions {
  seed: number;
  phase: Phase;
  ratePerSecond: number;
  arrivals: 'poisson' | 'uniform';
}

/** The random stream of a phase: the same requests whatever came before it. */
export function phaseStream(phase: Phase): number {
  return streamOf(`traffic.${phase}`);
}

/**
 * When the requests of one phase start, as µs from the phase's beginning, in order; a pure function of (seed,
 * phase), endless.
 *
 * - `uniform`: the i-th starts at i / rate.
 * - `poisson`: the gaps are exponential, gapᵢ = −ln(1 − uᵢ) / rate with uᵢ uniform in [0, 1), and the i-th starts
 *   at gap₀ + … + gapᵢ: a Poisson process, as many independent users make it.
 */
export class Arrivals {
  private readonly stream: number;
  private readonly meanGapUs: number;
  private next = 0;
  private sumUs = 0;

  constructor(private readonly options: ArrivalOptions) {
    this.stream = phaseStream(options.phase);
    this.meanGapUs = 1_000_000 / options.ratePerSecond;
  }

  /** Index of the request that `advance` returns next. */
  get index(): number {
    return this.next;
  }

  /** The next request's start, µs from the phase's beginning (Infinity at rate 0). */
  advance(): number {
    const i = this.next;
    this.next += 1;
    if (this.options.arrivals === 'uniform') return i * this.meanGapUs;
    this.sumUs += -Math.log1p(-drawUnit(this.options.seed, this.stream, i, drawFields.gap)) * this.meanGapUs;
    return this.sumUs;
  }
}

/** Cumulative weights, scaled to end at 1. */
export function cumulativeWeights(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight) / total);
}

/** The entry of cumulative weights that a draw in [0, 1) falls on. */
export function pickWeighted(cumulative: readonly number[], draw: number): number {
  const last = cumulative.length - 1;
  for (let i = 0; i < last; i++) if (draw < (cumulative[i] ?? 0)) return i;
  return last;
}

/** The endpoint of the i-th request of a phase. */
export function endpointOf(seed: number, stream: number, i: number, cumulative: readonly number[]): number {
  return pickWeighted(cumulative, drawUnit(seed, stream, i, drawFields.endpoint));
}

/**
 * Splits a whole number by weights, by largest remainder; everybody gets at least one (so the sum exceeds `total`
 * when there are more weights than that).
 */
export function splitWhole(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const parts = exact.map((share) => Math.max(1, Math.floor(share)));
  const byRemainder = exact
    .map((share, at) => ({ at, rest: share - (parts[at] ?? 0) }))
    .sort((a, b) => b.rest - a.rest || a.at - b.at);
  let left = total - parts.reduce((a, b) => a + b, 0);
  for (let k = 0; left > 0; k = (k + 1) % byRemainder.length, left--) {
    const at = byRemainder[k]?.at ?? 0;
    parts[at] = (parts[at] ?? 0) + 1;
  }
  // Minimums of one may have taken too much: the largest give it back.
  while (left < 0 && parts.some((part) => part > 1)) {
    const at = parts.indexOf(Math.max(...parts));
    parts[at] = (parts[at] ?? 1) - 1;
    left += 1;
  }
  return parts;
}
