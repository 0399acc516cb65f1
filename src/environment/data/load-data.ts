import { formatCount, formatMs } from '../../foundation/units.js';
import type { RunContext } from '../../model/contracts.js';
import type { RehearsedDatabase } from '../database/rehearsed-database.js';
import { ownerRole, type RoleSpecs } from '../database/roles.js';
import { closeOnAbort } from '../database/session.js';
import { generateRows } from './generated-rows.js';
import { loadSql } from './sql-data.js';

/**
 * Loads `environment.data` in order. SQL runs as the role that owns `public`, so that what it makes is that role's;
 * `role:` says otherwise, `role: owner` is the privileged connection. Rows are copied by the privileged connection.
 */
export async function loadData(
  ctx: RunContext,
  database: RehearsedDatabase,
  roles: RoleSpecs,
): Promise<void> {
  const publicOwner = Object.entries(roles).find(([, { owns }]) => owns.includes('public'))?.[0];
  for (const [i, entry] of ctx.plan.scenario.environment.data.entries()) {
    const where = `environment.data[${i}]`;
    if ('sql' in entry) {
      await using session = await database.provisionAs(entry.role ?? publicOwner ?? ownerRole);
      const stop = closeOnAbort(ctx.signal, session);
      const startUs = ctx.clock.now();
      await loadSql(ctx, session, entry.sql, `${where}.sql`).finally(stop);
      const what = /\.sql$/i.test(entry.sql.trim()) ? entry.sql.trim() : 'inline SQL';
      note(ctx, `data: ${what} in ${formatMs((ctx.clock.now() - startUs) / 1000)}`);
      continue;
    }
    for (const [table, spec] of Object.entries(entry.rows)) {
      await using session = await database.provisionAs(ownerRole);
      const stop = closeOnAbort(ctx.signal, session);
      const startUs = ctx.clock.now();
      await generateRows(ctx, session, table, spec, `${where}.rows.${table}`).finally(stop);
      const ms = (ctx.clock.now() - startUs) / 1000;
      const rate = formatCount(spec.count / (ms / 1000));
      note(ctx, `data: ${formatCount(spec.count)} rows into ${table} in ${formatMs(ms)} (${rate} rows/s)`);
    }
  }
}

function note(ctx: RunContext, message: string): void {
  ctx.emit({ type: 'note', message });
}
