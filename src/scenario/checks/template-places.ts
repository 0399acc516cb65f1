import type { Scenario } from '../../model/scenario.js';
import type { DocumentPath } from '../document.js';
import type { Endpoint } from '../names.js';
import { probeTemplates } from './probe-templates.js';

/** Who renders a template decides what it may use. */
export type TemplateUse = 'request' | 'step' | 'service' | 'row' | 'probe' | 'item';

export interface TemplatePlace {
  path: DocumentPath;
  /** A text, or a JSON value with texts in it. */
  value: unknown;
  use: TemplateUse;
}

/** Every place of a scenario where `${…}` is read. */
export function templatePlaces(scenario: Scenario): TemplatePlace[] {
  const places: TemplatePlace[] = [];
  const add = (use: TemplateUse, path: DocumentPath, value: unknown) => {
    if (value !== undefined) places.push({ path, value, use });
  };
  for (const [name, { command, env }] of Object.entries(scenario.environment.services)) {
    const path = ['environment', 'services', name];
    add('service', [...path, 'command'], command);
    add('service', [...path, 'env'], env);
  }
  for (const [index, data] of scenario.environment.data.entries()) {
    if (!('rows' in data)) continue;
    for (const [table, { columns }] of Object.entries(data.rows)) {
      for (const [column, generator] of Object.entries(columns)) {
        if (!('template' in generator)) continue;
        const path = ['environment', 'data', index, 'rows', table, 'columns', column, 'template'];
        add('row', path, generator.template);
      }
    }
  }
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    for (const { path, value } of requestTemplates(['traffic', 'endpoints', name], endpoint))
      add('request', path, value);
  }
  for (const { path, value, use } of probeTemplates(scenario)) add(use, path, value);
  for (const side of ['upgrade', 'rollback', 'cleanup'] as const) {
    for (const [index, step] of (scenario[side]?.steps ?? []).entries()) {
      const path = [side, 'steps', index];
      if ('command' in step) {
        add('step', [...path, 'command'], step.command);
        add('step', [...path, 'env'], step.env);
      }
      if ('service' in step) {
        for (const [name, change] of Object.entries(step.service)) {
          add('service', [...path, 'service', name, 'env'], change.env);
          add('service', [...path, 'service', name, 'command'], change.command);
        }
      }
      if ('http' in step) {
        for (const key of ['url', 'headers', 'json'] as const)
          add('step', [...path, 'http', key], step.http[key]);
      }
    }
  }
  return places;
}

/** The templates of an endpoint's own request and of its variants', apart. */
export function requestTemplates(
  path: DocumentPath,
  endpoint: Endpoint,
): { path: DocumentPath; value: unknown; variant: number | undefined }[] {
  const own = partsOf(path, endpoint).map((part) => ({ ...part, variant: undefined }));
  const variants = endpoint.variants.flatMap((variant, index) =>
    partsOf([...path, 'variants', index], variant).map((part) => ({ ...part, variant: index })),
  );
  return [...own, ...variants];
}

function partsOf(
  path: DocumentPath,
  { request, sql }: Pick<Endpoint, 'request' | 'sql'>,
): { path: DocumentPath; value: unknown }[] {
  const parts: { path: DocumentPath; value: unknown }[] = [];
  if (sql) parts.push({ path: [...path, 'sql', 'values'], value: sql.values });
  if (!request) return parts;
  for (const key of ['path', 'headers', 'json', 'body'] as const) {
    if (request[key] !== undefined) parts.push({ path: [...path, 'request', key], value: request[key] });
  }
  return parts;
}
