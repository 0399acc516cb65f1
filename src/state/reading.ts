import type { ProbeReading, StateItem, TableComparison } from '../model/residue.js';

/** What one probe read, before it is stamped with its snapshot. */
export interface ProbeResult {
  items: StateItem[];
  complete: boolean;
  reason?: string;
  table?: TableComparison;
}

/** What is the same for every reading of a probe. */
export type ProbeHead = Pick<ProbeReading, 'probe' | 'class' | 'owned' | 'expect' | 'compare'>;

export function failedReading(reason: string): ProbeResult {
  return { items: [], complete: false, reason };
}
