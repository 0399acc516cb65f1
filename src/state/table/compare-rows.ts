import type { TableComparison } from '../../model/residue.js';
import { partitionCount, type KeyPartitions } from './key-partitions.js';

const mostExamples = 10;

export interface RowSets {
  before: KeyPartitions;
  now: KeyPartitions;
  touched: KeyPartitions | undefined;
  touchedUnknown: string | undefined;
  columns: readonly string[];
  /** Columns that are there no more. */
  gone: ReadonlySet<string>;
  addedCount: boolean;
}

/** Rows of before against rows of now, less those the traffic wrote; a partition at a time. */
export async function compareRows(sets: RowSets): Promise<TableComparison> {
  const { before, now, columns, gone } = sets;
  const missing = counted();
  const changed = { ...counted(), columns: new Map<string, number>() };
  const added = counted();
  let compared = 0;
  let touchedRows = 0;
  for (let partition = 0; partition < partitionCount; partition++) {
    const was = await before.read(partition);
    const is = await now.read(partition);
    const touched = (await sets.touched?.read(partition)) ?? new Map<string, string>();
    for (const [key, hashes] of was) {
      if (touched.has(key)) {
        touchedRows += 1;
        continue;
      }
      compared += 1;
      const found = is.get(key);
      if (found === undefined) count(missing, key);
      else if (found !== hashes) {
        count(changed, key);
        const [old, fresh] = [hashes.split(','), found.split(',')];
        for (const [at, column] of columns.entries()) {
          // A column that is gone is gone in every row: told once, by the catalog.
          if (old[at] !== fresh[at] || gone.has(column)) {
            changed.columns.set(column, (changed.columns.get(column) ?? 0) + 1);
          }
        }
      }
    }
    for (const key of is.keys()) if (!was.has(key) && !touched.has(key)) count(added, key);
  }
  return {
    rows: now.size,
    compared,
    touched: touchedRows,
    ...(sets.touchedUnknown !== undefined && { touchedUnknown: sets.touchedUnknown }),
    missing,
    changed: { count: changed.count, keys: changed.keys, columns: Object.fromEntries(changed.columns) },
    added,
    addedCount: sets.addedCount,
  };
}

interface Counted {
  count: number;
  keys: string[];
}

function counted(): Counted {
  return { count: 0, keys: [] };
}

function count(side: Counted, key: string): void {
  side.count += 1;
  if (side.keys.length < mostExamples) side.keys.push(key);
}
