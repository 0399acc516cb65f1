import type { FindSpec, Scenario } from '../../model/scenario.js';
import type { DocumentPath } from '../document.js';

export interface FindPlace {
  entity: string;
  find: FindSpec;
  path: DocumentPath;
}

/** Every place that says how an entity is found; the one under ledger.entities first. */
export function findPlaces(scenario: Scenario): FindPlace[] {
  const places: FindPlace[] = [];
  for (const [entity, { find }] of Object.entries(scenario.ledger?.entities ?? {})) {
    if (find !== undefined) places.push({ entity, find, path: ['ledger', 'entities', entity, 'find'] });
  }
  for (const [name, { ledger }] of Object.entries(scenario.traffic.endpoints)) {
    if (ledger?.find === undefined) continue;
    const path = ['traffic', 'endpoints', name, 'ledger', 'find'];
    places.push({ entity: ledger.entity, find: ledger.find, path });
  }
  return places;
}
