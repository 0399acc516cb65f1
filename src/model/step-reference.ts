import type { PlannedStep, RunPlan } from './plan.js';

/** The step a text such as `upgrade.add status` or (if only one step has that name) `add status` means. */
export function resolveStep(
  plan: Pick<RunPlan, 'upgrade' | 'rollback'>,
  reference: string,
): PlannedStep | undefined {
  const all = [...plan.upgrade, ...plan.rollback];
  const byId = all.find((step) => step.id === reference);
  if (byId) return byId;
  const replacing = all.find((step) => 'restore' in step && isNamed(reference, step.replaces));
  if (replacing) return replacing;
  const byName = all.filter((step) => step.name === reference);
  return byName.length === 1 ? byName[0] : undefined;
}

/** The step's id without its side, which a consumer's kind already says (`dten/upgrade/add status`): `add status`. */
export function stepLabel(step: { id: string; side: string }): string {
  return step.id.startsWith(`${step.side}.`) ? step.id.slice(step.side.length + 1) : step.id;
}

/** By id, or by the name that an id ends with. */
function isNamed(reference: string, ids: readonly string[]): boolean {
  return ids.some((id) => id === reference || id === `rollback.${reference}`);
}
