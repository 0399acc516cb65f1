import type { Database, PgResult, PgSession } from '../../model/contracts.js';

/** Longer than any lock of a session at rest, shorter than anybody who waits behind an observer would notice. */
const lockTimeoutMs = 1_000;

export interface ReadOnlyOptions {
  name: string;
  role: string;
  timeoutMs: number;
  signal: AbortSignal;
}

/** Runs `work` on a session that Postgres itself keeps from writing, and that never waits long for a lock. */
export async function readOnly<T>(
  database: Database,
  { name, role, timeoutMs, signal }: ReadOnlyOptions,
  work: (query: (sql: string, params?: unknown[]) => Promise<PgResult>, session: PgSession) => Promise<T>,
): Promise<T> {
  const session = await database.connect({ consumer: { kind: 'observer', name }, role });
  const cancel = () => void session.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  try {
    signal.throwIfAborted();
    await session.query(
      `set default_transaction_read_only = on; set lock_timeout = ${lockTimeoutMs};` +
        ` set statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}; set search_path = pg_catalog, public;` +
        ` set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set extra_float_digits = 1; set bytea_output = 'hex'`,
    );
    return await work((sql, params) => session.query(sql, params), session);
  } finally {
    signal.removeEventListener('abort', cancel);
    await session.close();
  }
}
