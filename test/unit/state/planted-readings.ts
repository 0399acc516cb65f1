import type { ProbeReading, SnapshotName, StateItem, StateLine } from '../../../src/model/residue.js';
import { toDelta } from '../../../src/state/reading-delta.js';

export function item(key: string, value: unknown, more: Partial<StateItem> = {}): StateItem {
  return { key, value, ...more };
}

export function reading(
  snapshot: SnapshotName,
  items: StateItem[],
  more: Partial<ProbeReading> = {},
): ProbeReading {
  return {
    type: 'reading',
    snapshot,
    probe: 'flags',
    class: 'flag',
    owned: false,
    expect: 'restored',
    compare: 'equal',
    fromUs: 1,
    toUs: 2,
    complete: true,
    items,
    gone: [],
    ...more,
  };
}

/** Lines as a run writes them: S0b is as S0a where it is not given. */
export function lines(
  at: Partial<Record<SnapshotName, StateItem[] | ProbeReading>>,
  more: Partial<ProbeReading> = {},
): StateLine[] {
  const { S0a, S0b = S0a, ...later } = at;
  const readings = Object.entries({ S0a, S0b, ...later }).flatMap(([name, of]) => {
    if (!of) return [];
    return [
      Array.isArray(of) ? reading(name as SnapshotName, of, more) : { ...of, snapshot: name as SnapshotName },
    ];
  });
  return readings.map((one) => toDelta(one, readings[0]));
}
