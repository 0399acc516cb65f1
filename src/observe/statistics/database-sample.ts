import { parseActor } from '../../model/actor.js';
import type { ServerSample } from '../../model/observation.js';
import type { ServerSession } from '../server-session.js';

type DatabaseSample = Pick<
  ServerSample,
  | 'commits'
  | 'rollbacks'
  | 'deadlocks'
  | 'blocksHit'
  | 'blocksRead'
  | 'activeBackends'
  | 'waitingBackends'
  | 'idleInTransaction'
  | 'sessions'
  | 'autovacuuming'
  | 'walBytes'
  | 'checkpointsTimed'
  | 'checkpointsRequested'
>;

export const nothingKnown: DatabaseSample = {
  commits: null,
  rollbacks: null,
  deadlocks: null,
  blocksHit: null,
  blocksRead: null,
  activeBackends: null,
  waitingBackends: null,
  idleInTransaction: null,
  walBytes: null,
  checkpointsTimed: null,
  checkpointsRequested: null,
};

/** PostgreSQL 17 moved checkpoints out of pg_stat_bgwriter. */
function checkpointQuery(versionNumber: number): string {
  return versionNumber >= 170_000
    ? 'select num_timed as timed, num_requested as requested from pg_stat_checkpointer'
    : 'select checkpoints_timed as timed, checkpoints_req as requested from pg_stat_bgwriter';
}

const databaseQuery = `
select xact_commit, xact_rollback, deadlocks, blks_hit, blks_read
from pg_stat_database where datname = current_database()`;

/** Sessions of the rehearsed database without the observers'. A hidden session shows neither state nor type. */
const sessionsQuery = `
select count(*) filter (where state = 'active') as active,
       count(*) filter (where wait_event_type = 'Lock') as waiting,
       count(*) filter (where state like 'idle in transaction%') as idle_in_transaction,
       count(*) filter (where state is null and query = '<insufficient privilege>') as hidden
from pg_stat_activity
where datname = current_database() and coalesce(backend_type, 'client backend') = 'client backend'
  and application_name not like 'dten/observer/%'`;

/** The same sessions by application_name, and what autovacuum works on (its query names the table). */
const actorsQuery = `
select application_name as application, backend_type as type, count(*) as total,
       count(*) filter (where wait_event_type = 'Lock') as waiting,
       count(*) filter (where state <> 'idle') as busy,
       array_agg(query) filter (where backend_type = 'autovacuum worker') as work
from pg_stat_activity
where datname = current_database() and backend_type in ('client backend', 'autovacuum worker')
  and application_name not like 'dten/observer/%'
group by 1, 2`;

/** Bytes of WAL ever written: the position in it. A standby writes none; its replay position stands for it. */
const walQuery = `
select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                            else pg_current_wal_insert_lsn() end, '0/0')::text as bytes`;

/**
 * Counters and sessions as the server tells them. A backend reports its counters at most once a second and when it
 * falls idle, so they may lag that much. `denied` is called with what could not be read.
 */
export async function sampleDatabase(
  session: ServerSession,
  versionNumber: number,
  denied: (what: string, error: unknown) => void,
): Promise<DatabaseSample> {
  const sample: DatabaseSample = { ...nothingKnown };
  const row = async (what: string, sql: string): Promise<Record<string, unknown>> => {
    try {
      return (await session.query(sql)).rows[0] ?? {};
    } catch (error) {
      denied(what, error);
      return {};
    }
  };
  const counters = await row('pg_stat_database', databaseQuery);
  sample.commits = numberOf(counters.xact_commit);
  sample.rollbacks = numberOf(counters.xact_rollback);
  sample.deadlocks = numberOf(counters.deadlocks);
  sample.blocksHit = numberOf(counters.blks_hit);
  sample.blocksRead = numberOf(counters.blks_read);
  const sessions = await row('pg_stat_activity', sessionsQuery);
  if (Number(sessions.hidden ?? 0) > 0) {
    denied('pg_stat_activity', new Error('other roles’ sessions are hidden: grant pg_read_all_stats'));
  } else {
    sample.activeBackends = numberOf(sessions.active);
    sample.waitingBackends = numberOf(sessions.waiting);
    sample.idleInTransaction = numberOf(sessions.idle_in_transaction);
    Object.assign(sample, await sampleActors(session, denied));
  }
  sample.walBytes = numberOf((await row('the WAL position', walQuery)).bytes);
  const checkpoints = await row('checkpoints', checkpointQuery(versionNumber));
  sample.checkpointsTimed = numberOf(checkpoints.timed);
  sample.checkpointsRequested = numberOf(checkpoints.requested);
  return sample;
}

async function sampleActors(
  session: ServerSession,
  denied: (what: string, error: unknown) => void,
): Promise<Pick<DatabaseSample, 'sessions' | 'autovacuuming'>> {
  try {
    const { rows } = await session.query(actorsQuery);
    const sessions: NonNullable<ServerSample['sessions']> = {};
    const autovacuuming = new Set<string>();
    for (const { application, type, total, waiting, busy, work } of rows) {
      const actor = parseActor(String(application), String(type));
      for (const query of actor.kind === 'autovacuum' && Array.isArray(work) ? work : []) {
        autovacuuming.add(autovacuumedTable(String(query)));
      }
      if (actor.kind === 'autovacuum') continue;
      const known = (sessions[`${actor.kind} ${actor.name}`] ??= { total: 0, waiting: 0, busy: 0 });
      known.total += Number(total);
      known.waiting += Number(waiting);
      known.busy = (known.busy ?? 0) + Number(busy);
    }
    return { sessions, autovacuuming: [...autovacuuming].sort() };
  } catch (error) {
    denied('sessions by application', error);
    return {};
  }
}

/** `autovacuum: VACUUM ANALYZE public.orders (to prevent wraparound)` → `public.orders`. */
function autovacuumedTable(query: string): string {
  return (
    /^autovacuum: (?:VACUUM |ANALYZE |BRIN summarize )+(.*?)(?: \(to prevent wraparound\))?$/.exec(
      query,
    )?.[1] ?? query
  );
}

export function numberOf(value: unknown): number | null {
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}
