import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import { baselineErrors, baselineLatency } from '../baseline.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { errorLimits } from '../limits.js';
import { notAsked, type Rule } from '../rule.js';

const remedy =
  'the system under rehearsal does not hold its objective at this load without any upgrade: lower the rate, give it more room, or correct the objective';

/** Truth 5: what was broken before the upgrade is not the upgrade's. INVALID. */
export const baselineMet: Rule = {
  id: 'baseline-met',
  title: 'Met before the upgrade',
  doc: 'A latency or error objective was already broken in the baseline: INVALID, and the same violation later is blamed on the upgrade only with proof (a lock wait behind a step that alone breaks it; an error never seen before).',
  judge(view) {
    const { latency, errors } = view.result.plan.scenario.objectives;
    if (latency.length === 0 && errors.length === 0) return notAsked;
    if (!view.phase('baseline')) {
      return {
        noData: 'there was no baseline: whether the objectives were met before the upgrade is not known',
        remedy: 'give timeline.baseline some 20 s',
      };
    }
    const findings: RuleFinding[] = [...latencyFindings(view), ...errorFindings(view)];
    return {
      findings,
      unjudged: unseen(view),
      summary:
        findings.length === 0
          ? 'the baseline met the latency and error objectives'
          : `${findings.length} objectives not met`,
    };
  },
};

function latencyFindings(view: JudgedView): RuleFinding[] {
  return view.limits.flatMap((limit): RuleFinding[] => {
    const { brokenBy } = baselineLatency(view, limit);
    if (!brokenBy) return [];
    const ms = brokenBy.quantileUs / 1000;
    const value = Number.isNaN(ms) ? '' : ` ${formatMs(ms)}`;
    return [
      {
        weight: 'INVALID',
        what: `not met before the upgrade: ${limit.endpointName} ${limit.percentile}${value} over ${formatMs((brokenBy.toUs - brokenBy.fromUs) / 1000)} of the baseline, limit ${formatMs(limit.limitMs)} (${formatCount(brokenBy.over)} of ${formatCount(brokenBy.n)} requests slower)`,
        where: {
          endpoint: limit.endpointName,
          phase: 'baseline',
          fromUs: brokenBy.fromUs,
          toUs: brokenBy.toUs,
        },
        ...(Number.isFinite(ms) && { measured: ms }),
        limit: limit.limitMs,
        unit: 'ms',
        remedy,
      },
    ];
  });
}

function errorFindings(view: JudgedView): RuleFinding[] {
  return errorLimits(view.result).flatMap((limit): RuleFinding[] => {
    const worst = baselineErrors(view, limit);
    if (!worst?.violates) return [];
    return [
      {
        weight: 'INVALID',
        what: `not met before the upgrade: ${limit.endpointName}: ${formatCount(worst.failed)} of ${formatCount(worst.ended)} requests failed (${formatRatio(worst.ratio)}) over ${formatMs((worst.toUs - worst.fromUs) / 1000)} of the baseline, limit ${formatRatio(limit.ratio)}`,
        where: { endpoint: limit.endpointName, phase: 'baseline', fromUs: worst.fromUs, toUs: worst.toUs },
        measured: worst.ratio,
        limit: limit.ratio,
        unit: 'ratio',
        remedy,
      },
    ];
  });
}

/** Endpoints under an objective of which the baseline shows no request at all. */
function unseen(view: JudgedView): Unjudged[] {
  const asked = new Set([...view.limits, ...errorLimits(view.result)].map(({ endpoint }) => endpoint));
  return [...asked]
    .filter((endpoint) => !(view.cells[endpoint] ?? []).some(({ phase }) => phase === 'baseline'))
    .map((endpoint) => {
      const name = view.result.endpoints[endpoint] ?? String(endpoint);
      return {
        what: `${name} had no request in the baseline: whether its objectives were met before the upgrade is not known`,
        remedy: 'lengthen timeline.baseline, or raise the rate or the weight of this endpoint',
        where: { endpoint: name, phase: 'baseline' },
      };
    });
}
