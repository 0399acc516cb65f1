import pg from 'pg';
import { sampleQuery, serverFactsQuery, type SampleRow } from './sample-query.js';

/**
 * A sample that the server cannot give in this time is given up. lock_timeout: nothing the sampler reads is
 * locked by users, but an observer that could queue for a lock could not report the queue.
 */
const sessionSettings = `set lock_timeout = '1s'; set statement_timeout = '5s'; set jit = off;
  set plan_cache_mode = force_generic_plan; set idle_in_transaction_session_timeout = '10s'`;

const connectTimeoutMs = 5_000;
/** When the server or the way to it hangs, the connection is given up. */
const answerTimeoutMs = 10_000;

export interface SamplerConnection {
  /** Oid of the rehearsed database; undefined if it does not exist. */
  readonly databaseOid: number | undefined;
  /** False: other sessions' statements and wait events are hidden from this role. */
  readonly readsAll: boolean;
  /** Rejects with `code` = SQLSTATE when the server refused, without one when the connection is gone. */
  sample(knownKeys: readonly string[], pids: readonly number[]): Promise<SampleRow>;
  close(): Promise<void>;
}

/** Connects to the first URL that lets it. Rejects with the last one's error. */
export async function connectSampler(
  urls: readonly string[],
  databaseName: string,
): Promise<SamplerConnection> {
  let refused: unknown = new Error('no URL to connect to');
  for (const url of urls) {
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
    });
    // A lost connection shows in the next sample, which rejects.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await prepare(client, databaseName);
    } catch (error) {
      refused = error;
      await client.end().catch(() => undefined);
    }
  }
  throw refused;
}

async function prepare(client: pg.Client, databaseName: string): Promise<SamplerConnection> {
  await client.query(sessionSettings);
  const facts = await client.query<{ version: number; reads_all: boolean; database_oid: string | null }>(
    serverFactsQuery,
    [databaseName],
  );
  const {
    version,
    reads_all: readsAll,
    database_oid: oid,
  } = facts.rows[0] ?? { version: 0, reads_all: false };
  const text = sampleQuery(version, readsAll);
  return {
    databaseOid: oid === null || oid === undefined ? undefined : Number(oid),
    readsAll,
    async sample(knownKeys, pids) {
      const { rows } = await client.query<SampleRow>({ name: 'sample', text, values: [knownKeys, pids] });
      const row = rows[0];
      if (!row) throw new Error('a sample without a row');
      return row;
    },
    // end() waits for the server's answer, which a dead connection never gives.
    close: () =>
      Promise.race([
        client.end().catch(() => undefined),
        new Promise<void>((resolve) => setTimeout(resolve, 500).unref()),
      ]),
  };
}
