/**
 * Counter-based random draws: a pure function of (seed, stream, counter, field), so that the i-th request of a
 * phase is the same whatever came before it, on whichever worker, and however long an earlier phase lasted.
 * The mixer is murmur3's 32-bit finaliser over four words in turn (Austin Appleby, MurmurHash3, public domain).
 */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  let h = hash ^ k;
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit stream id of a name (a phase, a table), FNV-1a. */
export function streamOf(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** An unsigned 32-bit draw. */
export function drawUint32(seed: number, stream: number, counter: number, field: number): number {
  let h = mix(seed | 0, stream | 0);
  h = mix(h, counter | 0);
  h = mix(h, Math.floor(counter / 0x1_0000_0000));
  h = mix(h, field | 0);
  return finish(h ^ 16);
}

/** A draw uniform in [0, 1) with 53 bits, from two 32-bit draws. */
export function drawUnit(seed: number, stream: number, counter: number, field: number): number {
  const high = drawUint32(seed, stream, counter, field) >>> 5;
  const low = drawUint32(seed, stream, counter, field ^ 0x5bd1e995) >>> 6;
  return (high * 67_108_864 + low) / 9_007_199_254_740_992;
}

/** A whole number uniform in [min, max], both included. */
export function drawInt(
  seed: number,
  stream: number,
  counter: number,
  field: number,
  min: number,
  max: number,
): number {
  return min + Math.floor(drawUnit(seed, stream, counter, field) * (max - min + 1));
}
