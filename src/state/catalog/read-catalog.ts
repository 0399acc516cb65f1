import { codeOf, messageOf } from '../../foundation/errors.js';
import type { Database, PgResult } from '../../model/contracts.js';
import { failedReading, type ProbeHead, type ProbeResult } from '../reading.js';
import type { Redactor } from '../redact.js';
import { readOnly } from '../sources/read-only.js';
import type { CatalogQuery } from './catalog-query.js';
import { objectQueries } from './objects.js';
import { relationQueries } from './relations.js';
import { readSequenceValues, sequenceValuesProbe } from './sequence-values.js';
import { serverQueries, type ServerOptions } from './server.js';
import { tablePartQueries } from './table-parts.js';

/** A catalog of five thousand tables takes some seconds on two busy cores. */
export const catalogTimeoutMs = 60_000;

type Query = (sql: string, params?: unknown[]) => Promise<PgResult>;
export type CatalogReading = { head: ProbeHead; result: ProbeResult };

const allQueries = (options: ServerOptions): CatalogQuery[] => [
  ...relationQueries,
  ...tablePartQueries,
  ...objectQueries,
  ...serverQueries(options),
];

export interface CatalogSetting {
  database: Database;
  /** dten provides the database: nobody else changes it. */
  owned: boolean;
  redact: Redactor;
  signal: AbortSignal;
  /** Told of what the role may not see: it is in no reading, and so never missed. */
  unseen?: (what: string) => void;
  /** See ServerOptions. */
  rolesElsewhere?: readonly string[];
}

/**
 * The fingerprint of the catalog, a probe for each kind of thing in it. Each is read by itself: one that is denied,
 * or that meets a lock, is unknown with its reason, and the others are still read.
 */
export async function readCatalog(setting: CatalogSetting): Promise<CatalogReading[]> {
  const { database, owned, signal, rolesElsewhere = [] } = setting;
  const options = { name: 'catalog', role: 'owner', timeoutMs: catalogTimeoutMs, signal };
  const sequenceHead = headOf({ probe: sequenceValuesProbe, class: 'data' }, owned, 'sequence');
  try {
    return await readOnly(database, options, async (query) => {
      const readings: CatalogReading[] = [];
      const { passwords, settings } = await rights(query);
      if (!passwords) setting.unseen?.('passwords of roles (SELECT on pg_authid)');
      if (!settings) setting.unseen?.('settings that only superusers see (pg_read_all_settings)');
      for (const one of allQueries({ mayReadPasswords: passwords, rolesElsewhere })) {
        readings.push({
          head: headOf(one, owned),
          result: await guarded(query, () => readOne(query, one, setting)),
        });
      }
      readings.push({ head: sequenceHead, result: await guarded(query, () => readSequenceValues(query)) });
      return readings;
    });
  } catch (error) {
    const result = failedReading(messageOf(error));
    return [
      ...allQueries({ mayReadPasswords: false, rolesElsewhere }).map((one) => ({
        head: headOf(one, owned),
        result,
      })),
      { head: sequenceHead, result },
    ];
  }
}

function headOf(
  { probe, class: kind }: Pick<CatalogQuery, 'probe' | 'class'>,
  owned: boolean,
  compare: ProbeHead['compare'] = 'equal',
): ProbeHead {
  return { probe, class: kind, owned, expect: 'restored', compare };
}

async function readOne(
  query: Query,
  one: CatalogQuery,
  { database, redact }: CatalogSetting,
): Promise<ProbeResult> {
  const { rows } = await query(one.sql(database.versionNumber));
  const keys = new Set<string>();
  const items = rows.map((row) => {
    const key = String(row.key);
    if (keys.has(key)) throw new Error(`two things are called ${key}`);
    keys.add(key);
    const value = withoutNulls(row.value);
    for (const secret of one.secrets ?? []) if (secret in value) value[secret] = redact(value[secret]);
    const odd = one.odd?.(value);
    return { key, value: Array.isArray(row.value) ? row.value : value, ...(odd !== undefined && { odd }) };
  });
  return { items, complete: true };
}

/** A field that is null says nothing, and most are. */
function withoutNulls(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

async function guarded(query: Query, read: () => Promise<ProbeResult>): Promise<ProbeResult> {
  try {
    return await read();
  } catch (error) {
    const blocked = codeOf(error) === '55P03' ? await holders(query).catch(() => '') : '';
    return failedReading(`${messageOf(error)}${blocked}`);
  }
}

const holdersSql = `
  select distinct l.relation::regclass::text as relation, coalesce(nullif(a.application_name, ''), 'pid ' || l.pid, 'a prepared transaction') as who
    from pg_locks l left join pg_stat_activity a on a.pid = l.pid
   where l.mode = 'AccessExclusiveLock' and l.granted and l.locktype = 'relation'
     and l.database = (select oid from pg_database where datname = current_database()) limit 3`;

/** Who stands in the way: names from the catalog, which take no lock. */
async function holders(query: Query): Promise<string> {
  const { rows } = await query(holdersSql);
  const texts = rows.map(
    ({ relation, who }) => `${String(who)} holds AccessExclusiveLock on ${String(relation)}`,
  );
  return texts.length === 0 ? '' : `: ${texts.join('; ')}`;
}

async function rights(query: Query): Promise<{ passwords: boolean; settings: boolean }> {
  const { rows } = await query(
    `select has_table_privilege('pg_authid', 'select') as passwords,
            pg_has_role(current_user, 'pg_read_all_settings', 'usage') as settings`,
  );
  return { passwords: rows[0]?.passwords === true, settings: rows[0]?.settings === true };
}
