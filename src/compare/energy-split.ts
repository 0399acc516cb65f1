export interface EnergySplit {
  /** The first index of the right sample. */
  at: number;
  /** The right sample ends before this index. */
  end: number;
  /** The scaled energy statistic. */
  q: number;
}

/** Memory that many calls share: a permutation test splits a thousand times. */
export interface SplitRoom {
  rows: Float64Array;
}

export function splitRoom(longest: number): SplitRoom {
  return { rows: new Float64Array((longest + 1) * (longest + 1)) };
}

/**
 * The two neighbouring samples X = z[0, at) and Y = z[at, end) that differ most in distribution, by Matteson and
 * James (2014), "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate Data", JASA 109(505),
 * equations 4 to 6, with α = 1:
 *
 *   Q = m·n/(m+n) · ( 2/(m·n) ΣΣ|x − y|  −  ΣΣ|x − x′| / C(m,2)  −  ΣΣ|y − y′| / C(n,2) )
 *
 * where the sums within a sample run over its pairs. Both samples hold at least `least` values (≥ 2); `end` is
 * searched for as well, so that a second change further on does not hide the first, unless `toEnd`. Undefined where
 * there are too few values. O(n²) time and memory.
 */
export function bestSplit(
  z: Float64Array,
  least: number,
  room: SplitRoom,
  toEnd = false,
): EnergySplit | undefined {
  const n = z.length;
  const width = n + 1;
  const { rows } = room;
  // rows[i·width + j] = Σ |z[a] − z[b]| over a < i, b < j: sums over any rectangle are four look-ups.
  rows.fill(0, 0, width);
  for (let i = 0; i < n; i++) {
    let row = 0;
    const value = z[i] ?? 0;
    const above = i * width;
    const here = above + width;
    rows[here] = 0;
    for (let j = 0; j < n; j++) {
      row += Math.abs(value - (z[j] ?? 0));
      rows[here + j + 1] = (rows[above + j + 1] ?? 0) + row;
    }
  }
  let best: EnergySplit | undefined;
  for (let at = least; at <= n - least; at++) {
    const left = rows[at * width + at] ?? 0; // each pair twice
    for (let end = toEnd ? n : at + least; end <= n; end++) {
      const m = at;
      const k = end - at;
      const across = (rows[at * width + end] ?? 0) - left;
      const right = (rows[end * width + end] ?? 0) - left - 2 * across;
      const energy = (2 * across) / (m * k) - left / (m * (m - 1)) - right / (k * (k - 1));
      const q = ((m * k) / (m + k)) * energy;
      if (best === undefined || q > best.q) best = { at, end, q };
    }
  }
  return best;
}
