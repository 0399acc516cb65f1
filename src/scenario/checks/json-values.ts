import type { DocumentPath, Problem } from '../document.js';
import type { CheckInput } from './check.js';

/** TypeScript scenarios can hold what JSON cannot send; it would be dropped silently. */
export function checkJsonValues({ scenario }: CheckInput): Problem[] {
  const problems: Problem[] = [];
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    const path = ['traffic', 'endpoints', name];
    problems.push(...unsendable(endpoint.request?.json, [...path, 'request', 'json']));
    for (const [index, variant] of endpoint.variants.entries()) {
      problems.push(...unsendable(variant.request?.json, [...path, 'variants', index, 'request', 'json']));
    }
  }
  for (const side of ['upgrade', 'rollback'] as const) {
    for (const [index, step] of scenario[side].steps.entries()) {
      if ('http' in step)
        problems.push(...unsendable(step.http.json, [side, 'steps', index, 'http', 'json']));
    }
  }
  return problems;
}

function unsendable(value: unknown, path: DocumentPath): Problem[] {
  const wrong =
    typeof value === 'number'
      ? !Number.isFinite(value)
      : ['function', 'bigint', 'symbol'].includes(typeof value);
  if (wrong) {
    return [
      {
        path,
        message: `JSON has no ${typeof value === 'number' ? String(value) : typeof value}`,
        hint: 'write a text, a number, true, false, null, a list or a mapping',
      },
    ];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => unsendable(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => unsendable(item, [...path, key]));
}
