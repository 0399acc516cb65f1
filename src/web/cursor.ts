import { useEffect, useState } from 'preact/hooks';

/** The instant that is pointed at on every chart of a timeline, in seconds since run zero. */
export class Cursor {
  at: number | null = null;
  private readonly listeners = new Set<(at: number | null) => void>();

  set(at: number | null): void {
    if (at === this.at) return;
    this.at = at;
    for (const listener of this.listeners) listener(at);
  }

  listen(listener: (at: number | null) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Re-renders only who uses it: charts are not drawn again for a pointer that moves. */
export function useCursor(cursor: Cursor): number | null {
  const [at, setAt] = useState(cursor.at);
  useEffect(() => cursor.listen(setAt), [cursor]);
  return at;
}

/** Index of the point nearest to an instant; -1 without points. `xs` rise. */
export function nearest(xs: readonly number[], at: number): number {
  let low = 0;
  let high = xs.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((xs[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  return at - (xs[low] ?? 0) <= (xs[high] ?? 0) - at ? low : high;
}
