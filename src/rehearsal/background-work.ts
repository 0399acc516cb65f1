import { sleep } from '../foundation/clock.js';
import type { PgSession } from '../model/contracts.js';
import type { Holding, JobRun } from './background-job.js';
import { holdPrepared } from './prepared-transaction.js';
import { holdVacuum } from './slow-vacuum.js';

const defaultHoldMs = 10_000;

/** One run of a job's work; `onHolding` is called when its locks are to be taken as held. Rejects as the server does. */
export async function doWork(run: JobRun, session: PgSession, onHolding: () => void): Promise<void> {
  const { ctx, job, signal, hold } = run;
  // A cancel between two statements reaches neither.
  const query = (sql: string, params?: unknown[]) => {
    signal.throwIfAborted();
    return session.query(sql, params);
  };
  const holdForMs = hold?.holdForMs ?? (job.kind === 'query' ? undefined : (job.holdFor ?? defaultHoldMs));
  if (holdForMs === undefined) {
    await query(job.sql ?? '');
    return;
  }
  const startedUs = ctx.clock.now();
  let timer: NodeJS.Timeout | undefined;
  const holding: Holding = {
    query,
    send(sql) {
      const work = query(sql);
      timer = setTimeout(onHolding, hold?.holdingAfterMs ?? 0);
      hold?.onSent();
      return work;
    },
    restMs: () => Math.max(0, holdForMs - (ctx.clock.now() - startedUs) / 1000),
  };
  try {
    if (job.kind === 'antiWraparoundVacuum') await holdVacuum(run, session, holding);
    else if (job.kind === 'preparedTransaction') await holdPrepared(run, holding);
    else await holdTransaction(run, holding);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A running query keeps its snapshot and locks just as a slow report does; idle in transaction keeps the locks while
 * the session does nothing.
 */
async function holdTransaction({ job, signal }: JobRun, { query, send, restMs }: Holding): Promise<void> {
  await query('begin');
  await send(job.sql ?? '');
  if (restMs() > 0) {
    if (job.kind === 'idleInTransaction') await sleep(restMs(), signal);
    else {
      // It stands for the many statements of a long transaction: a limit on each does not end them all.
      if (job.kind === 'longTransaction') await query('set local statement_timeout = 0');
      await query('select pg_sleep($1)', [restMs() / 1000]);
    }
  }
  await query('commit');
}
