import type { FindSpec, LedgerEntitySpec, Scenario } from '../model/scenario.js';
import { namePartsOf } from '../sql/name-parts.js';
import { relationsOf } from '../sql/relations.js';
import { statementOf } from './find-text.js';

/** An entity of the ledger with all that its audit needs. */
export interface AuditedEntity {
  name: string;
  find: FindSpec;
  /** Who reads; undefined: the role of the traffic. */
  role: string | undefined;
  /** How `discards` and findings call it: its table, or its own name. */
  table: string;
  keyColumn: string;
  /** Columns that some endpoint writes. */
  columns: string[];
  expiresMs: number | undefined;
  cascade: LedgerEntitySpec['cascade'];
}

/** The entities that endpoints write, in the scenario's order; one without a find is left out (validate told). */
export async function auditedEntities(scenario: Scenario): Promise<AuditedEntity[]> {
  const declared = scenario.ledger?.entities ?? {};
  const written = Object.values(scenario.traffic.endpoints).flatMap(({ ledger }) => ledger ?? []);
  const entities: AuditedEntity[] = [];
  for (const name of new Set(written.map(({ entity }) => entity))) {
    const own = written.filter(({ entity }) => entity === name);
    const spec = declared[name];
    const find = spec?.find ?? own.find((entry) => entry.find !== undefined)?.find;
    if (find === undefined) continue;
    const tables = typeof find === 'string' ? await relationsOf(find) : [];
    entities.push({
      name,
      find: typeof find === 'string' ? await statementOf(find) : find,
      role: spec?.role,
      table:
        spec?.table === undefined ? (tables.length === 1 ? (tables[0] ?? name) : name) : named(spec.table),
      keyColumn: spec?.key ?? 'id',
      columns: [...new Set(own.flatMap(({ values }) => Object.keys(values)))],
      expiresMs: spec?.expires,
      cascade: spec?.cascade,
    });
  }
  return entities;
}

/** As the scenario writes it, quoted or not, to what `relationsOf` calls it. */
function named(table: string): string {
  return namePartsOf(table).join('.');
}
