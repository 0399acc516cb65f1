import type { StampedEvent } from './observation.js';
import type { SecondUpgrade } from './rollback.js';

/** What the events tell of the upgrade's second time; undefined: nothing, it was not asked or not reached. */
export function secondUpgradeOf(events: readonly StampedEvent[]): SecondUpgrade | undefined {
  const again = events.filter((event) => event.type === 'again');
  const skipped = again.find((event) => event.skipped !== undefined)?.skipped;
  if (skipped !== undefined) return { outcome: 'not run', tookMs: 0, message: skipped };
  const [first, last] = [again[0], again.at(-1)];
  if (!first || !last) return undefined;
  const tookMs = (last.atUs - first.atUs) / 1000;
  const failed = again.find(({ step, edge, ok }) => step !== undefined && edge === 'end' && ok !== true);
  if (failed) {
    return {
      outcome: 'failed',
      tookMs,
      ...(failed.step !== undefined && { failedStep: failed.step }),
      ...(failed.code !== undefined && { code: failed.code }),
      ...(failed.message !== undefined && { message: failed.message }),
    };
  }
  const ended = last.edge === 'end' && last.step === undefined;
  return { outcome: ended ? 'ok' : 'interrupted', tookMs };
}
