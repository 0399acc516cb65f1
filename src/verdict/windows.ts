/** A run of array positions [from, to). */
export interface Span {
  from: number;
  to: number;
}

/**
 * Where the worst of [from, to) began: the position of its greatest value, and from there back over adjoining ones
 * of at least a quarter of it, also before `from`. Windows that slide over one stall so name the same second.
 */
export function onsetOf(values: readonly number[], { from, to }: Span): number {
  let at = from;
  for (let i = from; i < to; i++) if ((values[i] ?? 0) > (values[at] ?? 0)) at = i;
  const least = Math.max(1, (values[at] ?? 0) / 4);
  while (at > 0 && (values[at - 1] ?? 0) >= least) at -= 1;
  return at;
}

/**
 * Every window of `width` positions, by steps of one, over an array whose i-th position holds `samples[i]`
 * samples; a window with fewer than `needed` is widened to the right, and near the end to the left. All positions
 * are covered. Empty when even the whole array holds too few. Both ends never move backwards from one window to
 * the next, so that counts can be moved along.
 */
export function slidingSpans(samples: readonly number[], width: number, needed: number): Span[] {
  const length = samples.length;
  const narrowest = Math.min(width, length);
  const spans: Span[] = [];
  let to = 0;
  let held = 0;
  for (let from = 0; from < length; from++) {
    while (to < length && (to - from < width || held < needed)) held += samples[to++] ?? 0;
    if (to - from < narrowest || held < needed) {
      // What is left is too little for a window of its own: the last one takes it in.
      const last = spans.at(-1);
      if (last && last.to < length) spans.push({ from: last.from, to: length });
      break;
    }
    spans.push({ from, to });
    held -= samples[from] ?? 0;
  }
  return spans;
}
