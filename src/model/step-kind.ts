import { stepSchemas, type ScenarioStep, type StepKind } from './scenario.js';

export const stepKinds = Object.keys(stepSchemas) as StepKind[];

/** What a step does: each has the key of exactly one kind. */
export function stepKindOf(step: ScenarioStep): StepKind {
  const kind = stepKinds.find((candidate) => candidate in step);
  if (kind === undefined) throw new TypeError(`step ${step.name} has none of ${stepKinds.join(', ')}`);
  return kind;
}
