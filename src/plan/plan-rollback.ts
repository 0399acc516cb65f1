import { InputError } from '../foundation/errors.js';
import type { PlannedStep } from '../model/plan.js';
import {
  restoreStepName,
  snapshotRefusal,
  type RestoreStep,
  type RollbackStrategy,
  type RollbackWay,
} from '../model/rollback.js';
import type { Scenario } from '../model/scenario.js';

const restoreTimeoutMs = 600_000;

/**
 * The rollback of one rehearsal. With a snapshot, putting it back takes the place of the first step that works on
 * the database (at the end, if none does), and of all of them; the steps that are kept stay where they are.
 */
export function planRollback(
  scenario: Pick<Scenario, 'rollback'>,
  steps: readonly PlannedStep[],
  way: RollbackWay,
): PlannedStep[] {
  if (way === 'steps') return [...steps];
  const keep = scenario.rollback.snapshot?.keep;
  const isKept = (step: PlannedStep) =>
    keep ? keep.includes(step.name) || keep.includes(step.id) : !('sql' in step || 'command' in step);
  const left = steps.filter((step) => !isKept(step));
  const [first] = left;
  const at = first ? steps.indexOf(first) : steps.length;
  const restore: PlannedStep & RestoreStep = {
    name: restoreStepName,
    timeout: restoreTimeoutMs,
    retries: 0,
    retryDelay: 500,
    restore: 'snapshot',
    replaces: left.map(({ id }) => id),
    kind: 'restore',
    side: 'rollback',
    id: `rollback.${restoreStepName}`,
  };
  return [...steps.slice(0, at).filter(isKept), restore, ...steps.slice(at).filter(isKept)];
}

/** The rehearsals of a strategy, in order. */
export function waysOf(strategy: RollbackStrategy): RollbackWay[] {
  return strategy === 'both' ? ['steps', 'snapshot'] : [strategy];
}

/** @throws InputError where a flag asks for a snapshot that the scenario's own check never saw. */
export function refuseSnapshot(scenario: Scenario, file: string): void {
  const refusal = snapshotRefusal(scenario.environment.database);
  if (refusal) throw new InputError([{ file, path: 'rollback.strategy', ...refusal }]);
}
