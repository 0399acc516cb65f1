import { restoreStepName, snapshotRefusal } from '../../model/rollback.js';
import type { Problem } from '../document.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';

/** Ways back that this scenario cannot take. */
export function checkRollback({ scenario, names }: CheckInput): Problem[] {
  const { strategy, steps, snapshot } = scenario.rollback;
  const problems: Problem[] = [];
  for (const [index, name] of (snapshot?.keep ?? []).entries()) {
    if (names.steps.rollback.includes(name) || names.steps.rollback.includes(name.replace(/^rollback\./, '')))
      continue;
    problems.push({
      path: ['rollback', 'snapshot', 'keep', index],
      message: `the rollback has no step ${JSON.stringify(name)}`,
      hint: suggest(name, names.steps.rollback, 'steps of the rollback'),
    });
  }
  if (strategy === 'steps') return problems;
  const path = ['rollback', 'strategy'];
  const refusal = snapshotRefusal(scenario.environment.database);
  if (refusal) problems.push({ path, ...refusal });
  if (strategy === 'both' && steps.length === 0) {
    problems.push({
      path,
      message: 'there are no rollback steps to compare the snapshot with',
      hint: 'give rollback.steps, or strategy: snapshot',
    });
  }
  const taken = names.steps.rollback.indexOf(restoreStepName);
  if (taken >= 0) {
    problems.push({
      path: ['rollback', 'steps', taken, 'name'],
      message: `${JSON.stringify(restoreStepName)} is what dten calls the step that puts the snapshot back`,
      hint: 'give it another name',
    });
  }
  return problems;
}
