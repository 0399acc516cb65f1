import { resolveStep } from '../model/step-reference.js';
import { stepKindOf } from '../model/step-kind.js';
import type { PlannedCollision, PlannedStep, RunPlan, Side } from '../model/plan.js';
import type { Scenario, ScenarioStep } from '../model/scenario.js';
import type { PlanInput } from './plan-input.js';

type StepInput = Pick<PlanInput, 'sqlSources' | 'locate'>;

export function planSteps(scenario: Scenario, side: Side, input: StepInput): PlannedStep[] {
  return scenario[side].steps.map((step, index) => planStep(step, { group: side, side, index }, input));
}

/** The steps of `cleanup`: they connect as steps of the rollback do. */
export function planCleanup({ cleanup }: Scenario, input: StepInput): PlannedStep[] {
  return (cleanup?.steps ?? []).map((step, index) =>
    planStep(step, { group: 'cleanup', side: 'rollback', index }, input),
  );
}

function planStep(
  step: ScenarioStep,
  { group, side, index }: { group: Side | 'cleanup'; side: Side; index: number },
  { sqlSources, locate }: StepInput,
): PlannedStep {
  const id = `${group}.${step.name}`;
  const source = sqlSources.get(id);
  const at = locate?.([group, 'steps', index]);
  return {
    ...step,
    kind: stepKindOf(step),
    side,
    id,
    ...(source && { source: structuredClone(source) }),
    ...(at && { at }),
  };
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
