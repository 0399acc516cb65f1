import { differences, overlaps } from './difference.js';
import type { Reading } from './snapshots.js';

/** What differed between the two readings of S0: it flaps by itself, and says nothing about the upgrade. */
export interface Instability {
  /** By key; `$` is the item as a whole: it came or went. */
  paths: ReadonlyMap<string, readonly string[]>;
  covers(key: string, path: string): boolean;
}

export function instabilityOf(first: Reading | undefined, second: Reading | undefined): Instability {
  const paths = new Map<string, string[]>();
  const both = first?.complete === true && second?.complete === true;
  if (first && second) {
    for (const [key, item] of first.items) {
      const again = second.items.get(key);
      if (again) {
        const found = differences(item.value, again.value).map(({ path }) => path);
        if (found.length > 0) paths.set(key, found);
      } else if (both) paths.set(key, ['$']);
    }
    if (both) for (const key of second.items.keys()) if (!first.items.has(key)) paths.set(key, ['$']);
  }
  return {
    paths,
    covers: (key, path) => paths.get(key)?.some((unstable) => overlaps(unstable, path)) ?? false,
  };
}
