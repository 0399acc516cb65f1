import type { ResidueItem } from '../model/residue.js';
import type { Reading } from './snapshots.js';

type Found = Omit<ResidueItem, 'probe' | 'class' | 'owned' | 'path'>;

const sides = ['missing', 'changed', 'added'] as const;
const words = { missing: 'removed', changed: 'changed', added: 'added' } as const;

/** Rows of before the upgrade that are gone or changed, and that the traffic did not write (truth 7). */
export function tableRows(upgraded: Reading | undefined, target: Reading): Found[] {
  const { table } = target;
  if (!table || table.touchedUnknown !== undefined) return [];
  return sides.flatMap((side): Found[] => {
    const { count, keys } = table[side];
    if (count === 0 || (side === 'added' && !table.addedCount)) return [];
    const between = upgraded?.table?.[side].count;
    const columns = side === 'changed' ? columnText(table.changed.columns) : '';
    return [
      {
        key: `${side} rows`,
        change: words[side],
        origin: between === undefined ? 'unknown' : between > 0 ? 'attributed' : 'unattributed',
        changes: [],
        note: `${count} of ${table.compared} rows ${side}${columns}: ${keys.join(', ')}${count > keys.length ? ', …' : ''}`,
      },
    ];
  });
}

/** What differed between the two readings of S0, before any traffic. */
export function unstableRows(second: Reading | undefined): string[] {
  const { table } = second ?? {};
  if (!table) return [];
  return sides.flatMap((side) => (table[side].count > 0 ? [`${table[side].count} rows ${side}`] : []));
}

function columnText(columns: Readonly<Record<string, number>>): string {
  const names = Object.entries(columns).map(([name, count]) => `${name} in ${count}`);
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}
