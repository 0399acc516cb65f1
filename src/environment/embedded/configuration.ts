import { DtenError } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';

/** Base name of the server's log; jsonlog gets the ending `.json`. One file: a byte offset means one place. */
const logName = 'postgresql.log';
export const jsonLogName = 'postgresql.json';

/** What the harness reads the server by; a scenario that changed them would blind it. */
const fixed: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  logging_collector: 'on',
  log_destination: 'jsonlog',
  log_directory: 'log',
  log_filename: logName,
  log_rotation_age: '0',
  log_rotation_size: '0',
  log_truncate_on_rotation: 'off',
  log_timezone: 'UTC',
};

/**
 * Defaults a scenario may override. deadlock_timeout stays at Postgres's own: a shorter one changes who is
 * cancelled, and with that the experiment. fsync stays on: commits cost what they cost in production.
 */
const defaults: Readonly<Record<string, string>> = {
  timezone: 'UTC',
  log_lock_waits: 'on',
  log_checkpoints: 'on',
  log_autovacuum_min_duration: '0',
  // Tags (sqlcommenter) stand at the end of a statement, which pg_stat_activity cuts at 1 kB.
  track_activity_query_size: '4096',
};

/** Settings of the scenario that the harness keeps for itself: exit 2. */
export function checkSettings(settings: Readonly<Record<string, string>>): void {
  const taken = Object.keys(settings).filter(
    (name) => name.toLowerCase() in fixed || ['port', 'data_directory'].includes(name.toLowerCase()),
  );
  if (taken.length === 0) return;
  throw new DtenError(
    'reserved-setting',
    `environment.database.settings: dten sets ${taken.join(', ')} itself, to find the server and read its log`,
    { exitCode: exitCodes.badInput, hint: `remove ${taken.length === 1 ? 'it' : 'them'} from the scenario` },
  );
}

/**
 * Everything a server started by dten runs with, in order: defaults (`found`: those that hang on what the server
 * ships), the scenario's, the fixed ones.
 */
export function serverSettings(
  settings: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const lowered = Object.fromEntries(Object.entries(settings).map(([k, v]) => [k.toLowerCase(), v]));
  return { ...defaults, ...found, ...lowered, ...fixed };
}

/** True where the scenario says itself what is preloaded: dten adds nothing to it, and takes nothing away. */
export function choosesLibraries(settings: Readonly<Record<string, string>>): boolean {
  return Object.keys(settings).some((name) => name.toLowerCase() === 'shared_preload_libraries');
}

/** The same for a container: where it listens is the image's business, the log's destination follows its version. */
export function containerSettings(settings: Readonly<Record<string, string>>): Record<string, string> {
  const theirs = ['listen_addresses', 'unix_socket_directories', 'log_destination', 'log_directory'];
  return Object.fromEntries(
    Object.entries(serverSettings(settings)).filter(([name]) => !theirs.includes(name)),
  );
}

/** Text of a postgresql.conf file. In its quoted values, quotes and backslashes are doubled. */
export function renderConfiguration(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}
