import type { ServerSession } from '../server-session.js';

export interface LogSettings {
  deadlockTimeoutMs: number;
  /** log_lock_waits. */
  logsWaits: boolean;
  /** Errors of statements reach the log (log_min_messages). */
  logsErrors: boolean;
  /** Messages are in English: log_lock_waits lines can be read. */
  english: boolean;
}

const settingsQuery = `
select (select setting::float8 from pg_settings where name = 'deadlock_timeout') as deadlock_timeout_ms,
       current_setting('log_lock_waits') as log_lock_waits,
       current_setting('log_min_messages') as log_min_messages,
       current_setting('lc_messages') as lc_messages`;

export async function readLogSettings(session: ServerSession): Promise<LogSettings> {
  const { rows } = await session.query(settingsQuery);
  const row = rows[0] ?? {};
  return {
    deadlockTimeoutMs: Number(row.deadlock_timeout_ms),
    logsWaits: row.log_lock_waits === 'on',
    logsErrors: !['log', 'fatal', 'panic'].includes(String(row.log_min_messages)),
    english: /^(?:|C|POSIX|en.*|C\..*)$/.test(String(row.lc_messages)),
  };
}

export interface LogPlace {
  /** How far log_timezone is ahead of UTC now, µs. */
  offsetUs: number;
  /** Of the jsonlog file; undefined where the role may not know, or there is none. */
  file: string | undefined;
}

const offsetQuery = `
select extract(epoch from (now() at time zone current_setting('log_timezone')) - (now() at time zone 'UTC'))::float8
  as seconds`;

/** Where the log is and what its times mean: both may change during a run. */
export async function readLogPlace(session: ServerSession): Promise<LogPlace> {
  const offset = await session.query(offsetQuery);
  // Needs pg_monitor.
  const file = await session
    .query(`select pg_current_logfile('jsonlog') as file`)
    .then(({ rows }) => rows[0]?.file)
    .catch(() => undefined);
  return {
    offsetUs: Number(offset.rows[0]?.seconds ?? 0) * 1_000_000,
    file: typeof file === 'string' ? file : undefined,
  };
}

/** Bytes of the log file, so that a long one need not be read through; undefined where the role may not know. */
export async function logSize(session: ServerSession, file: string): Promise<number | undefined> {
  const size = await session
    .query('select (pg_stat_file($1)).size::text as size', [file])
    .then(({ rows }) => rows[0]?.size)
    .catch(() => undefined);
  return typeof size === 'string' ? Number(size) : undefined;
}
