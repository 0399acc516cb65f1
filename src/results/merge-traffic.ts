import type { SecondTally, TrafficSecond } from '../model/observation.js';
import { addTallies } from '../model/second-tally.js';

/** Lines of one second add up (what came late has a line of its own); in order. */
export function mergeTrafficSeconds(lines: readonly TrafficSecond[]): TrafficSecond[] {
  const seconds = new Map<number, Map<string, SecondTally>>();
  for (const { second, tallies } of lines) {
    let merged = seconds.get(second);
    if (!merged) seconds.set(second, (merged = new Map<string, SecondTally>()));
    for (const tally of tallies) {
      const key = `${tally.endpoint}|${tally.phase}`;
      const known = merged.get(key);
      merged.set(key, known ? addTallies(known, tally) : tally);
    }
  }
  return [...seconds]
    .map(([second, tallies]) => ({ second, tallies: [...tallies.values()] }))
    .sort((a, b) => a.second - b.second);
}
