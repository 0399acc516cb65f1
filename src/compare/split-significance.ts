import { drawUint32 } from '../foundation/rng.js';
import { bestSplit, type EnergySplit, type SplitRoom } from './energy-split.js';

export interface SignificanceOptions {
  least: number;
  permutations: number;
  seed: number;
  /** Distinguishes the draws of one test from those of another. */
  stream: number;
  toEnd: boolean;
}

/** So many permutations that split as well end the test: its p is far from any that counts. */
const enoughExceed = 10;
/** Beyond it an estimate from some dozens of values says too little. */
const mostCorrelation = 0.8;

/**
 * The p-value of a best split: the share of the series in another order whose own best split is as good, (1 + exceed)
 * ÷ (1 + permutations). Once ten are, the test ends: p is known to be large (Besag and Clifford 1991, "Sequential
 * Monte Carlo p-values", Biometrika 78).
 *
 * Nights are not independent: a machine that is slow today is slow tomorrow. Where the values correlate with their
 * neighbours (φ, estimated about the levels that the split found), it is not the values that are put in another
 * order but what is new in each, zₜ − φ·zₜ₋₁, and the series is made anew from that. With φ = 0 that is the plain
 * permutation test of Matteson and James.
 */
export function splitSignificance(
  z: Float64Array,
  split: EnergySplit,
  room: SplitRoom,
  { least, permutations, seed, stream, toEnd }: SignificanceOptions,
): number {
  const phi = correlationOf(z, split);
  const fresh = innovationsOf(z, phi);
  const shuffled = new Float64Array(z.length);
  let exceed = 0;
  for (let round = 0; round < permutations; round++) {
    shuffled.set(fresh);
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor((drawUint32(seed, stream, round, i) / 0x1_0000_0000) * (i + 1));
      const held = shuffled[i] ?? 0;
      shuffled[i] = shuffled[j] ?? 0;
      shuffled[j] = held;
    }
    recolour(shuffled, phi);
    const q = bestSplit(shuffled, least, room, toEnd)?.q ?? 0;
    // Rounding must not make a tie a miss.
    if (q >= split.q * (1 - 1e-9)) exceed += 1;
    if (exceed >= enoughExceed) return (1 + exceed) / (2 + round);
  }
  return (1 + exceed) / (1 + permutations);
}

/** What the search for the best split takes up beside the levels themselves: by simulation, see the test. */
const searched = 4;

/**
 * The correlation of neighbours about the levels of the split, at least 0. Levels fitted to few values make it come
 * out too small, by about (k + 3φ)/n for k levels (Marriott and Pope 1954, "Bias in the estimation of
 * autocorrelations", Biometrika 41), and more where the split was chosen to fit.
 */
function correlationOf(z: Float64Array, { at, end }: EnergySplit): number {
  const n = z.length;
  const edges = [0, at, end, n];
  const rest = new Float64Array(n);
  let levels = 0;
  for (let k = 0; k + 1 < edges.length; k++) {
    const [from, to] = [edges[k] ?? 0, edges[k + 1] ?? 0];
    if (to <= from) continue;
    levels += 1;
    const part = z.subarray(from, to);
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    part.forEach((value, i) => (rest[from + i] = value - mean));
  }
  let products = 0;
  let squares = 0;
  rest.forEach((value, i) => {
    squares += value * value;
    if (i > 0) products += value * (rest[i - 1] ?? 0);
  });
  if (squares === 0) return 0;
  const raw = products / squares;
  const phi = raw + (levels + searched + 3 * raw) / n;
  return Math.min(Math.max(phi, 0), mostCorrelation);
}

/** The first value counts as one that came from nowhere, with the spread that the series has. */
function innovationsOf(z: Float64Array, phi: number): Float64Array {
  if (phi === 0) return z;
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
  return z.map((value, i) =>
    i === 0 ? (value - mean) * Math.sqrt(1 - phi * phi) : value - mean - phi * ((z[i - 1] ?? 0) - mean),
  );
}

function recolour(values: Float64Array, phi: number): void {
  if (phi === 0) return;
  values[0] = (values[0] ?? 0) / Math.sqrt(1 - phi * phi);
  for (let i = 1; i < values.length; i++) values[i] = (values[i] ?? 0) + phi * (values[i - 1] ?? 0);
}
