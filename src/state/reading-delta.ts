import type { ProbeReading, StateItem } from '../model/residue.js';
import { differences } from './difference.js';

/** A reading as written: what is not as in S0a. Five thousand tables are then written once, not six times. */
export function toDelta(reading: ProbeReading, base: ProbeReading | undefined): ProbeReading {
  if (!base || reading.snapshot === 'S0a') return reading;
  const known = new Map(base.items.map((item) => [item.key, item]));
  const seen = new Set(reading.items.map(({ key }) => key));
  return {
    ...reading,
    items: reading.items.filter((item) => !isSame(known.get(item.key), item)),
    gone: base.items.map(({ key }) => key).filter((key) => !seen.has(key)),
    since: 'S0a',
  };
}

/** The whole reading again; undefined where its base is missing (a damaged file): it can then not be told. */
export function fromDelta(reading: ProbeReading, base: ProbeReading | undefined): ProbeReading | undefined {
  const { since, ...whole } = reading;
  if (since === undefined) return reading;
  if (!base) return undefined;
  const items = new Map(base.items.map((item) => [item.key, item]));
  for (const key of reading.gone) items.delete(key);
  for (const item of reading.items) items.set(item.key, item);
  return { ...whole, items: [...items.values()], gone: [] };
}

function isSame(a: StateItem | undefined, b: StateItem): boolean {
  if (!a || a.identity2 !== b.identity2 || a.odd !== b.odd) return false;
  return differences(a.value, b.value).length === 0;
}
