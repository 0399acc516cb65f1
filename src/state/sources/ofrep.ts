import { renderAll, type Documents, type Source, type SourceSetting } from './source.js';
import { ask, jsonOf } from './http-answer.js';
import { selectValues } from '../json-path.js';

interface OfrepSpec {
  url: string;
  headers: Record<string, string>;
  context: Record<string, unknown>;
}

/**
 * OpenFeature Remote Evaluation Protocol: all flags as evaluated for one context, by POST
 * /ofrep/v1/evaluate/flags, which changes nothing (https://github.com/open-feature/protocol). Why a value came out
 * (`reason`: CACHED, SPLIT, …) does not count; a flag that could not be evaluated makes the reading incomplete.
 */
export function ofrepSource(spec: OfrepSpec): Source {
  return {
    defaults: { select: '$.flags[*]', key: ['$.key'], ignore: ['$.reason', '$.cacheable'] },
    read: (setting) => readOfrep(spec, setting),
  };
}

async function readOfrep(spec: OfrepSpec, setting: SourceSetting): Promise<Documents> {
  const url = `${setting.render(spec.url).replace(/\/$/, '')}/ofrep/v1/evaluate/flags`;
  const answer = await ask({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...renderAll(spec.headers, setting) },
    body: JSON.stringify({ context: spec.context }),
    signal: setting.signal,
  });
  const document = jsonOf(url, answer);
  const failed = selectValues(document, '$.flags[?@.errorCode].key');
  if (selectValues(document, '$.flags').length === 0)
    return { documents: [], problem: 'the answer has no flags' };
  if (failed.length === 0) return { documents: [document] };
  return { documents: [document], problem: `could not be evaluated: ${failed.map(String).join(', ')}` };
}
