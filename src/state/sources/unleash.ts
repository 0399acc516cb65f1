import { selectValues } from '../json-path.js';
import { ask, jsonOf } from './http-answer.js';
import { renderAll, type Documents, type Source, type SourceSetting } from './source.js';

interface UnleashSpec {
  url: string;
  headers: Record<string, string>;
}

/**
 * The toggles of an Unleash environment with their strategies and variants, by its client API (a client token reads
 * and cannot write): GET /api/client/features. When a toggle was last used does not count.
 */
export function unleashSource(spec: UnleashSpec): Source {
  return {
    defaults: {
      select: '$.features[*]',
      key: ['$.name'],
      ignore: ['$.lastSeenAt', '$.createdAt', '$.impressionData'],
    },
    read: (setting) => readUnleash(spec, setting),
  };
}

async function readUnleash(spec: UnleashSpec, setting: SourceSetting): Promise<Documents> {
  const base = setting.render(spec.url).replace(/\/(?:api\/?)?$/, '');
  const url = `${base}/api/client/features`;
  const headers = { accept: 'application/json', ...renderAll(spec.headers, setting) };
  const document = jsonOf(url, await ask({ url, method: 'GET', headers, signal: setting.signal }));
  if (selectValues(document, '$.features').length > 0) return { documents: [document] };
  return { documents: [], problem: 'the answer has no features' };
}
