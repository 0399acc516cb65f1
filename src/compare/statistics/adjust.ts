/** Holm's step-down p values, in the order given: the chance of any false one among them stays below α (Holm 1979). */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let most = 0;
  for (const [rank, at] of ascending(ps).entries()) {
    most = Math.max(most, Math.min(1, (ps.length - rank) * (ps[at] ?? 1)));
    adjusted[at] = most;
  }
  return adjusted;
}

/** Benjamini–Hochberg's: of those below α, a share of at most α is expected to be false (1995). */
export function benjaminiHochberg(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length);
  let least = 1;
  for (const [back, at] of ascending(ps).reverse().entries()) {
    least = Math.min(least, ((ps[at] ?? 1) * ps.length) / (ps.length - back));
    adjusted[at] = least;
  }
  return adjusted;
}

function ascending(ps: readonly number[]): number[] {
  return [...ps.keys()].sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
}
