import type { Finding } from '../model/verdict.js';
import { worstFirst } from './finding-order.js';

/** Findings that one statement (or step) of the upgrade or the rollback is behind, worst first. */
export interface FindingGroup {
  /** Of more than one finding only. */
  step?: string;
  statement?: string;
  findings: Finding[];
}

/** Worst first; what one statement broke stands together, where the worst of it stands. */
export function findingGroups(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, Finding[]>();
  for (const [at, finding] of worstFirst(findings).entries()) {
    const key = keyOf(finding) ?? String(at);
    const known = groups.get(key);
    if (known) known.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map((together) => {
    const { step, statement } = together[0]?.where ?? {};
    if (together.length < 2) return { findings: together };
    return {
      ...(step !== undefined && { step }),
      ...(statement !== undefined && { statement }),
      findings: together,
    };
  });
}

function keyOf({ weight, waived, where: { step, statement } }: Finding): string | undefined {
  if (waived || weight === 'note' || (step === undefined && statement === undefined)) return undefined;
  return JSON.stringify([weight, step, statement]);
}
