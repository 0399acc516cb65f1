import { formatMs } from '../../foundation/units.js';
import { endpointLoads } from '../load-shape.js';
import type { Scenario } from '../../model/scenario.js';
import type { Warning, WarningInput } from './warning.js';

type LatencyObjective = Scenario['objectives']['latency'][number];

const quantiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, 'p99.9': 0.999 } as const;
type Percentile = keyof typeof quantiles;

/** A percentile of fewer than 1/(1 − q) samples is their maximum; a window longer than its phase has none. */
export function warnSamples({ plan }: WarningInput): Warning[] {
  const { latency, errors } = plan.scenario.objectives;
  const warnings = latency.flatMap((objective, index) => warnThin(plan.scenario, objective, index));
  const longestMs = Math.max(0, ...latency.map(({ over }) => over), ...errors.map(({ over }) => over));
  for (const phase of ['baseline', 'soak', 'recovery'] as const) {
    if (plan.phaseMs[phase] >= longestMs || longestMs === 0) continue;
    warnings.push({
      path: ['timeline', phase],
      message: `${phase} lasts ${formatMs(plan.phaseMs[phase])}, shorter than the window of ${formatMs(longestMs)} that objectives judge${phase === 'baseline' ? ': what was true before the upgrade rests on little' : ''}`,
      hint: `timeline: { ${phase}: ${Math.ceil(longestMs / 1000)}s } or more`,
    });
  }
  return warnings;
}

function warnThin(scenario: Scenario, objective: LatencyObjective, index: number): Warning[] {
  const asked = (Object.keys(quantiles) as Percentile[]).filter((key) => objective[key] !== undefined);
  const highest = asked.at(-1);
  if (highest === undefined) return [];
  const needed = Math.round(1 / (1 - quantiles[highest]));
  const thin = endpointLoads(scenario)
    .filter(({ name }) => objective.endpoint === '*' || objective.endpoint === name)
    .map(({ name, ratePerSecond }) => ({ name, samples: (ratePerSecond * objective.over) / 1000 }))
    .filter(({ samples }) => samples < needed);
  const [worst] = thin.sort((a, b) => a.samples - b.samples);
  if (!worst) return [];
  const others = thin.length > 1 ? ` (and ${thin.length - 1} more)` : '';
  return [
    {
      path: ['objectives', 'latency', index, highest],
      message: `a window of ${formatMs(objective.over)} holds about ${Math.round(worst.samples)} requests of ${worst.name}${others}; ${highest} needs ${needed}, below that it is the slowest request`,
      hint: `over: ${Math.ceil((needed / Math.max(worst.samples, 1e-9)) * (objective.over / 1000))}s, a higher rate or weight, or a lower percentile`,
    },
  ];
}
