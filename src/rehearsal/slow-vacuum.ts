import { sleep } from '../foundation/clock.js';
import { codeOf } from '../foundation/errors.js';
import { formatMs } from '../foundation/units.js';
import { quoteQualified } from '../environment/database/quote.js';
import type { PgSession } from '../model/contracts.js';
import type { Holding, JobRun } from './background-job.js';
import { endQuery } from './end-query.js';

/** Postgres sleeps at most four delays at a time: 400 ms a page, so that a small table lasts too. */
const slowly = `set statement_timeout = 0; set vacuum_cost_delay = '100ms'; set vacuum_cost_limit = 1;
  set vacuum_cost_page_hit = 4; set vacuum_cost_page_miss = 4; set vacuum_cost_page_dirty = 4`;

/**
 * A session's VACUUM (FREEZE) of the table, in place of an autovacuum against wraparound: it holds the same
 * ShareUpdateExclusiveLock, reads every page as that one does, and other than a plain autovacuum it does not give way
 * to whoever waits for it. It is cancelled when its time is over.
 */
export async function holdVacuum(
  { job, signal, ctx }: JobRun,
  session: PgSession,
  { query, send, restMs }: Holding,
): Promise<void> {
  const table = job.table ?? '';
  await query(slowly);
  const startedUs = ctx.clock.now();
  const timeOver = new AbortController();
  let over = false;
  // What it may not vacuum it leaves out, with a warning.
  let warning = '';
  session.onNotice(({ severity, message }) => {
    if (severity === 'WARNING') warning ||= message;
  });
  const ending = sleep(restMs(), AbortSignal.any([signal, timeOver.signal])).then(
    () => endQuery(session, () => over),
    () => undefined,
  );
  try {
    await send(`vacuum (freeze, disable_page_skipping, truncate false) ${quoteQualified(table)}`);
  } catch (error) {
    if (restMs() > 0 || codeOf(error) !== queryCanceled) throw error;
    return;
  } finally {
    over = true;
    timeOver.abort(new Error('the vacuum has ended'));
    await ending;
  }
  if (restMs() > 0) {
    const lasted = formatMs((ctx.clock.now() - startedUs) / 1000);
    throw new Error(
      `the vacuum of ${table} ended by itself after ${lasted}: ${warning || 'the table has few pages'}`,
    );
  }
}

const queryCanceled = '57014';
