import type { Scenario } from '../model/scenario.js';

export const maxInFlight = 100_000;

export interface EndpointLoad {
  name: string;
  ratePerSecond: number;
  timeoutMs: number;
}

/** The rate of each endpoint: the scenario's, shared out by weight. */
export function endpointLoads({ traffic }: Scenario): EndpointLoad[] {
  const endpoints = Object.entries(traffic.endpoints);
  const total = endpoints.reduce((sum, [, { weight }]) => sum + weight, 0);
  return endpoints.map(([name, { weight, timeout }]) => ({
    name,
    ratePerSecond: (traffic.rate * weight) / total,
    timeoutMs: timeout ?? traffic.timeout,
  }));
}

/**
 * Requests under way at once when nothing answers: rate × timeout, and six standard deviations of a Poisson count
 * above it, so that a stall alone drops nothing.
 */
export function stalledInFlight(scenario: Scenario): number {
  const mean = endpointLoads(scenario).reduce((sum, e) => sum + (e.ratePerSecond * e.timeoutMs) / 1000, 0);
  return Math.ceil(mean + 6 * Math.sqrt(mean));
}

export function inFlightCap(scenario: Scenario): number {
  const { inFlight, connections } = scenario.traffic;
  return inFlight ?? Math.min(maxInFlight, Math.max(connections, stalledInFlight(scenario)));
}
