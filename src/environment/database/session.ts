import pg from 'pg';
import type { PgNotice, PgResult, PgSession } from '../../model/contracts.js';

export interface SessionOptions {
  url: string;
  connectTimeoutMs?: number;
  /** Limits on what observers do: an observer must not join the queue it watches. */
  limits?: { lockTimeoutMs: number; statementTimeoutMs: number };
  /** A session that may cancel this one's query. */
  canceller?: () => Promise<PgSession>;
}

/** A session and its driver, for COPY streams. */
export interface DriverSession extends PgSession {
  readonly client: pg.Client;
}

type Answer = pg.QueryResult<Record<string, unknown>>;

const connectTimeoutMs = 10_000;

/** Opens one connection. Its errors reject the query under way, or the next; they never reach the process. */
export async function openSession(options: SessionOptions): Promise<DriverSession> {
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.limits
      ? { lock_timeout: options.limits.lockTimeoutMs, statement_timeout: options.limits.statementTimeoutMs }
      : {}),
  });
  client.on('error', () => undefined);
  await client.connect();
  const pid = backendPid(client);
  let underWay = 0;
  let closed: Promise<void> | undefined;

  const cancel = async (): Promise<void> => {
    if (!options.canceller) return;
    await using other = await options.canceller();
    await other.query('select pg_cancel_backend($1)', [pid]);
  };

  const close = async (): Promise<void> => {
    // A connection dropped in mid-query leaves a backend that works on, and holds its locks, unseen.
    if (underWay > 0) await cancel().catch(() => undefined);
    await client.end().catch(() => undefined);
  };

  return {
    client,
    pid,
    async query(sql: string, params?: unknown[]): Promise<PgResult> {
      underWay += 1;
      try {
        const result = (await (params ? client.query(sql, params) : client.query(sql))) as Answer | Answer[];
        // A text of several statements is answered by a result for each.
        const last = Array.isArray(result) ? result.at(-1) : result;
        const fields = (last?.fields ?? []).map(({ name, dataTypeID }) => ({ name, typeId: dataTypeID }));
        return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? null, fields };
      } finally {
        underWay -= 1;
      }
    },
    onNotice(listener: (notice: PgNotice) => void) {
      client.on('notice', (notice) =>
        listener({
          severity: notice.severity ?? 'NOTICE',
          message: notice.message ?? '',
          code: notice.code ?? '00000',
        }),
      );
    },
    cancel,
    close() {
      closed ??= close();
      return closed;
    },
    [Symbol.asyncDispose]() {
      closed ??= close();
      return closed;
    },
  };
}

/** The pid of BackendKeyData, as the server (or a pooler in front of it) announced it. */
function backendPid(client: pg.Client): number {
  const { processID } = client as unknown as { processID: number | null };
  return processID ?? 0;
}

/** Ctrl-C in the middle of a long statement: the connection goes, and with it the wait for its answer. Returns the end of it. */
export function closeOnAbort(signal: AbortSignal, session: { close(): Promise<void> }): () => void {
  const onAbort = () => void session.close();
  signal.addEventListener('abort', onAbort, { once: true });
  return () => signal.removeEventListener('abort', onAbort);
}
