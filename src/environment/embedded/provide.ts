import { join } from 'node:path';
import type { RunContext } from '../../model/contracts.js';
import type { ProvidedServer } from '../database/provided-server.js';
import { runVariable, type Lease } from '../leftovers/lease.js';
import { embeddedDataFiles } from './data-files.js';
import { startEmbeddedServer, type EmbeddedServer } from './server.js';

/** The embedded server of a run: stopped in teardown, noted in the lease, its unasked end told as an event. */
export async function provideEmbedded(
  ctx: RunContext,
  lease: Lease,
  settings: Readonly<Record<string, string>>,
): Promise<ProvidedServer> {
  const dir = join(lease.dir, 'postgres');
  const started: { server?: EmbeddedServer } = {};
  ctx.teardown.defer('embedded Postgres', () => started.server?.stop('immediate'));
  await lease.dataDir(join(dir, 'data'));
  const server = await startEmbeddedServer({
    dir,
    settings,
    signal: ctx.signal,
    env: { [runVariable]: ctx.runId },
    onSpawn: (pid) => lease.process(pid, 'Postgres'),
  });
  started.server = server;
  server.onExit(({ code, signal, logTail }) =>
    ctx.emit({
      type: 'degraded',
      source: 'database',
      lost: `Postgres ended unasked (${signal ?? `exit ${code}`}): ${logTail.slice(-3).join(' | ')}`,
    }),
  );
  return {
    provide: 'embedded',
    address: () => ({ host: server.host, port: server.port }),
    containerAddress: () => undefined,
    user: server.superuser,
    password: server.password,
    params: {},
    maintenanceDatabase: 'postgres',
    ours: true,
    readLog: (fromByte) => server.readLog(fromByte),
    restart: () => server.restart(),
    files: embeddedDataFiles(server, dir, ctx.runId),
  };
}
