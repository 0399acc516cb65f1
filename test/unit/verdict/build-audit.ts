import type { Audit, EntityAudit, Loss } from '../../../src/model/ledger.js';
import { s } from './build-view.js';

/** Seven rows lost, written in the soak. */
export function loss(more: Partial<Loss> = {}): Loss {
  return {
    class: 'row lost',
    count: 7,
    fresh: more.count ?? 7,
    byPhase: { soak: 7 },
    earliestSentUs: 30 * s,
    discarded: false,
    gone: false,
    examples: [
      {
        key: '17',
        expected: [],
        found: null,
        write: { endpoint: 'create', op: 'create', phase: 'soak', endUs: 31 * s },
        firstSeenAfter: ['rollback'],
      },
    ],
    ...more,
  };
}

/** One look at 1 000 orders. */
export function audit(after: Audit['after'], losses: Loss[] = [], entity: Partial<EntityAudit> = {}): Audit {
  return {
    after,
    atUs: 0,
    toUs: 1,
    underWay: 0,
    entities: [
      {
        entity: 'order',
        table: 'orders',
        by: 'sql',
        keys: 1_000,
        rows: 1_000,
        tookMs: 20,
        batches: 2,
        longestBatchMs: 12,
        acknowledged: 1_200,
        rejected: 3,
        indeterminate: 4,
        landed: 2,
        unidentified: 0,
        unidentifiedIndeterminate: 0,
        losses,
        expired: 0,
        cascaded: 0,
        goneColumns: [],
        ...entity,
      },
    ],
    invariants: [],
  };
}
