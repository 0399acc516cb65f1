/** Endpoints that have series of their own; a monitoring system pays for each, and more than these nobody looks at. */
export const mostEndpoints = 100;
const rest = 'other endpoints';

/** Endpoint names as labels: the scenario's first hundred, and one for all others together. */
export function endpointLabels(endpoints: readonly string[]): (endpoint: number) => string {
  return (endpoint) => (endpoint < mostEndpoints ? (endpoints[endpoint] ?? rest) : rest);
}
