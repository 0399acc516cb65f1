import type { EntityAudit, Loss } from '../../../src/model/ledger.js';
import type { ProbeReport, ResidueItem } from '../../../src/model/residue.js';
import type { ResultView } from '../../../src/model/result.js';
import { s } from '../verdict/build-view.js';

const leftBehind: ResidueItem = {
  ...{ probe: 'p0', class: 'schema', owned: true, key: 'k', path: 'p0/k' },
  ...{ change: 'added', origin: 'attributed', changes: [] },
};

/** One audit after the recovery, and what the probes saw: all of it well, but for what is planted. */
export function lookedAt({
  entity = {},
  holds = [true],
  probes = ['clean'],
  items = 0,
}: {
  entity?: Partial<EntityAudit>;
  holds?: (boolean | undefined)[];
  probes?: ProbeReport['state'][];
  items?: number;
}): Pick<ResultView, 'audits' | 'residue'> {
  const zeros = { keys: 9, rows: 9, tookMs: 1, batches: 1, longestBatchMs: 1, acknowledged: 9, rejected: 0 };
  const rest = { indeterminate: 0, landed: 0, unidentified: 0, unidentifiedIndeterminate: 0 };
  const orders = { entity: 'order', table: 'orders', by: 'sql' as const, ...zeros, ...rest };
  const none = { losses: [], expired: 0, cascaded: 0, goneColumns: [] };
  const invariants = holds.map((one, i) => ({
    ...{ name: `i${i}`, expect: 'nothing' as const, sample: [], tookMs: 1 },
    ...(one === undefined ? { error: 'denied' } : { holds: one }),
  }));
  return {
    audits: [
      {
        ...{ after: ['recovery'], atUs: 72 * s, toUs: 73 * s, underWay: 0, invariants },
        entities: [{ ...orders, ...none, ...entity }],
      },
    ],
    residue: {
      snapshots: [],
      probes: probes.map((state, i) => ({
        ...{ probe: `p${i}`, class: 'schema', expect: 'restored', state, before: 1, after: 1 },
        ...{ unknown: [], unstable: [] },
      })),
      items: Array.from({ length: items }, () => leftBehind),
      cleanup: null,
    },
  };
}

export function lostRows(count: number): Loss {
  const about = { class: 'row lost' as const, count, fresh: count, byPhase: { soak: count } };
  return { ...about, discarded: false, gone: false, examples: [] };
}
