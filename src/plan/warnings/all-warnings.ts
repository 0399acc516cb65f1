import { formatPath, type DocumentPath, type Position } from '../../model/document-path.js';
import type { PlannedStep, RunPlan } from '../../model/plan.js';
import { lookAt } from '../statement-lock.js';
import { warnCoverage } from './coverage.js';
import { warnHiddenRows } from './hidden-rows.js';
import { warnLockTimeouts } from './lock-timeouts.js';
import { warnQueueHazards } from './queue-hazards.js';
import { warnSamples } from './samples.js';
import { warnTransactions } from './transactions.js';
import type { SqlLook, WarningRule } from './warning.js';

const rules: readonly WarningRule[] = [
  warnCoverage,
  warnQueueHazards,
  warnLockTimeouts,
  warnTransactions,
  warnSamples,
  warnHiddenRows,
];

export async function warningsOf(
  plan: RunPlan,
  locate: (path: DocumentPath) => Position | undefined,
): Promise<RunPlan['warnings']> {
  const looks = [...(await looksOf(plan.upgrade, 'upgrade')), ...(await looksOf(plan.rollback, 'rollback'))];
  return rules
    .flatMap((rule) => rule({ plan, looks }))
    .map(({ path, message, hint }) => {
      const line = locate(path)?.line;
      return {
        path: formatPath(path),
        message,
        ...(hint !== undefined && { hint }),
        ...(line !== undefined && { line }),
      };
    })
    .sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

async function looksOf(steps: readonly PlannedStep[], side: 'upgrade' | 'rollback'): Promise<SqlLook[]> {
  const looks: SqlLook[] = [];
  for (const [index, step] of steps.entries()) {
    if (!step.source) continue;
    const statements = await Promise.all(step.source.statements.map(lookAt));
    looks.push({ step, path: [side, 'steps', index], statements });
  }
  return looks;
}
