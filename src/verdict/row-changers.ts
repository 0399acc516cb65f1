import type { JudgedView } from './judged-view.js';
import { placeIn } from './names-in-text.js';
import { tableName } from './wording.js';

/**
 * Whether traffic or a background job may change rows of a table that are there already, and so wait for a step that
 * has changed them and not committed. Plain inserts and reads wait for no row. HTTP endpoints that may write, and do not
 * declare which tables they touch, may.
 */
export function mayChangeRows(view: JudgedView, table: string): boolean {
  const { scenario } = view.result.plan;
  const endpoints = Object.values(scenario.traffic.endpoints);
  return (
    view.result.lockWaits.some(
      ({ lockType, relation, chain }) =>
        (lockType === 'transactionid' || lockType === 'tuple') &&
        relation !== undefined &&
        tableName(relation) === table &&
        chain.some(({ actor }) => actor.kind === 'upgrade' || actor.kind === 'rollback'),
    ) ||
    Object.values(scenario.background).some(({ sql }) => sql !== undefined && changesRows(sql, table)) ||
    endpoints.some((endpoint) => {
      const requests = [endpoint, ...endpoint.variants];
      if (requests.some(({ sql }) => sql && changesRows(sql.text, table))) return true;
      if (!requests.some(({ request }) => request && !['GET', 'HEAD'].includes(request.method))) return false;
      const declared = [...endpoint.tables, ...requests.flatMap(({ writes }) => writes)].map(tableName);
      if (declared.length === 0) return view.trafficTables.touch(table) !== 'untouched';
      return declared.some((item) => item === table || item.startsWith(`${table}.`));
    })
  );
}

/** UPDATE, DELETE, MERGE, SELECT … FOR UPDATE, ON CONFLICT DO UPDATE: each locks rows that are there. */
function changesRows(text: string, table: string): boolean {
  return /\b(?:update|delete|merge)\b/i.test(text) && placeIn(text, table) < Infinity;
}
