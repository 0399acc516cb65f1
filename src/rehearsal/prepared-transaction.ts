import { sleep } from '../foundation/clock.js';
import { quoteLiteral } from '../environment/database/quote.js';
import { applicationName } from '../model/actor.js';
import { roleOf, type Holding, type JobRun } from './background-job.js';

/**
 * Prepares a transaction and lets it be: no session holds its locks, none can be cancelled, and a restart does not
 * end it. Its global identifier is the job's application_name, so that who waits for it knows for whom.
 */
export async function holdPrepared(run: JobRun, { query, send, restMs }: Holding): Promise<void> {
  const { ctx, name, job, signal } = run;
  const gid = applicationName({ kind: 'background', name });
  // A run that was killed may have left it, on a server that is not dten's.
  await rollBack(run, gid);
  const undo = ctx.teardown.defer(`prepared transaction ${gid}`, () => rollBack(run, gid));
  try {
    await query('begin');
    await send(job.sql ?? '');
    await query(`prepare transaction ${quoteLiteral(gid)}`);
    if (restMs() > 0) await sleep(restMs(), signal);
  } finally {
    await undo();
  }
}

/** On a connection of its own: the one that prepared it may be gone. */
async function rollBack(run: JobRun, gid: string): Promise<void> {
  await using session = await run.database.connect({
    consumer: { kind: 'background', name: run.name },
    role: roleOf(run),
  });
  const { rows } = await session.query(
    'select from pg_prepared_xacts where gid = $1 and database = current_database()',
    [gid],
  );
  if (rows.length > 0) await session.query(`rollback prepared ${quoteLiteral(gid)}`);
}
