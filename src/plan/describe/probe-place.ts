import type { Probe } from '../../model/state.js';

/** Where a probe reads, on one line. */
export function shownPlace(probe: Probe): string {
  if ('sql' in probe) return `sql ${probe.sql.replaceAll(/\s+/g, ' ').trim()}`;
  if ('http' in probe)
    return `${probe.http.method} ${probe.http.url}${probe.http.page ? ', page by page' : ''}`;
  if ('file' in probe) return `file ${probe.file}`;
  if ('env' in probe) return `the environment of ${probe.env.service}`;
  if ('exec' in probe) return `${probe.exec.join(' ')} (read-only by its own promise)`;
  if ('table' in probe) return `the rows of ${probe.table}`;
  if ('ofrep' in probe) return `OFREP ${probe.ofrep.url}`;
  if ('unleash' in probe) return `Unleash ${probe.unleash.url}`;
  return `leases ${probe.credentials.leases.http.url} beside the roles ${probe.credentials.roles}`;
}
