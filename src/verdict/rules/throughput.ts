import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { Phase } from '../../model/scenario.js';
import { judgedPhases, type JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { whyIn } from '../why.js';

/** Requests that succeeded of those that were intended, a phase, all endpoints together. NO-GO. */
export const throughput: Rule = {
  id: 'throughput',
  title: 'Throughput',
  doc: 'Fewer than the asked share of the intended requests of a phase, from the upgrade on, succeeded: NO-GO; INVALID where the baseline did not either.',
  judge(view) {
    const objective = view.result.plan.scenario.objectives.throughput;
    if (!objective) return notAsked;
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = [];
    const lines: string[] = [];
    const before = achievedIn(view, 'baseline');
    const unmet = before.ratio !== undefined && before.ratio < objective.achieved ? before.ratio : undefined;
    for (const span of view.result.phases.filter(({ phase }) => judgedPhases.includes(phase))) {
      const { ok, intended, ratio: achieved } = achievedIn(view, span.phase);
      if (achieved === undefined) {
        // A phase too short to hold a request has lost none.
        if (span.toUs - span.fromUs >= 1_000_000) {
          unjudged.push({
            what: `no request was offered during ${span.phase} (${formatMs((span.toUs - span.fromUs) / 1000)})`,
            remedy: 'raise the rate, or see the events: the traffic may have ended',
            where: { phase: span.phase },
          });
        }
        continue;
      }
      lines.push(`${span.phase} ${formatRatio(achieved)}`);
      if (achieved >= objective.achieved) continue;
      findings.push({
        weight: unmet === undefined ? 'NO-GO' : 'INVALID',
        what: `${formatCount(ok)} of ${formatCount(intended)} requests succeeded during ${span.phase} (${formatRatio(achieved)}), ${formatRatio(objective.achieved)} asked${unmet === undefined ? '' : `; not met before the upgrade: ${formatRatio(unmet)} in the baseline`}`,
        where: { phase: span.phase, fromUs: span.fromUs, toUs: span.toUs },
        measured: achieved,
        limit: objective.achieved,
        unit: 'ratio',
        why: whyIn(view, span, 100),
        remedy: 'see the errors, timeouts and drops of this phase',
      });
    }
    if (lines.length > 0 && before.ratio !== undefined) lines.push(`baseline ${formatRatio(before.ratio)}`);
    if (lines.length === 0 && unjudged.length === 0) {
      return {
        noData: 'no phase from the upgrade on was run',
        remedy: 'see why the run ended before its upgrade',
      };
    }
    return { findings, unjudged, summary: `succeeded: ${lines.join(', ')}` };
  },
};

/** Of all endpoints; no ratio where nothing was offered. */
function achievedIn(view: JudgedView, phase: Phase): { ok: number; intended: number; ratio?: number } {
  let ok = 0;
  let intended = 0;
  for (const { phase: of, tally } of view.cells.flat()) {
    if (of !== phase || !tally) continue;
    ok += tally.ok;
    intended += tally.intended;
  }
  return { ok, intended, ...(intended > 0 && { ratio: ok / intended }) };
}
