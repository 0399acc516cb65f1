import type { ResultView, StepRecord } from '../model/result.js';
import { belongsTo, isStep, partiesAhead } from './lock-groups.js';

export interface StepRow {
  record: StepRecord;
  durationMs: number;
  /** The longest wait of somebody else with this step's session in front; null: none was seen. */
  causedMs: number | null;
  caused: number;
  /** The longest wait of its own session. */
  ownMs: number | null;
  /** Code and message of the last attempt that failed, or that it was cut off. */
  failure?: string;
}

export function stepRows(view: Pick<ResultView, 'steps' | 'lockWaits'>): StepRow[] {
  return view.steps.map((record) => {
    const step = { id: record.step, side: record.side };
    const own = view.lockWaits.filter(({ waiter }) => belongsTo(waiter, step));
    const caused = view.lockWaits.filter(
      (wait) => !isStep(wait.waiter) && partiesAhead(wait).some((party) => belongsTo(party, step)),
    );
    const failed = record.attempts.findLast(({ ok }) => !ok);
    return {
      record,
      durationMs: (record.toUs - record.fromUs) / 1000,
      // Of a long wait, only the part with a step in front is the step's doing, where the sampler could tell.
      causedMs: longest(caused.map(({ behindStepMs, durationMs }) => behindStepMs ?? durationMs)),
      caused: caused.length,
      ownMs: longest(own.map(({ durationMs }) => durationMs)),
      ...(failed && { failure: failureOf(failed) }),
    };
  });
}

/** An attempt without an end has no error: the run was over before it was. */
function failureOf({ attempt, code, message }: StepRecord['attempts'][number]): string {
  const error = `${code ?? ''} ${message ?? ''}`.trim();
  return error === '' ? `attempt ${attempt} was cut off: no end of it is recorded` : error;
}

function longest(waitsMs: readonly number[]): number | null {
  return waitsMs.length === 0 ? null : waitsMs.reduce((most, ms) => Math.max(most, ms), 0);
}
