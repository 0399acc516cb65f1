import type { Environment, StepRunResult } from '../model/contracts.js';
import type { RunEvent } from '../model/observation.js';
import type { PlannedStep } from '../model/plan.js';
import type { OwnedContext } from './context.js';

type RunStep = (step: PlannedStep, env: Environment, ctx: OwnedContext) => Promise<StepRunResult>;

export interface SecondUpgrade {
  /** Up → down → up: call it after the traffic has ended. Throws only when the run is aborted. */
  run(env: Environment, runStep: RunStep): Promise<void>;
}

/**
 * The upgrade once more on the rehearsed database: what a rollback leaves behind may let the next attempt fail. Made
 * before the timeline, since it must know how that went. Its steps become `again` events, not step events: theirs
 * are the first upgrade's.
 */
export function secondUpgrade(ctx: OwnedContext): SecondUpgrade {
  const failed: string[] = [];
  ctx.listen((event) => {
    if (event.type === 'step' && event.final && event.outcome?.ok === false) failed.push(event.step);
  });
  return {
    async run(env, runStep) {
      const { rollback, upgrade, scenario } = ctx.plan;
      if (rollback.length === 0 || scenario.rollback.again === false) return;
      if (failed[0] !== undefined) {
        ctx.emit({ type: 'again', edge: 'end', skipped: `${failed[0]} had failed` });
        return;
      }
      ctx.emit({ type: 'again', edge: 'start' });
      for (const step of upgrade) {
        ctx.emit({ type: 'again', edge: 'start', step: step.id });
        const { outcome } = await runStep(withoutPauses(step), env, quiet(ctx));
        ctx.signal.throwIfAborted();
        const how = outcome.ok
          ? { ok: true }
          : { ok: false, code: outcome.sqlState ?? outcome.code, message: outcome.message };
        ctx.emit({ type: 'again', edge: 'end', step: step.id, ...how });
        if (!outcome.ok) break;
      }
      ctx.emit({ type: 'again', edge: 'end' });
    },
  };
}

/** Nobody is served any more: there is nothing to drain, to overlap with or to breathe for. */
function withoutPauses(step: PlannedStep): PlannedStep {
  if ('service' in step) return { ...step, roll: { ...step.roll, drain: 0, overlap: 0 } };
  return 'sql' in step && step.repeat ? { ...step, repeat: { ...step.repeat, pause: 0 } } : step;
}

const told: readonly RunEvent['type'][] = ['service', 'degraded', 'note'];

/** Steps, statements and transactions of the second time are not the first one's. */
function quiet(ctx: OwnedContext): OwnedContext {
  return {
    ...ctx,
    emit: (event) =>
      told.includes(event.type) ? ctx.emit(event) : { ...event, seq: -1, atUs: ctx.clock.now() },
  };
}
