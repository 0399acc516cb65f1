import { parsePercentile } from '../foundation/units.js';
import type { ResultView } from './result.js';

const percentiles = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'] as const;

/** One limit on one percentile of one endpoint. */
export interface LatencyLimit {
  endpoint: number;
  endpointName: string;
  /** `p99`, `max`, … */
  percentile: string;
  q: number;
  limitMs: number;
  overMs: number;
}

/** `*` stands for each endpoint by itself; an objective that names an endpoint replaces `*` for that percentile. */
export function latencyLimits(view: Pick<ResultView, 'plan' | 'endpoints'>): LatencyLimit[] {
  const objectives = view.plan.scenario.objectives.latency;
  return view.endpoints.flatMap((endpointName, endpoint) =>
    percentiles.flatMap((percentile) => {
      const set = objectives.filter((objective) => objective[percentile] !== undefined);
      const named = set.filter((objective) => objective.endpoint === endpointName);
      const chosen = named.length > 0 ? named : set.filter((objective) => objective.endpoint === '*');
      return chosen.map((objective) => ({
        endpoint,
        endpointName,
        percentile,
        q: parsePercentile(percentile) ?? 1,
        limitMs: objective[percentile] ?? 0,
        overMs: objective.over,
      }));
    }),
  );
}
