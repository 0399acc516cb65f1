import type { ProbeReading, SnapshotName, StateItem, StateLine } from '../model/residue.js';
import { fromDelta } from './reading-delta.js';

/** A reading with its items by key. */
export interface Reading extends Omit<ProbeReading, 'items'> {
  items: ReadonlyMap<string, StateItem>;
}

/** All readings of one probe, whole. */
export interface ProbeHistory {
  probe: string;
  readings: ReadonlyMap<SnapshotName, Reading>;
}

/** The readings in state.ndjson, by probe, in the order in which probes were first read. */
export function historiesOf(lines: readonly StateLine[]): ProbeHistory[] {
  const byProbe = new Map<string, Map<SnapshotName, ProbeReading>>();
  for (const line of lines) {
    if (line.type !== 'reading') continue;
    const readings = byProbe.get(line.probe) ?? new Map<SnapshotName, ProbeReading>();
    byProbe.set(line.probe, readings);
    const whole = fromDelta(line, readings.get('S0a'));
    readings.set(
      line.snapshot,
      whole ?? {
        ...line,
        complete: false,
        reason: 'the reading that it refers to (S0a) is damaged',
        items: [],
      },
    );
  }
  return [...byProbe].map(([probe, readings]) => ({
    probe,
    readings: new Map(
      [...readings].map(([name, reading]) => [
        name,
        { ...reading, items: new Map(reading.items.map((item) => [item.key, item])) },
      ]),
    ),
  }));
}
