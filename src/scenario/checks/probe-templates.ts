import type { DocumentPath } from '../../model/document-path.js';
import type { Scenario } from '../../model/scenario.js';
import type { ItemCleanup, Probe } from '../../model/state.js';

export interface ProbeTemplate {
  path: DocumentPath;
  value: unknown;
  /** `item`: there is an item that is cleaned. */
  use: 'probe' | 'item';
}

/** Every place of a probe where `${…}` is read. */
export function probeTemplates({ probes }: Pick<Scenario, 'probes'>): ProbeTemplate[] {
  return Object.entries(probes).flatMap(([id, probe]) => {
    const path = ['probes', id];
    return [...sourceTemplates(path, probe), ...(probe.cleanup ? cleanupTemplates(path, probe.cleanup) : [])];
  });
}

function sourceTemplates(path: DocumentPath, probe: Probe): ProbeTemplate[] {
  const places: [string[], unknown][] = [];
  if ('http' in probe)
    places.push([['http', 'url'], probe.http.url], [['http', 'headers'], probe.http.headers]);
  if ('file' in probe) places.push([['file'], probe.file]);
  if ('exec' in probe) {
    places.push([['exec'], probe.exec], [['cwd'], probe.cwd], [['environment'], probe.environment]);
  }
  if ('ofrep' in probe)
    places.push([['ofrep', 'url'], probe.ofrep.url], [['ofrep', 'headers'], probe.ofrep.headers]);
  if ('unleash' in probe) {
    places.push([['unleash', 'url'], probe.unleash.url], [['unleash', 'headers'], probe.unleash.headers]);
  }
  if ('credentials' in probe) {
    const { http } = probe.credentials.leases;
    const at = ['credentials', 'leases', 'http'];
    places.push([[...at, 'url'], http.url], [[...at, 'headers'], http.headers]);
  }
  return places
    .filter(([, value]) => value !== undefined)
    .map(([at, value]) => ({ path: [...path, ...at], value, use: 'probe' }));
}

function cleanupTemplates(path: DocumentPath, cleanup: ItemCleanup): ProbeTemplate[] {
  const at = [...path, 'cleanup'];
  if ('command' in cleanup) return [{ path: [...at, 'command'], value: cleanup.command, use: 'item' }];
  if ('sql' in cleanup) return [{ path: [...at, 'sql'], value: cleanup.sql, use: 'item' }];
  return (['url', 'headers', 'json'] as const).flatMap((key): ProbeTemplate[] =>
    cleanup.http[key] === undefined
      ? []
      : [{ path: [...at, 'http', key], value: cleanup.http[key], use: 'item' }],
  );
}
