/** A row of pg_locks: ungranted, or a granted tuple lock (it names the table of its holder's row wait). */
export interface LockRow {
  pid: number;
  locktype: string;
  database: string | null;
  relation: string | null;
  page: number | null;
  tuple: number | null;
  virtualxid: string | null;
  transactionid: string | null;
  classid: string | null;
  objid: string | null;
  objsubid: number | null;
  mode: string;
  granted: boolean;
  /** µs since the epoch; null in the first moments of a wait, and before Postgres 14. */
  wait_start: number | null;
}

export interface PartyRow {
  pid: number;
  datid: string | null;
  application_name: string | null;
  backend_type: string | null;
  state: string | null;
  query: string | null;
  xact_start: number | null;
  query_start: number | null;
}

/** One sample; every list null when nothing waits. Times in µs since the epoch, by the server's clock. */
export interface SampleRow {
  before: string;
  locks: LockRow[] | null;
  /** Of waiters that are new or due for another look. */
  blockers: { pid: number; blockers: number[] }[] | null;
  /** Of waiters behind process 0: the prepared transactions that hold what they wait for. */
  prepared: { pid: number; gid: string; prepared: number }[] | null;
  /** Relations that new row waiters without a tuple lock have written to. */
  written: { pid: number; relation: string }[] | null;
  parties: PartyRow[] | null;
  after: string;
}

const epochUs = (expression: string) => `(extract(epoch from ${expression}) * 1000000)::bigint`;

/**
 * The sampler's one statement. $1: `pid:waitstart` of waits whose blockers are known; $2: pids to look up beside
 * them.
 *
 * Where nothing waits it reads pg_stat_get_activity only, which takes none of the lock manager's own locks and
 * costs the same however many locks are held (0.2 ms at 80 sessions; pg_locks: 0.6 ms, and 4.7 ms with 5 000
 * locks held). `gated` must be false for a role that may not see other sessions' wait events.
 *
 * pg_blocking_pids runs in the same statement as the snapshot it explains, for new waits only: a round trip
 * later a short wait is over. The two clocks enclose the snapshot, since uncorrelated sub-selects of a target
 * list are computed from left to right, when first needed.
 */
export function sampleQuery(versionNumber: number, gated: boolean): string {
  const waitStart = versionNumber >= 140_000 ? epochUs('l.waitstart') : 'null::bigint';
  const gate = gated
    ? `and (select exists (select from pg_stat_get_activity(null) where wait_event_type = 'Lock'))`
    : '';
  return `
with s as materialized (
  select l.pid, l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid,
         l.transactionid::text as transactionid, l.classid, l.objid, l.objsubid, l.mode, l.granted,
         ${waitStart} as wait_start
  from pg_lock_status() l
  where (not l.granted or l.locktype = 'tuple') ${gate}
), d as materialized (
  select s.pid, pg_blocking_pids(s.pid) as blockers
  from s
  where not s.granted and s.pid::text || ':' || coalesce(s.wait_start::text, '') <> all ($1::text[])
), r as materialized (
  select distinct l.pid, l.relation
  from pg_lock_status() l
  where l.granted and l.locktype = 'relation' and l.mode = 'RowExclusiveLock'
    and (select exists (
      select from d join s using (pid)
      where s.locktype = 'transactionid' and not s.granted
        and not exists (select from s t where t.pid = s.pid and t.locktype = 'tuple' and t.granted)))
    and l.pid in (select pid from d)
), h as materialized (
  select * from pg_lock_status() l
  where l.granted and l.pid is null and (select exists (select from d where 0 = any (d.blockers)))
), x as materialized (
  select distinct d.pid, t.gid, ${epochUs('t.prepared')} as prepared
  from d join s using (pid)
    join h on h.locktype = s.locktype and h.database is not distinct from s.database
      and h.relation is not distinct from s.relation and h.objid is not distinct from s.objid
      and h.transactionid::text is not distinct from s.transactionid
    join h own on own.virtualtransaction = h.virtualtransaction and own.locktype = 'transactionid'
    join pg_prepared_xact() t on t.transaction = own.transactionid
  where not s.granted and 0 = any (d.blockers)
), p as materialized (
  select pid from d union select unnest(blockers) from d union select unnest($2::int[])
)
select ${epochUs('clock_timestamp()')} as before,
  (select json_agg(s) from s) as locks,
  (select json_agg(d) from d) as blockers,
  (select json_agg(x) from x) as prepared,
  (select json_agg(r) from r) as written,
  (select json_agg(a) from p, lateral (
    select a.pid, a.datid, a.application_name, a.backend_type, a.state, a.query,
           ${epochUs('a.xact_start')} as xact_start, ${epochUs('a.query_start')} as query_start
    from pg_stat_get_activity(p.pid) a) a) as parties,
  ${epochUs('clock_timestamp()')} as after`;
}

/** What the sampler's session must know about its server. */
export const serverFactsQuery = `
select current_setting('server_version_num')::int as version,
       pg_has_role(current_user, 'pg_read_all_stats', 'usage') as reads_all,
       (select oid::text from pg_database where datname = $1) as database_oid`;
