import type { ResidueItem, StateItem } from '../model/residue.js';
import type { ItemComparison } from './compare-items.js';

type Found = Omit<ResidueItem, 'probe' | 'class' | 'owned' | 'path'>;

/** A sequence's value as the probe reads it: numbers as texts, since they may pass 2^53. */
export interface SequenceValue {
  /** null: it was never drawn from. */
  last: string | null;
  increment: string;
  /** The largest (smallest, for one that counts down) value of the column it serves; null: none, or not known. */
  furthestKey: string | null;
}

/**
 * A sequence may have moved on, traffic draws from it; it must never be behind where it stood at S0, nor behind the
 * keys of its table: the next insert would fail on a duplicate.
 */
export function sequencesBehind({ base, upgraded, target }: ItemComparison): Found[] {
  return [...target.items.values()].flatMap((item): Found[] => {
    const before = base.items.get(item.key);
    const problem = behind(before, item);
    if (problem === undefined) return [];
    const between = upgraded?.items.get(item.key);
    const was = before && behind(undefined, before) !== undefined;
    return [
      {
        key: item.key,
        change: 'behind',
        origin: was
          ? 'pre-existing'
          : !between
            ? 'unknown'
            : behind(before, between) !== undefined
              ? 'attributed'
              : 'unattributed',
        changes: [{ path: '$', before: before?.value, upgraded: between?.value, after: item.value }],
        note: problem,
      },
    ];
  });
}

function behind(before: StateItem | undefined, now: StateItem): string | undefined {
  const value = now.value as SequenceValue;
  const up = BigInt(value.increment) > 0n;
  const isBehind = (at: string | null, other: string | null): boolean => {
    if (other === null) return false;
    if (at === null) return true;
    return up ? BigInt(at) < BigInt(other) : BigInt(at) > BigInt(other);
  };
  const at = value.last ?? 'its start';
  const was = (before?.value as SequenceValue | undefined)?.last ?? null;
  if (isBehind(value.last, value.furthestKey))
    return `it stands at ${at}, its column has ${value.furthestKey}`;
  if (isBehind(value.last, was)) return `it stands at ${at}, and stood at ${was} before the upgrade`;
  return undefined;
}
