import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedServer, type EmbeddedServer } from '../../src/environment/embedded/server.js';

export interface TestPostgres {
  /** Of the superuser, database `postgres`. */
  url: string;
  port: number;
  connect(database?: string): Promise<pg.Client>;
  /** Ends every client that `connect` made, stops the server, removes its folder. */
  stop(): Promise<void>;
  server: EmbeddedServer;
}

/** A real Postgres 18 of the test's own. Runs as root too. About 2 s. */
export async function startTestPostgres(
  options: { settings?: Record<string, string> } = {},
): Promise<TestPostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'dten-test-postgres-'));
  const server = await startEmbeddedServer({ dir, settings: options.settings ?? {} }).catch(
    async (error: unknown) => {
      await rm(dir, { recursive: true, force: true });
      throw error;
    },
  );
  const url = (database: string) =>
    `postgres://${server.superuser}:${server.password}@${server.host}:${server.port}/${database}`;
  const clients: pg.Client[] = [];
  return {
    url: url('postgres'),
    port: server.port,
    server,
    async connect(database = 'postgres') {
      const client = new pg.Client({ connectionString: url(database) });
      // The server may be stopped or killed by the test while the client is connected.
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    async stop() {
      await Promise.allSettled(clients.map((client) => client.end()));
      await server.stop('immediate');
      await rm(dir, { recursive: true, force: true });
    },
  };
}
