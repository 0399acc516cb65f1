import { randomBytes } from 'node:crypto';
import { sleep, startClock } from '../../foundation/clock.js';
import { DtenError, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import { applicationName } from '../../model/actor.js';
import type { RunContext } from '../../model/contracts.js';
import { connectionUrl } from '../database/connection-url.js';
import type { ProvidedServer } from '../database/provided-server.js';
import { logThroughSql } from '../database/server-log.js';
import { openSession, type DriverSession } from '../database/session.js';
import { preloadStatementLibrary } from '../database/statement-library.js';
import { checkSettings, choosesLibraries, containerSettings } from '../embedded/configuration.js';
import { freePort } from '../free-port.js';
import { openDataVolume } from './data-volume.js';
import { LocalContainer } from './local-container.js';
import { unlessAborted, type RunContainers } from './run-network.js';
import { startFailure } from './start-failure.js';

const startDeadlineMs = 120_000;
/** From the signal to the kill: a checkpoint may have much to write. */
const stopGraceS = 60;
const port = 5432;
const alias = 'database';

/**
 * A Postgres of any image that follows the official one's conventions, in a container of the run. Settings are
 * arguments of the server, so ALTER SYSTEM cannot change them; the log's destination is set afterwards, once the
 * server's version is known (jsonlog came with PostgreSQL 15).
 */
export async function provideContainer(
  ctx: RunContext,
  containers: RunContainers,
  image: string,
  settings: Readonly<Record<string, string>>,
): Promise<ProvidedServer> {
  checkSettings(settings);
  const password = randomBytes(18).toString('hex');
  const command = Object.entries(containerSettings(settings)).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const logLines: string[] = [];
  const volume =
    ctx.plan.scenario.rollback.strategy === 'steps' ? undefined : await openDataVolume(containers, ctx.runId);
  const container = new LocalContainer({
    image,
    runId: ctx.runId,
    name: `${ctx.runId}-database`,
    port,
    network: containers.network,
    alias,
    env: { POSTGRES_PASSWORD: password, ...volume?.env },
    ...(volume && { binds: volume.binds, hostPort: await freePort() }),
    command: ['postgres', ...command],
    hostIp: containers.published.hostIp,
    onLog: (stream) =>
      stream.on('data', (chunk: Buffer | string) => {
        logLines.push(...String(chunk).split('\n').filter(Boolean));
        if (logLines.length > 200) logLines.splice(0, logLines.length - 200);
      }),
  });
  const started = await unlessAborted(container.start(), ctx.signal).catch((error: unknown) => {
    if (ctx.signal.aborted) throw error;
    throw startFailure(image, error);
  });
  const address = () => ({ host: containers.published.host, port: started.getFirstMappedPort() });
  const connect = (name: string): Promise<DriverSession> =>
    openSession({
      url: connectionUrl({
        user: 'postgres',
        password,
        database: 'postgres',
        ...address(),
        params: { application_name: applicationName({ kind: 'observer', name }) },
      }),
    });
  const running = async (): Promise<boolean> => {
    const { State } = await containers.client.container.dockerode.getContainer(started.getId()).inspect();
    return State.Running;
  };

  const ready = async (): Promise<void> => {
    const clock = startClock();
    let last: unknown;
    while (clock.now() < startDeadlineMs * 1000) {
      ctx.signal.throwIfAborted();
      try {
        await (await connect('provision')).close();
        return;
      } catch (error) {
        last = error;
      }
      if (!(await running())) break;
      await sleep(100, ctx.signal);
    }
    const why = (await running()) ? `no answer within ${startDeadlineMs} ms: ${messageOf(last)}` : 'it ended';
    const tail = logLines.slice(-20).join('\n  ');
    throw new DtenError('postgres-not-started', `container of ${image}: ${why}\n  ${tail}`, {
      exitCode: exitCodes.badInput,
      hint: 'the image must behave as the official postgres image does, and know the settings of the scenario',
    });
  };
  await ready();
  if (!choosesLibraries(settings) && (await preloads(connect))) {
    await started.restart();
    await ready();
  }
  await turnJsonLogOn(connect);

  let stopping = false;
  ctx.teardown.defer('database container', () => {
    stopping = true;
  });
  const watch = (): void => {
    void containers.client.container.dockerode
      .getContainer(started.getId())
      .wait()
      .then((exit: { StatusCode: number }) => {
        if (stopping) return;
        const lost = `Postgres ended unasked (exit ${exit.StatusCode}): ${logLines.slice(-3).join(' | ')}`;
        ctx.emit({ type: 'degraded', source: 'database', lost });
      })
      .catch(() => undefined);
  };
  watch();

  return {
    provide: `container ${image}`,
    address,
    containerAddress: () => ({ host: alias, port }),
    user: 'postgres',
    password,
    params: {},
    maintenanceDatabase: 'postgres',
    ours: true,
    readLog: logThroughSql(() => connect('log'), ctx.teardown),
    async restart() {
      stopping = true;
      await started.restart();
      stopping = false;
      await ready();
      watch();
    },
    files: volume && {
      async stop() {
        stopping = true;
        await containers.client.container.dockerode.getContainer(started.getId()).stop({ t: stopGraceS });
      },
      async start() {
        await containers.client.container.dockerode.getContainer(started.getId()).start();
        stopping = false;
        await ready();
        watch();
      },
      save: (signal) => volume.save(image, signal),
      putBack: (signal) => volume.putBack(image, signal),
    },
  };
}

/** Asked of the running server: an image that lacks the library could not start with it. */
async function preloads(connect: (name: string) => Promise<DriverSession>): Promise<boolean> {
  await using session = await connect('provision');
  return await preloadStatementLibrary(session);
}

async function turnJsonLogOn(connect: (name: string) => Promise<DriverSession>): Promise<void> {
  await using session = await connect('provision');
  const { rows } = await session.query("select current_setting('server_version_num')::int as version");
  if (Number(rows[0]?.version) < 150_000) return;
  await session.query("ALTER SYSTEM SET log_destination = 'jsonlog'");
  await session.query('select pg_reload_conf()');
  // The collector opens the file a moment after the reload; until then there is no current jsonlog.
  for (let i = 0; i < 100; i++) {
    const current = await session.query("select pg_current_logfile('jsonlog') as path");
    if (typeof current.rows[0]?.path === 'string') return;
    await sleep(20);
  }
}
