import pg from 'pg';
import type { PgNotice, PgSession } from '../../../src/model/contracts.js';

/** A PgSession on a bare pg client, so that steps can be tested against any server. */
export async function openSession(url: string): Promise<PgSession> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  let closed: Promise<void> | undefined;
  const session: PgSession = {
    pid: rows[0]!.pid,
    async query(sql, params) {
      const result = await client.query<Record<string, unknown>>(sql, params);
      return { rows: result.rows, rowCount: result.rowCount };
    },
    onNotice(listener) {
      client.on('notice', (notice) => {
        listener(notice as unknown as PgNotice);
      });
    },
    async cancel() {
      const other = new pg.Client({ connectionString: url });
      other.on('error', () => undefined);
      await other.connect();
      await other.query('select pg_cancel_backend($1)', [session.pid]).finally(() => other.end());
    },
    close: () => (closed ??= client.end()),
    [Symbol.asyncDispose]: () => session.close(),
  };
  return session;
}

/** The same server's URL for another database. */
export function databaseUrl(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}
