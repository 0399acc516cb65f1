import type { DocumentPath, Problem } from '../document.js';
import type { CheckInput } from './check.js';
import { findPlaces } from './find-places.js';

/** What needs a database says so where none is declared. */
export function checkDatabase({ scenario, names }: CheckInput): Problem[] {
  if (names.hasDatabase) return [];
  const users: { path: DocumentPath; what: string; target?: 'key' }[] = [];
  for (const [index] of scenario.environment.data.entries())
    users.push({ path: ['environment', 'data', index], what: 'data' });
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    if (endpoint.sql)
      users.push({ path: ['traffic', 'endpoints', name, 'sql'], what: 'a sql endpoint', target: 'key' });
  }
  for (const name of Object.keys(scenario.traffic.pools))
    users.push({ path: ['traffic', 'pools', name], what: 'a pool', target: 'key' });
  for (const { path, find } of findPlaces(scenario)) {
    if (typeof find === 'string') users.push({ path, what: 'a find in SQL' });
  }
  for (const name of Object.keys(scenario.ledger?.invariants ?? {}))
    users.push({ path: ['ledger', 'invariants', name], what: 'an invariant', target: 'key' });
  for (const name of Object.keys(scenario.background))
    users.push({ path: ['background', name], what: 'a background job', target: 'key' });
  for (const side of ['upgrade', 'rollback'] as const) {
    for (const [index, step] of scenario[side].steps.entries()) {
      const kind = 'sql' in step ? 'sql' : 'check' in step ? 'check' : undefined;
      if (kind) users.push({ path: [side, 'steps', index, kind], what: `a ${kind} step`, target: 'key' });
    }
  }
  return users.map(({ path, what, target }) => ({
    path,
    ...(target && { target }),
    message: `${what} needs a database, and environment.database is missing`,
    hint: 'environment: { database: { provide: embedded } }',
  }));
}
