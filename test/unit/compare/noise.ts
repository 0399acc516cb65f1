import { drawUnit, streamOf } from '../../../src/foundation/rng.js';

/** A standard normal draw (Box and Muller). */
export function normal(seed: number, at: number): number {
  const stream = streamOf('noise');
  const radius = Math.sqrt(-2 * Math.log(1 - drawUnit(seed, stream, at, 1)));
  return radius * Math.cos(2 * Math.PI * drawUnit(seed, stream, at, 2));
}

/** AR(1) of mean 0 and standard deviation 1: xₜ = φ·xₜ₋₁ + √(1 − φ²)·ε. */
export function autocorrelated(seed: number, length: number, phi: number): number[] {
  const values: number[] = [];
  for (let at = 0; at < length; at++) {
    const fresh = normal(seed, at);
    values.push(at === 0 ? fresh : phi * (values[at - 1] ?? 0) + Math.sqrt(1 - phi * phi) * fresh);
  }
  return values;
}

/** Around 100, with that relative spread; from each index of `levels` on it is multiplied by the factor. */
export function nightly(
  seed: number,
  length: number,
  { spread = 0.04, phi = 0, levels = {} }: { spread?: number; phi?: number; levels?: Record<number, number> },
): number[] {
  const starts = Object.keys(levels).map(Number);
  return autocorrelated(seed, length, phi).map((noise, at) => {
    const start = starts.findLast((from) => at >= from);
    return 100 * (1 + spread * noise) * (start === undefined ? 1 : (levels[start] ?? 1));
  });
}
