import type { RunPlan } from '../../model/plan.js';

/** What is rehearsed of the way back beside its steps. */
export function describeRollback({ scenario, rollback, rollbackWay }: RunPlan): string[] {
  if (rollback.length === 0) return [];
  const { strategy, again, fromEachStep } = scenario.rollback;
  const lines: string[] = [];
  if (strategy === 'both') {
    lines.push(
      `  strategy both: two rehearsals with one seed; this one goes back by ${rollbackWay ?? 'steps'}`,
    );
  }
  if (again !== false) lines.push('  then, after the traffic, the upgrade once more');
  if (rollbackWay !== 'snapshot' && fromEachStep !== false) {
    const limit = fromEachStep === undefined ? ', if the data is at most 1 GB' : '';
    lines.push(`  and before it, on clones: the rollback from each step of the upgrade${limit}`);
  }
  return lines;
}
