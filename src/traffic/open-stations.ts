import { DtenError } from '../foundation/errors.js';
import type { TrafficStart } from '../model/contracts.js';
import { splitWhole } from './arrivals.js';
import type { CompiledEndpoint } from './compile-endpoint.js';
import { HttpLink } from './http-link.js';
import { shardShare } from './shard-share.js';
import { SqlLink } from './sql-link.js';
import { Station, type StationOptions } from './station.js';

/**
 * One station for each service and one for each SQL endpoint (which connects under its own application_name, so
 * that a lock wait names its endpoint). The shard's connections are split among them by their endpoints' weights.
 */
export function openStations(
  start: TrafficStart,
  endpoints: readonly CompiledEndpoint[],
  options: Pick<StationOptions, 'nowUs' | 'ended'>,
): Map<string, Station> {
  const names = [...new Set(endpoints.map(({ station }) => station))];
  const weights = names.map((name) =>
    endpoints.reduce((sum, { station, weight }) => (station === name ? sum + weight : sum), 0),
  );
  const total = shardShare(start.plan.scenario.traffic.connections, start.shard);
  const shares = splitWhole(total, weights);
  const stations = new Map<string, Station>();
  for (const [at, name] of names.entries()) {
    const endpoint = endpoints.find(({ station }) => station === name);
    if (!endpoint) continue;
    const { service } = endpoint;
    const station = new Station({
      ...options,
      connections: shares[at] ?? 1,
      seed: start.plan.seed + start.shard.index,
      connect: (target, events) =>
        service === undefined ? new SqlLink(target, events) : new HttpLink(target, events),
    });
    station.setTargets(targetsOf(start, endpoint), 0, () => undefined);
    stations.set(name, station);
  }
  return stations;
}

function targetsOf(start: TrafficStart, endpoint: CompiledEndpoint) {
  if (endpoint.service !== undefined) return start.targets[endpoint.service] ?? [];
  const url = start.databaseUrls[endpoint.name];
  if (url === undefined) {
    throw new DtenError('no-database', `endpoint ${endpoint.name} sends SQL, but there is no database`, {
      hint: 'Declare environment.database in the scenario.',
    });
  }
  return [{ origin: url, replica: 'database' }];
}
