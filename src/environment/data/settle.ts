import { messageOf } from '../../foundation/errors.js';
import { formatMs } from '../../foundation/units.js';
import type { PgSession, RunContext } from '../../model/contracts.js';
import type { RehearsedDatabase } from '../database/rehearsed-database.js';
import { ownerRole } from '../database/roles.js';
import { closeOnAbort } from '../database/session.js';

/**
 * The end of provisioning: VACUUM (ANALYZE), CHECKPOINT, and the cache as declared, so that neither a first vacuum,
 * a checkpoint of the load, nor cold reads fall into the baseline unasked.
 */
export async function settle(ctx: RunContext, database: RehearsedDatabase): Promise<void> {
  const startUs = ctx.clock.now();
  const { cache } = ctx.plan.scenario.environment;
  const { server } = database;
  {
    await using owner = await database.provisionAs(ownerRole);
    const stop = closeOnAbort(ctx.signal, owner);
    await tolerate(ctx, server.ours, 'VACUUM (ANALYZE)', () => owner.query('VACUUM (ANALYZE)'));
    await tolerate(ctx, server.ours, 'CHECKPOINT', () => owner.query('CHECKPOINT'));
    if (cache === 'warm') await warm(owner, server.ours);
    stop();
  }
  if (cache === 'cold') {
    if (server.restart) {
      await server.restart();
      note(ctx, 'cache: cold: shared buffers are empty after a restart; the OS page cache is not dropped');
    } else {
      const lost = 'cache: cold: an external server is not restarted, so its buffers hold what was loaded';
      ctx.emit({ type: 'degraded', source: 'database', lost });
    }
  }
  note(
    ctx,
    `database settled (vacuum, checkpoint, ${cache} cache) in ${formatMs((ctx.clock.now() - startUs) / 1000)}`,
  );
}

function note(ctx: RunContext, message: string): void {
  ctx.emit({ type: 'note', message });
}

/** On an external server the user may not be allowed to: then it is said, not fatal. */
async function tolerate(
  ctx: RunContext,
  ours: boolean,
  what: string,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (ours) throw error;
    ctx.emit({
      type: 'degraded',
      source: 'database',
      lost: `${what} before the baseline: ${messageOf(error)}`,
    });
  }
}

const userTables = `
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relkind
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname !~ '^pg_(catalog|temp)' and n.nspname <> 'information_schema' and c.relpersistence <> 't'`;

/** Empty after a stop of the server. */
export async function warmAgain(ctx: RunContext, database: RehearsedDatabase): Promise<void> {
  if (ctx.plan.scenario.environment.cache !== 'warm') return;
  await using owner = await database.provisionAs(ownerRole);
  const stop = closeOnAbort(ctx.signal, owner);
  await warm(owner, database.server.ours);
  stop();
}

async function warm(owner: PgSession, ours: boolean): Promise<void> {
  const { rows } = await owner.query(
    `select exists (select from pg_available_extensions where name = 'pg_prewarm') as available,
            exists (select from pg_extension where extname = 'pg_prewarm') as installed`,
  );
  // The extension is made and dropped again: it is not part of the schema under rehearsal.
  if (rows[0]?.installed === true || (ours && rows[0]?.available === true)) {
    const made = rows[0].installed !== true;
    if (made) await owner.query('CREATE EXTENSION pg_prewarm');
    // Indexes last: where not all fits, what is read on every lookup stays.
    await owner.query(
      `select pg_prewarm(oid::regclass) from (${userTables} and c.relkind in ('r', 't', 'm', 'i')
        order by c.relkind = 'i', c.oid) t`,
    );
    if (made) await owner.query('DROP EXTENSION pg_prewarm');
    return;
  }
  const tables = await owner.query(`select name from (${userTables} and c.relkind in ('r', 'm')) t`);
  for (const { name } of tables.rows) await owner.query(`select count(*) from ${String(name)}`);
}
