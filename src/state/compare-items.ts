import type { ResidueItem, SnapshotName, StateItem } from '../model/residue.js';
import { differences, overlaps, valueAtPath } from './difference.js';
import type { ProbeHistory, Reading } from './snapshots.js';
import type { Instability } from './stability.js';

type Origin = ResidueItem['origin'];
type Found = Omit<ResidueItem, 'probe' | 'class' | 'owned' | 'path'>;

export interface ItemComparison {
  base: Reading;
  upgraded: Reading | undefined;
  target: Reading;
  unstable: Instability;
}

/** What a probe that expects the state restored shows at `target` and did not at S0. */
export function restoredItems(comparison: ItemComparison): Found[] {
  const { base, target, unstable } = comparison;
  const removed: StateItem[] = [];
  const found: Found[] = [];
  for (const [key, before] of base.items) {
    const after = target.items.get(key);
    if (after) found.push(...changedItems(comparison, before, after));
    // A reading that was cut short never says that something is gone.
    else if (target.complete && !unstable.covers(key, '$')) removed.push(before);
  }
  const added = [...target.items.values()].filter(
    ({ key }) => base.complete && !base.items.has(key) && !unstable.covers(key, '$'),
  );
  return [...found, ...comingsAndGoings(comparison, removed, added)];
}

function changedItems(comparison: ItemComparison, before: StateItem, after: StateItem): Found[] {
  const { upgraded, unstable } = comparison;
  const { key } = before;
  const changed = differences(before.value, after.value).filter(({ path }) => !unstable.covers(key, path));
  const between = upgraded?.items.get(key);
  const byUpgrade = between && differences(before.value, between.value).map(({ path }) => path);
  const originOf = (path: string): Origin => {
    if (byUpgrade?.some((each) => overlaps(each, path))) return 'attributed';
    // Seen unchanged at S1; or, in a whole reading, away at S1, which is a change of it too.
    if (byUpgrade) return 'unattributed';
    return upgraded?.complete ? 'attributed' : 'unknown';
  };
  // Two people may have changed one item: what the upgrade left and what came after it are told apart.
  return (['attributed', 'unattributed', 'unknown'] as const).flatMap((origin): Found[] => {
    const of = changed.filter(({ path }) => originOf(path) === origin);
    if (of.length === 0) return [];
    return [
      {
        key,
        change: 'changed',
        origin,
        changes: of.map((change) => ({ ...change, upgraded: valueAtPath(between?.value, change.path) })),
        ...(after.odd !== undefined && { odd: after.odd }),
      },
    ];
  });
}

/** What came and what went; one that went and came back under another key was replaced. */
function comingsAndGoings(
  { upgraded }: ItemComparison,
  removed: readonly StateItem[],
  added: readonly StateItem[],
): Found[] {
  const awayAtS1 = (key: string): Origin => {
    if (upgraded?.items.has(key)) return 'unattributed';
    return upgraded?.complete ? 'attributed' : 'unknown';
  };
  const thereAtS1 = (key: string): Origin => {
    if (upgraded?.items.has(key)) return 'attributed';
    return upgraded?.complete ? 'unattributed' : 'unknown';
  };
  const waiting = [...added];
  const found: Found[] = [];
  for (const before of removed) {
    const at = waiting.findIndex(
      ({ identity2 }) => identity2 !== undefined && identity2 === before.identity2,
    );
    const now = at < 0 ? undefined : waiting.splice(at, 1)[0];
    const gone = awayAtS1(before.key);
    found.push({
      key: before.key,
      change: now ? 'replaced' : 'removed',
      origin: now && thereAtS1(now.key) === 'attributed' ? 'attributed' : gone,
      changes: now
        ? differences(before.value, now.value).map((change) => ({ ...change, upgraded: undefined }))
        : [
            {
              path: '$',
              before: before.value,
              upgraded: upgraded?.items.get(before.key)?.value,
              after: undefined,
            },
          ],
      ...(now && { nowKey: now.key }),
    });
  }
  for (const after of waiting) {
    found.push({
      key: after.key,
      change: 'added',
      origin: thereAtS1(after.key),
      changes: [
        { path: '$', before: undefined, upgraded: upgraded?.items.get(after.key)?.value, after: after.value },
      ],
      ...(after.odd !== undefined && { odd: after.odd }),
    });
  }
  return found;
}

/** What must not be there at all, and is. */
export function presentItems({ base, upgraded, target }: ItemComparison): Found[] {
  return [...target.items.values()].map(({ key, value, odd }) => ({
    key,
    change: 'present',
    origin: base.items.has(key)
      ? 'pre-existing'
      : upgraded?.items.has(key)
        ? 'attributed'
        : upgraded?.complete && base.complete
          ? 'unattributed'
          : 'unknown',
    changes: [
      {
        path: '$',
        before: base.items.get(key)?.value,
        upgraded: upgraded?.items.get(key)?.value,
        after: value,
      },
    ],
    ...(odd !== undefined && { odd }),
  }));
}

/** What was odd before the upgrade and still is: not the upgrade's, and shown so that nobody looks for its cause there. */
export function preExistingOddities({ base, target }: ItemComparison): Found[] {
  return [...target.items.values()].flatMap(({ key, odd }): Found[] =>
    odd !== undefined && base.items.get(key)?.odd !== undefined
      ? [{ key, change: 'present', origin: 'pre-existing', changes: [], odd }]
      : [],
  );
}

export function comparisonAt(
  { readings }: ProbeHistory,
  target: SnapshotName,
  unstable: Instability,
): ItemComparison | undefined {
  const base = readings.get('S0a');
  const at = readings.get(target);
  return base && at && { base, upgraded: readings.get('S1'), target: at, unstable };
}
