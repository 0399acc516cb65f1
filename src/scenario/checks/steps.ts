import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Side } from '../../model/plan.js';
import type { Scenario, ScenarioStep } from '../../model/scenario.js';
import type { DocumentPath, Problem } from '../document.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';
import { isHttpUrl } from './services.js';

/** Steps of the upgrade and of the rollback, but their SQL. */
export async function checkSteps(input: CheckInput): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const side of ['upgrade', 'rollback'] as const) {
    problems.push(...checkNames(side, input.names.steps[side]));
    for (const [index, step] of input.scenario[side].steps.entries()) {
      const path = [side, 'steps', index];
      if ('service' in step) problems.push(...checkServiceStep(path, step, input.scenario));
      if ('command' in step && step.cwd !== undefined) {
        problems.push(...(await checkFolder([...path, 'cwd'], input.baseDir, step.cwd)));
      }
      if ('http' in step && !isHttpUrl(step.http.url) && !step.http.url.startsWith('${')) {
        problems.push({
          path: [...path, 'http', 'url'],
          message: `${JSON.stringify(step.http.url)} is not an http:// or https:// URL`,
          hint: 'for example ${service.shop.url}/admin/flags',
        });
      }
    }
  }
  for (const [name, service] of Object.entries(input.scenario.environment.services)) {
    if (service.cwd === undefined) continue;
    problems.push(
      ...(await checkFolder(['environment', 'services', name, 'cwd'], input.baseDir, service.cwd)),
    );
  }
  return problems;
}

function checkNames(side: Side, names: readonly string[]): Problem[] {
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (first === index || name === '') return [];
    return [
      {
        path: [side, 'steps', index, 'name'],
        message: `step ${first + 1} of the ${side} is called ${JSON.stringify(name)} too`,
        hint: 'names tell steps apart in events, traces and objectives: rename one',
      },
    ];
  });
}

type ServiceStep = Extract<ScenarioStep, { service: unknown }>;

function checkServiceStep(path: DocumentPath, step: ServiceStep, scenario: Scenario): Problem[] {
  const { services } = scenario.environment;
  const changes = Object.entries(step.service);
  if (changes.length === 0) {
    return [
      {
        path: [...path, 'service'],
        message: 'names no service',
        hint: 'service: { shop: { env: { RELEASE: "2.0" } } }',
      },
    ];
  }
  return changes.flatMap(([name, change]): Problem[] => {
    const at = [...path, 'service', name];
    const service = services[name];
    if (!service) {
      return [
        {
          path: at,
          target: 'key',
          message: `there is no service ${JSON.stringify(name)}`,
          hint: suggest(name, Object.keys(services), 'services'),
        },
      ];
    }
    if (service.url !== undefined) {
      return [
        {
          path: at,
          target: 'key',
          message: `${name} is a system that already runs (url): dten cannot replace it`,
          hint: 'roll it with a command step, for example command: [kubectl, rollout, …]',
        },
      ];
    }
    const foreign = service.command ? ('image' as const) : ('command' as const);
    const own = service.command ? 'command' : 'image';
    if (change[foreign] !== undefined && !(service.image !== undefined && foreign === 'command')) {
      return [
        {
          path: [...at, foreign],
          target: 'key',
          message: `${name} was started by ${own}; it cannot become ${foreign === 'image' ? 'an image' : 'a command'}`,
          hint: `change its ${own} or its env`,
        },
      ];
    }
    if (change.env === undefined && change.command === undefined && change.image === undefined) {
      return [{ path: at, target: 'key', message: 'changes nothing', hint: 'give it env, command or image' }];
    }
    return [];
  });
}

async function checkFolder(path: DocumentPath, baseDir: string, folder: string): Promise<Problem[]> {
  const absolute = resolve(baseDir, folder);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isDirectory()) return [];
  return [{ path, message: `there is no folder ${absolute}`, hint: 'paths start beside the scenario' }];
}
