import { wildcard } from '../foundation/wildcard.js';
import type { RunPlan } from '../model/plan.js';
import type { Waiver } from '../model/scenario.js';
import { resolveStep } from '../model/step-reference.js';
import type { Finding } from '../model/verdict.js';
import type { RuleFinding } from './finding-parts.js';
import { tableName } from './wording.js';

/** What nobody can waive: a step that failed, and a harness that could not tell. */
const neverWaived: readonly string[] = ['step-failed', 'harness'];

/**
 * Puts the scenario's waivers on the findings they name. Expiry is judged on the day the run began (UTC), its
 * `until` included: the same result gives the same verdict on any day.
 */
export function applyWaivers(
  findings: readonly Finding[],
  plan: RunPlan,
  startedAt: string,
): { findings: Finding[]; notes: RuleFinding[] } {
  const { waivers } = plan.scenario;
  const used = new Set<Waiver>();
  const refused = new Map<Waiver, string>();
  const day = startedAt.slice(0, 10);
  const judged = findings.map((finding): Finding => {
    if (finding.weight === 'note') return finding;
    for (const waiver of waivers) {
      if (!matches(waiver, finding, plan)) continue;
      const refusal = refusalOf(waiver, day);
      if (refusal !== undefined) {
        refused.set(waiver, refusal);
        continue;
      }
      used.add(waiver);
      const { reason, until } = waiver;
      return { ...finding, waived: { reason, ...(until !== undefined && { until }) } };
    }
    return finding;
  });
  const notes = waivers
    .filter((waiver) => !used.has(waiver))
    .map((waiver): RuleFinding => {
      const refusal = refused.get(waiver);
      return {
        weight: 'note',
        what: `the waiver of ${waiver.finding} ("${waiver.reason}") ${refusal ?? 'matched nothing'}`,
        where: {
          ...(waiver.step !== undefined && { step: waiver.step }),
          ...(waiver.path !== undefined && { path: waiver.path }),
        },
        remedy: refusal === undefined ? 'take it out' : 'judge the finding anew, or renew the waiver',
      };
    });
  return { findings: judged, notes };
}

function refusalOf({ finding, until }: Waiver, day: string): string | undefined {
  if (neverWaived.includes(finding)) return 'does not count: this cannot be waived';
  if (until === undefined) return undefined;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(until))
    return `does not count: "${until}" is not a date such as 2026-12-31`;
  return day > until ? `expired on ${until}` : undefined;
}

function matches(waiver: Waiver, finding: Finding, plan: RunPlan): boolean {
  if (waiver.finding !== finding.rule) return false;
  if (waiver.table !== undefined && tableName(waiver.table) !== tableName(finding.where.table ?? ''))
    return false;
  if (waiver.path !== undefined && !wildcard(waiver.path).test(finding.where.path ?? '')) return false;
  if (waiver.step === undefined) return true;
  return (resolveStep(plan, waiver.step)?.id ?? waiver.step) === finding.where.step;
}
