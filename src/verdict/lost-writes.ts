import { lossTotals, type LossTotal } from '../model/ledger-losses.js';
import type { Audit } from '../model/ledger.js';
import type { ResultView } from '../model/result.js';

/** Writes that are there although nobody was told so, or twice, are not lost ones. */
const notLost: readonly LossTotal['class'][] = ['phantom', 'duplicated'];

export interface LostWrites {
  lost: number;
  acknowledged: number;
  /** Taken by the rollback as the scenario says (`rollback.discards`), and not among the lost. */
  discarded: number;
  unaudited: number;
  /** When the oldest lost write was sent. */
  earliestSentUs: number | undefined;
}

/**
 * Acknowledged writes that were there before the rollback, or were sent during it, and that the audits after it did
 * not find; null where no audit followed the rollback. What the rollback discards knowingly is not counted.
 */
export function lostWrites({ audits }: ResultView): LostWrites | null {
  const last = audits.findLast(({ after }) => isAfterRollback(after));
  if (!last || last.entities.length === 0) return null;
  const taken = lossTotals(audits).filter((total) => lostByRollback(total) > 0);
  const totals = taken.filter(({ discarded }) => !discarded);
  const sent = totals.flatMap(({ earliestSentUs }) => earliestSentUs ?? []);
  return {
    lost: sum(totals.map(lostByRollback)),
    discarded: sum(taken.map(({ discarded, count }) => (discarded ? count : 0))),
    acknowledged: sum(last.entities.map(({ acknowledged }) => acknowledged)),
    unaudited: sum(last.entities.map(({ unidentified, unaudited }) => unidentified + (unaudited?.keys ?? 0))),
    earliestSentUs: sent.length > 0 ? Math.min(...sent) : undefined,
  };
}

/** How many of a loss the rollback took: first missed after it, and sent before it had ended. */
export function lostByRollback({ class: kind, count, byPhase, firstSeenAfter }: LossTotal): number {
  if (notLost.includes(kind) || !isAfterRollback(firstSeenAfter)) return 0;
  return Math.max(0, count - (byPhase.recovery ?? 0));
}

function isAfterRollback(after: Audit['after']): boolean {
  return after.includes('rollback') || after.includes('recovery');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
