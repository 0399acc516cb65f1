import type { PgSession } from '../../model/contracts.js';

/** Counts calls, time and blocks a statement; it works only if the server loads it when it starts. */
export const statementLibrary = 'pg_stat_statements';

/** Observers' own statements are not the system's: their sessions leave them out of its counts. */
export const untrackedOptions = `-c ${statementLibrary}.track=none`;

/**
 * Makes its view in the database the session is connected to, which shows the statements of all: the rehearsed
 * database stays as the scenario made it. Does nothing where the library is not loaded.
 */
export async function createStatementView(session: PgSession): Promise<void> {
  if (await isLoaded(session)) await session.query(`CREATE EXTENSION IF NOT EXISTS ${statementLibrary}`);
}

/**
 * Has a running server load the library at its next start, beside those that it loads already. Returns whether a
 * restart is needed; false also where the server does not have the library.
 */
export async function preloadStatementLibrary(session: PgSession): Promise<boolean> {
  if (await isLoaded(session)) return false;
  try {
    await session.query(`LOAD '${statementLibrary}'`);
    const { rows } = await session.query('select from pg_available_extensions where name = $1', [
      statementLibrary,
    ]);
    if (rows.length === 0) return false;
  } catch {
    return false; // contrib is not installed
  }
  const loaded = await preloaded(session);
  const libraries = [...loaded, statementLibrary].map((name) => `"${name.replaceAll('"', '""')}"`);
  await session.query(`ALTER SYSTEM SET shared_preload_libraries = ${libraries.join(', ')}`);
  return true;
}

async function isLoaded(session: PgSession): Promise<boolean> {
  return (await preloaded(session)).includes(statementLibrary);
}

async function preloaded(session: PgSession): Promise<string[]> {
  const { rows } = await session.query("select current_setting('shared_preload_libraries') as names");
  const names = rows[0]?.names;
  return (typeof names === 'string' ? names : '')
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '');
}
