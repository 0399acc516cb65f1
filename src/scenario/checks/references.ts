import type { Names } from '../names.js';
import { findStep } from '../names.js';
import type { DocumentPath, Problem } from '../document.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';

/** Names of steps, endpoints and roles, wherever a scenario uses one. */
export function checkReferences({ scenario, names }: CheckInput): Problem[] {
  const problems: Problem[] = [];
  const step = (path: DocumentPath, reference: string, target?: 'key') => {
    const found = findStep(names, reference);
    if ('message' in found) problems.push({ path, ...found, ...(target && { target }) });
    return 'message' in found ? undefined : found;
  };
  const endpoint = (path: DocumentPath, name: string) => {
    if (name === '*' || names.endpoints.includes(name)) return;
    problems.push({
      path,
      message: `there is no endpoint ${JSON.stringify(name)}`,
      hint: suggest(name, ['*', ...names.endpoints], 'endpoints'),
    });
  };

  for (const [name, spec] of Object.entries(scenario.traffic.endpoints)) {
    for (const [index, variant] of spec.variants.entries()) {
      const path = ['traffic', 'endpoints', name, 'variants', index];
      const from = step([...path, 'from'], variant.from);
      const until = variant.until === undefined ? undefined : step([...path, 'until'], variant.until);
      if (!from || !until || position(names, from) < position(names, until)) continue;
      problems.push({
        path: [...path, 'until'],
        message: `${JSON.stringify(variant.until)} does not come after ${JSON.stringify(variant.from)}: the variant would never be active`,
        hint: 'a variant is active from the end of one step to the start of a later one',
      });
    }
  }
  for (const [name, job] of Object.entries(scenario.background)) {
    const path = ['background', name];
    for (const [index, collision] of job.collide.entries()) {
      // `collide` may be written as one mapping or as a list; the position falls back to what is there.
      step([...path, 'collide', index, 'step'], collision.step);
      if (collision.holdFor <= collision.startBefore) {
        problems.push({
          path: [...path, 'collide', index, 'holdFor'],
          message: 'ends before its step begins: holdFor is not longer than startBefore',
          hint: 'holdFor counts from the job’s start; make it longer',
        });
      }
    }
    if (job.every === undefined && job.collide.length === 0) {
      problems.push({
        path,
        target: 'key',
        message: 'never runs',
        hint: 'give it every: 30s, or collide: { step: …, holdFor: 10s }',
      });
    }
  }
  const { objectives } = scenario;
  for (const [index, { endpoint: name }] of objectives.latency.entries())
    endpoint(['objectives', 'latency', index, 'endpoint'], name);
  for (const [index, { endpoint: name }] of objectives.errors.entries())
    endpoint(['objectives', 'errors', index, 'endpoint'], name);
  for (const name of Object.keys(objectives.steps))
    if (name !== '*') step(['objectives', 'steps', name], name, 'key');
  for (const [index, waiver] of scenario.waivers.entries()) {
    if (waiver.step !== undefined) step(['waivers', index, 'step'], waiver.step);
  }
  return [...problems, ...checkRoles(scenario, names)];
}

function position(names: Names, step: { side: 'upgrade' | 'rollback'; index: number }): number {
  return step.index + (step.side === 'rollback' ? names.steps.upgrade.length : 0);
}

function checkRoles(scenario: CheckInput['scenario'], names: Names): Problem[] {
  const used: [DocumentPath, string | undefined][] = [];
  for (const [name, { role }] of Object.entries(scenario.traffic.endpoints))
    used.push([['traffic', 'endpoints', name, 'role'], role]);
  for (const [name, { role }] of Object.entries(scenario.background))
    used.push([['background', name, 'role'], role]);
  for (const [name, { role }] of Object.entries(scenario.ledger?.entities ?? {}))
    used.push([['ledger', 'entities', name, 'role'], role]);
  for (const [name, { role }] of Object.entries(scenario.ledger?.invariants ?? {}))
    used.push([['ledger', 'invariants', name, 'role'], role]);
  for (const [index, data] of scenario.environment.data.entries()) {
    if ('sql' in data) used.push([['environment', 'data', index, 'role'], data.role]);
  }
  for (const side of ['upgrade', 'rollback'] as const) {
    for (const [index, step] of scenario[side].steps.entries()) {
      if ('role' in step) used.push([[side, 'steps', index, 'role'], step.role]);
      if ('check' in step) used.push([[side, 'steps', index, 'check', 'role'], step.check.role]);
    }
  }
  return used.flatMap(([path, role]) =>
    role === undefined || !names.hasDatabase || names.roles.includes(role)
      ? []
      : [
          {
            path,
            message: `there is no database role ${JSON.stringify(role)}`,
            hint: suggest(role, names.roles, 'roles'),
          },
        ],
  );
}
