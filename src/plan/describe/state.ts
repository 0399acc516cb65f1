import { shownPlace } from './probe-place.js';
import type { RunPlan } from '../../model/plan.js';
import { probeClassOf } from '../../model/state.js';

/** What is read before and after, and what is cleaned. */
export function describeState({ scenario, rollback, cleanup: steps = [] }: RunPlan): string[] {
  const probes = Object.entries(scenario.probes ?? {});
  const { database } = scenario.environment;
  if (rollback.length === 0 || (probes.length === 0 && !database)) return [];
  const { cleanup } = scenario;
  return [
    'state, read twice before the upgrade, after it, and after the rollback',
    ...(database ? ['  catalog: schema, roles, grants, extensions, slots, settings, sequences'] : []),
    ...probes.map(
      ([id, probe]) =>
        `  ${id}: ${probeClassOf(probe)}, ${shownPlace(probe)}${probe.expect === 'restored' ? '' : `, expected ${probe.expect}`}${probe.cleanup ? ', with a cleanup' : ''}`,
    ),
    ...(cleanup?.run
      ? [
          `  cleanup: each item that the upgrade left${steps.map(({ name }) => `, then ${name}`).join('')}; all of it twice`,
        ]
      : []),
  ];
}
