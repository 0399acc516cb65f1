import { latencyLimits } from '../model/latency-limits.js';
import type { ResultView } from '../model/result.js';
import type { Unjudged } from './finding-parts.js';

export interface ErrorLimit {
  endpoint: number;
  endpointName: string;
  ratio: number;
  overMs: number;
  /** The endpoint's deadline, from the intended start. */
  deadlineMs: number;
}

export function errorLimits(view: ResultView): ErrorLimit[] {
  const objectives = view.plan.scenario.objectives.errors;
  const { timeout, endpoints } = view.plan.scenario.traffic;
  return view.endpoints.flatMap((endpointName, endpoint) => {
    const named = objectives.filter((objective) => objective.endpoint === endpointName);
    const chosen = named.length > 0 ? named : objectives.filter((objective) => objective.endpoint === '*');
    const deadlineMs = endpoints[endpointName]?.timeout ?? timeout;
    return chosen.map(({ ratio, over }) => ({ endpoint, endpointName, ratio, overMs: over, deadlineMs }));
  });
}

/** Objectives that name an endpoint the traffic does not have: asked, and not to be judged. */
export function unknownEndpoints(view: ResultView, kind: 'latency' | 'errors'): Unjudged[] {
  return view.plan.scenario.objectives[kind]
    .filter(({ endpoint }) => endpoint !== '*' && !view.endpoints.includes(endpoint))
    .map(({ endpoint }) => ({
      what: `objectives.${kind} names the endpoint "${endpoint}", which the traffic does not have`,
      remedy: `name one of: ${view.endpoints.join(', ')}`,
    }));
}

/** The tightest latency limit of all, ms. */
export function tightestLimitMs(view: ResultView): number | undefined {
  const limits = latencyLimits(view).map(({ limitMs }) => limitMs);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
