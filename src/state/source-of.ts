import { probeKindOf, type Probe } from '../model/state.js';
import type { ItemShape } from './items.js';
import { credentialsSource } from './sources/credentials.js';
import { environmentSource } from './sources/environment.js';
import { execSource } from './sources/exec.js';
import { fileSource } from './sources/file.js';
import { httpSource } from './sources/http.js';
import { ofrepSource } from './sources/ofrep.js';
import { sqlSource } from './sources/sql.js';
import type { Source } from './sources/source.js';
import { unleashSource } from './sources/unleash.js';

/** Where a probe reads; undefined for a table, whose rows are compared one by one and never listed. */
export function sourceOf(probe: Probe): Source | undefined {
  if ('sql' in probe) return sqlSource(probe);
  if ('http' in probe) return httpSource(probe.http, probe.select);
  if ('file' in probe) return fileSource(probe.file, probe.format);
  if ('env' in probe) return environmentSource(probe.env);
  if ('exec' in probe) {
    return execSource({ argv: probe.exec, cwd: probe.cwd, environment: probe.environment });
  }
  if ('ofrep' in probe) return ofrepSource(probe.ofrep);
  if ('unleash' in probe) return unleashSource(probe.unleash);
  if ('credentials' in probe) return credentialsSource(probe.credentials);
  if ('table' in probe) return undefined;
  throw new TypeError(`a probe of an unknown kind: ${probeKindOf(probe)}`);
}

/** The probe's own words before the source's; what either ignores is ignored. */
export function shapeOf(probe: Probe, { defaults }: Source): ItemShape {
  return {
    select: probe.select ?? defaults.select,
    key: probe.key ?? (probe.select === undefined || defaults.key ? defaults.key : undefined),
    identity2: probe.identity2 ?? defaults.identity2,
    project: probe.project,
    ignore: [...(defaults.ignore ?? []), ...probe.ignore],
    normalize: probe.normalize,
    redact: probe.redact,
    odd: defaults.odd,
  };
}
