import type { Scenario } from '../model/scenario.js';
import { namePartsOf } from '../sql/name-parts.js';
import { writtenRelations } from '../sql/written-relations.js';
import type { AuditedEntity } from './audited-entity.js';
import type { LedgerStore } from './ledger-store.js';

type Endpoint = Scenario['traffic']['endpoints'][string];

/**
 * The keys of a table's rows that the traffic may have written, as the ledger knows them; or why they are not all
 * known: a probe of the other rows could then not tell a lost row from one that the traffic changed.
 */
export async function touchedKeys(
  scenario: Scenario,
  entities: readonly AuditedEntity[],
  store: LedgerStore,
  table: string,
  keyColumns: readonly string[],
): Promise<{ keys: AsyncIterable<string> } | { unknown: string }> {
  const name = bare(namePartsOf(table).join('.'));
  const own = entities.filter((entity) => bare(entity.table) === name);
  const unseen = (await writersBesides(scenario, own, name)) ?? whatGoesByItself(scenario, own);
  if (unseen !== undefined) return { unknown: unseen };
  for (const { name: entity, keyColumn } of own) {
    if (keyColumns.length !== 1 || keyColumns[0] !== keyColumn) {
      return { unknown: `the ledger knows ${entity} by ${keyColumn}, the probe by ${keyColumns.join(', ')}` };
    }
    const counts = store.counts.get(entity);
    if (counts && counts.unidentified + counts.unidentifiedIndeterminate > 0) {
      return { unknown: `some writes of ${entity} have no key that is known` };
    }
  }
  return { keys: keysOf(store, new Set(own.map(({ name: entity }) => entity))) };
}

async function* keysOf(store: LedgerStore, entities: ReadonlySet<string>): AsyncGenerator<string> {
  for await (const part of store.histories()) {
    for (const [entity, keys] of part) {
      if (!entities.has(entity)) continue;
      // What was refused has touched nothing.
      for (const [key, { writes }] of keys) if (writes.some(({ state }) => state !== 'rejected')) yield key;
    }
  }
}

/** Who may write the table without the ledger's seeing it; undefined: nobody. */
async function writersBesides(
  scenario: Scenario,
  own: readonly AuditedEntity[],
  table: string,
): Promise<string | undefined> {
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    const { ledger } = endpoint;
    // Its ledger tells the keys of one table; what it writes beside that is as unseen as an endpoint's without one.
    if (ledger && own.some((entity) => entity.name === ledger.entity)) continue;
    if (await mayWrite(endpoint, table)) {
      const why = ledger ? `its ledger knows ${ledger.entity} only` : 'has no ledger';
      return `endpoint ${name} may write ${table}, and ${why}`;
    }
  }
  for (const [name, job] of Object.entries(scenario.background)) {
    if (job.sql !== undefined && (await anyWrites([job.sql], table)))
      return `background job ${name} writes ${table}`;
  }
  return undefined;
}

async function mayWrite(endpoint: Endpoint, table: string): Promise<boolean> {
  const requests = [endpoint, ...endpoint.variants];
  if (
    await anyWrites(
      requests.flatMap(({ sql }) => sql?.text ?? []),
      table,
    )
  )
    return true;
  if (!requests.some(({ request }) => request && !['GET', 'HEAD'].includes(request.method))) return false;
  const declared = [...endpoint.tables, ...requests.flatMap(({ writes }) => writes)].map((item) =>
    bare(namePartsOf(item).join('.')),
  );
  return declared.length === 0 || declared.some((item) => item === table || item.startsWith(`${table}.`));
}

/** Rows of the ledger's own tables that may go without a request that names them. */
function whatGoesByItself(scenario: Scenario, own: readonly AuditedEntity[]): string | undefined {
  const deleted = new Set(
    Object.values(scenario.traffic.endpoints).flatMap(({ ledger }) =>
      ledger?.op === 'delete' ? [ledger.entity] : [],
    ),
  );
  for (const { name, expiresMs, cascade } of own) {
    if (expiresMs !== undefined) return `rows of ${name} expire`;
    if (cascade && deleted.has(cascade.from)) return `rows of ${name} go with their ${cascade.from}`;
  }
  return undefined;
}

async function anyWrites(statements: readonly string[], table: string): Promise<boolean> {
  for (const statement of statements) {
    const written = await writtenRelations(statement);
    if (written === 'anything' || [...written].some((relation) => bare(relation) === table)) return true;
  }
  return false;
}

function bare(relation: string): string {
  return relation.replace(/^public\./, '');
}
