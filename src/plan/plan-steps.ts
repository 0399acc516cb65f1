import { resolveStep } from '../model/step-reference.js';
import { stepKindOf } from '../model/step-kind.js';
import type { PlannedCollision, PlannedStep, RunPlan, Side } from '../model/plan.js';
import type { Scenario } from '../model/scenario.js';
import type { PlanInput } from './plan-input.js';

export function planSteps(scenario: Scenario, side: Side, sources: PlanInput['sqlSources']): PlannedStep[] {
  return scenario[side].steps.map((step) => {
    const id = `${side}.${step.name}`;
    const source = sources.get(id);
    return { ...step, kind: stepKindOf(step), side, id, ...(source && { source: structuredClone(source) }) };
  });
}

/** The steps of `cleanup`: they connect as steps of the rollback do. */
export function planCleanup({ cleanup }: Scenario, sources: PlanInput['sqlSources']): PlannedStep[] {
  return (cleanup?.steps ?? []).map((step) => {
    const id = `cleanup.${step.name}`;
    const source = sources.get(id);
    return {
      ...step,
      kind: stepKindOf(step),
      side: 'rollback',
      id,
      ...(source && { source: structuredClone(source) }),
    };
  });
}

/** Each alignment of a background job, its step resolved. */
export function planCollisions(
  scenario: Scenario,
  plan: Pick<RunPlan, 'upgrade' | 'rollback'>,
): PlannedCollision[] {
  return Object.entries(scenario.background).flatMap(([job, { collide }]) =>
    collide.flatMap(({ step, startBefore, holdFor }) => {
      const found = resolveStep(plan, step);
      // Nothing is there to collide with where a snapshot takes the place of a statement.
      return found && !('restore' in found)
        ? [{ job, stepId: found.id, startBeforeMs: startBefore, holdForMs: holdFor }]
        : [];
    }),
  );
}
