import type { PgSession } from '../model/contracts.js';
import type { StatementTrace } from '../model/observation.js';
import type { SqlStatement } from '../model/plan.js';
import { firstNormalObjectId, type Catalog } from './catalog-snapshot.js';

/**
 * Statements that scan tables without a DEBUG1 message: CREATE TABLE … PARTITION OF reads the default partition
 * (partitioning/partbounds.c, check_default_partition_contents), ALTER DOMAIN every table that uses the domain.
 */
export function scansSilently(statement: SqlStatement): boolean {
  return statement.node === 'CreateStmt' || statement.node === 'AlterDomainStmt';
}

const scannedSql = `
  select c.oid::text as oid, pg_catalog.pg_stat_get_xact_numscans(c.oid)::int as scans
    from pg_catalog.pg_class c
   where c.oid >= ${firstNormalObjectId} and c.relkind in ('r', 'm')
     and pg_catalog.pg_stat_get_xact_numscans(c.oid) > 0`;

/** Sequential scans that the session's transaction has begun so far, by table. */
export async function readScanned(migrator: Pick<PgSession, 'query'>): Promise<ReadonlyMap<string, number>> {
  const { rows } = await migrator.query(scannedSql);
  return new Map(rows.map((row) => [String(row.oid), Number(row.scans)]));
}

export function scannedSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): string[] {
  return [...after].filter(([oid, scans]) => scans > (before.get(oid) ?? 0)).map(([oid]) => oid);
}

/** As scans of tables that were there before the statement. */
export function silentScans(
  oids: readonly string[],
  before: Catalog | undefined,
  after: Catalog,
): StatementTrace['scans'] {
  return oids.flatMap((oid) => {
    const relation = before?.relations.has(oid) ? after.relations.get(oid) : undefined;
    return relation ? [{ kind: 'validate' as const, relation: relation.name }] : [];
  });
}
