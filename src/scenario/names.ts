import type { Side } from '../model/plan.js';
import type { Scenario } from '../model/scenario.js';
import { valueAt } from './document.js';
import { suggest } from '../foundation/nearest-name.js';

/** The direct, privileged connection (model/contracts): always there, never declared. */
const ownerRole = 'owner';

/** The names a scenario declares, wrong parts included: a step with a wrong unit is still a step of that name. */
export interface Names {
  endpoints: string[];
  services: string[];
  roles: string[];
  steps: Record<Side, string[]>;
  hasDatabase: boolean;
}

export function namesOf(raw: unknown): Names {
  return {
    endpoints: keysAt(raw, ['traffic', 'endpoints']),
    services: keysAt(raw, ['environment', 'services']),
    roles: [...keysAt(raw, ['environment', 'database', 'roles']), ownerRole],
    steps: { upgrade: stepNames(raw, 'upgrade'), rollback: stepNames(raw, 'rollback') },
    hasDatabase: valueAt(raw, ['environment', 'database']) !== undefined,
  };
}

function keysAt(raw: unknown, path: string[]): string[] {
  const value = valueAt(raw, path);
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function stepNames(raw: unknown, side: Side): string[] {
  const steps = valueAt(raw, [side, 'steps']);
  if (!Array.isArray(steps)) return [];
  return steps.map((step: unknown) => {
    const name = valueAt(step, ['name']);
    return typeof name === 'string' ? name : '';
  });
}

export interface StepReference {
  side: Side;
  index: number;
}

/** `upgrade.add status`, or `add status` where only one step has that name; else what is wrong with it. */
export function findStep(names: Names, reference: string): StepReference | { message: string; hint: string } {
  const all = (['upgrade', 'rollback'] as const).flatMap((side) =>
    names.steps[side].map((name, index) => ({ side, index, name, id: `${side}.${name}` })),
  );
  const byId = all.find(({ id }) => id === reference);
  if (byId) return byId;
  const byName = all.filter(({ name }) => name === reference);
  const [only] = byName;
  if (only && byName.length === 1) return only;
  if (byName.length > 1) {
    return {
      message: `${JSON.stringify(reference)} names ${byName.length} steps`,
      hint: `write ${byName.map(({ id }) => JSON.stringify(id)).join(' or ')}`,
    };
  }
  const ids = all.map(({ id }) => id);
  const candidates = /^(upgrade|rollback)\./.test(reference) ? ids : [...all.map(({ name }) => name), ...ids];
  return {
    message: `there is no step ${JSON.stringify(reference)}`,
    hint: suggest(reference, [...new Set(candidates)], 'steps'),
  };
}

export type Endpoint = Scenario['traffic']['endpoints'][string];
