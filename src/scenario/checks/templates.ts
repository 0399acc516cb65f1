import { checkTemplate } from '../../template/template.js';
import type { DocumentPath, Problem } from '../document.js';
import type { Names } from '../names.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';
import { templatePlaces, type TemplateUse } from './template-places.js';

/** Every `${…}` parses, and names something that will be there when it is rendered. */
export function checkTemplates({ scenario, names }: CheckInput): Problem[] {
  return templatePlaces(scenario).flatMap(({ path, value, use }) =>
    textsIn(value, path).flatMap((text) => checkText(text, use, names)),
  );
}

export interface PlacedText {
  path: DocumentPath;
  text: string;
}

/** The texts in a JSON value, each with its path. */
export function textsIn(value: unknown, path: DocumentPath): PlacedText[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

const whatFor: Record<TemplateUse, string> = {
  request: 'a request',
  step: 'a step',
  service: 'a service',
  row: 'a generated row',
  probe: 'a probe',
  item: 'the cleanup of an item',
};

function checkText({ path, text }: PlacedText, use: TemplateUse, names: Names): Problem[] {
  const { outputs, pools, variables, fields, error } = checkTemplate(text);
  if (error) {
    return [
      { path, target: { offset: error.offset }, message: `template: ${error.message}`, hint: error.hint },
    ];
  }
  const problems: Problem[] = [];
  const refuse = (name: string, hint: string) => {
    problems.push({ path, message: `template: ${name} is not there in ${whatFor[use]}`, hint });
  };
  if (use === 'row') {
    for (const name of [
      ...outputs,
      ...pools.map((pool) => `seen.${pool}`),
      ...variables.filter((v) => v !== 'row'),
    ]) {
      refuse(name, 'a generated row has row and random.…, so that it is the same in every run');
    }
    return problems;
  }
  if (variables.includes('row'))
    refuse('row', 'only data generators have rows; request.id tells requests apart');
  if (use !== 'request') {
    for (const pool of pools) refuse(`seen.${pool}`, 'pools are filled by requests, for requests');
  }
  if (use !== 'item') {
    for (const name of variables.filter((variable) => /^(?:item|before)\./.test(variable)))
      refuse(name, 'items are there in the cleanup of a probe');
  }
  if (use === 'probe' || use === 'item') {
    if (variables.includes('request.id')) refuse('request.id', 'only requests have one');
    if (fields > 0) refuse('random.…', 'what a probe reads must be the same each time');
  }
  if (use === 'service') {
    if (variables.includes('request.id')) refuse('request.id', 'a service outlives a request');
    if (fields > 0)
      refuse('random.…', 'a service has no place in the schedule to draw from; write the value');
  }
  for (const output of outputs) problems.push(...checkOutput(path, output, names));
  return problems;
}

function checkOutput(path: DocumentPath, output: string, names: Names): Problem[] {
  const service = /^service\.(.*)\.url$/.exec(output)?.[1];
  if (service !== undefined) {
    if (names.services.includes(service)) return [];
    return [
      {
        path,
        message: `template: there is no service ${JSON.stringify(service)}`,
        hint: suggest(service, names.services, 'services'),
      },
    ];
  }
  if (!names.hasDatabase) {
    return [
      {
        path,
        message: `template: ${output} needs environment.database`,
        hint: 'environment: { database: { provide: embedded } }',
      },
    ];
  }
  const role = /^database\.url\.(.*)$/.exec(output)?.[1];
  if (role === undefined || names.roles.includes(role)) return [];
  return [
    {
      path,
      message: `template: there is no database role ${JSON.stringify(role)}`,
      hint: suggest(role, names.roles, 'roles'),
    },
  ];
}
