import { messageOf } from '../foundation/errors.js';
import { simpleExecutor, type StepExecutor, type StepOf, type StepSetting } from './executor.js';
import { failed } from './failure.js';

type RestorePlanStep = StepOf<'restore'>;

/** Puts the snapshot back under load; each part becomes an event when it begins and ends. */
export function restoreExecutor(step: RestorePlanStep, { env, ctx }: StepSetting): StepExecutor {
  const closing = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  return {
    ...simpleExecutor(async (_attempt, signal) => {
      const { snapshot } = env;
      if (!snapshot) return failed('no-snapshot', 'there is no snapshot of this database');
      const restoring = snapshot.restore(
        (part, edge, bytes) => {
          const size = bytes === undefined ? {} : { bytes };
          ctx.emit({ type: 'restore', step: step.id, part, edge, ...size });
        },
        AbortSignal.any([signal, closing.signal]),
      );
      running = restoring.catch(() => undefined);
      try {
        await restoring;
        return { ok: true };
      } catch (error) {
        // Half put back, a second attempt would find other files than the first: a person has to look.
        return failed('restore-failed', messageOf(error));
      }
    }),
    /** In teardown it may still be copying. */
    async close() {
      closing.abort(new Error('torn down'));
      await running;
    },
  };
}
