import { DtenError, codeOf, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import { applicationName } from '../../model/actor.js';
import type { RunContext } from '../../model/contracts.js';
import { connectionUrl } from '../database/connection-url.js';
import type { ProvidedServer } from '../database/provided-server.js';
import { logThroughSql } from '../database/server-log.js';
import { openSession, type DriverSession } from '../database/session.js';

/**
 * A database that runs already, by the URL in an environment variable. It is rehearsed in place: roles and data are
 * applied to it only where the scenario declares them, it is never dropped, cloned or restarted, and its server
 * settings are its own.
 * @throws DtenError exit 2: no such variable, unreachable, or a pooler that hides the backends.
 */
export async function provideExternal(
  ctx: RunContext,
  urlFrom: string,
  settings: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ProvidedServer> {
  const { url, host, port } = readUrl(urlFrom, env[urlFrom]);
  const params = Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'application_name'));
  const parts = {
    user: decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    host,
    port,
    database: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username),
  };
  const connect = (name: string): Promise<DriverSession> =>
    openSession({
      url: connectionUrl({
        ...parts,
        params: { ...params, application_name: applicationName({ kind: 'observer', name }) },
      }),
      limits: { lockTimeoutMs: 2_000, statementTimeoutMs: 30_000 },
    });
  const session = await connect('provision').catch((error: unknown) => {
    throw new DtenError('database-unreachable', `${host}:${port} (from $${urlFrom}): ${messageOf(error)}`, {
      cause: error,
      exitCode: exitCodes.badInput,
      hint:
        codeOf(error) === 'ECONNREFUSED'
          ? `nothing listens there: start the database, or correct the host and port in $${urlFrom}`
          : `check the URL in $${urlFrom}`,
    });
  });
  try {
    await refusePooler(session, urlFrom);
    await tellSettings(ctx, session, settings);
  } finally {
    await session.close();
  }
  return {
    provide: 'external',
    address: () => ({ host, port }),
    containerAddress: () => (/^(localhost|127\.|\[?::1)/.test(host) ? undefined : { host, port }),
    user: parts.user,
    password: parts.password,
    params,
    maintenanceDatabase: parts.database,
    ours: false,
    readLog: logThroughSql(() => connect('log'), ctx.teardown),
  };
}

function readUrl(urlFrom: string, value: string | undefined): { url: URL; host: string; port: number } {
  const wrong = (message: string): DtenError =>
    new DtenError('bad-database-url', `environment.database.provide.external: ${message}`, {
      exitCode: exitCodes.badInput,
      hint: `export ${urlFrom}=postgresql://user:password@host:5432/database`,
    });
  if (!value) throw wrong(`the environment variable ${urlFrom} is not set`);
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw wrong(`$${urlFrom} is not a URL`);
  }
  if (!['postgres:', 'postgresql:'].includes(url.protocol))
    throw wrong(`$${urlFrom} is not a postgresql:// URL`);
  if (url.username === '' || url.hostname === '') throw wrong(`$${urlFrom} names no user or no host`);
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  return { url, host, port: Number(url.port || 5432) };
}

/**
 * A transaction pooler hands each transaction to any backend: pids in lock waits, session settings and advisory
 * locks would mean nothing. It announces a key of its own in BackendKeyData, which no backend has as its pid.
 */
async function refusePooler(session: DriverSession, urlFrom: string): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const { rows } = await session.query('select pg_backend_pid() as pid');
    if (Number(rows[0]?.pid) === session.pid) continue;
    throw new DtenError('pooler', `$${urlFrom} leads to a connection pooler, not to Postgres itself`, {
      exitCode: exitCodes.badInput,
      hint: 'give the direct URL of the server (its own port, usually 5432), as migrations need it too',
    });
  }
}

async function tellSettings(
  ctx: RunContext,
  session: DriverSession,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, wanted] of Object.entries(settings)) {
    const { rows } = await session.query('select current_setting($1, true) as value', [name]);
    const value = rows[0]?.value;
    if (value === wanted) continue;
    ctx.emit({
      type: 'degraded',
      source: 'settings',
      lost: `${name} is ${JSON.stringify(value)} on the external server, not ${JSON.stringify(wanted)}: dten does not change it`,
    });
  }
}
