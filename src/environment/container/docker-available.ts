import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import type { ContainerRuntimeClient } from 'testcontainers';
import { DtenError, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';

export type DockerState = { ok: true; version: string } | { ok: false; why: string; hint: string };

const hint =
  'install Docker (Debian: apt-get install docker.io; elsewhere Docker Desktop or Podman) and start it, ' +
  'or use `provide: embedded`, which needs none';

const answerWithinMs = 5_000;

/** Why the engine that DOCKER_HOST names cannot be reached; testcontainers would quietly take another one. */
async function unreachable(dockerHost: string | undefined): Promise<string | undefined> {
  if (!dockerHost) return undefined;
  let url: URL;
  try {
    url = new URL(dockerHost);
  } catch {
    return `DOCKER_HOST is not a URL: ${dockerHost}`;
  }
  if (url.protocol === 'unix:') {
    const socket = await stat(url.pathname).catch(() => undefined);
    return socket?.isSocket() ? undefined : `DOCKER_HOST is ${dockerHost}, and there is no socket`;
  }
  const port = Number(url.port || 2375);
  return new Promise((resolve) => {
    const done = (why: string | undefined) => {
      socket.destroy();
      resolve(why);
    };
    const socket = connect({ host: url.hostname, port, timeout: answerWithinMs }, () => done(undefined));
    socket.once('timeout', () => done(`DOCKER_HOST ${dockerHost} does not answer`));
    socket.once('error', (error) => done(`DOCKER_HOST ${dockerHost}: ${messageOf(error)}`));
  });
}

/** testcontainers' client, loaded only when something asks for Docker: it takes half a second. */
async function findClient(): Promise<ContainerRuntimeClient> {
  const why = await unreachable(process.env.DOCKER_HOST);
  if (why !== undefined) throw new Error(why);
  const { getContainerRuntimeClient } = await import('testcontainers');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs);
  });
  try {
    return await Promise.race([getContainerRuntimeClient(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether containers can be started here, and if not, why and what to do. */
export async function dockerAvailable(): Promise<DockerState> {
  try {
    const client = await findClient();
    return { ok: true, version: String(client.info.containerRuntime.serverVersion ?? 'unknown') };
  } catch (error) {
    return { ok: false, why: messageOf(error), hint };
  }
}

/** @throws DtenError `no-docker` (exit 2) with the way out. */
export async function dockerClient(): Promise<ContainerRuntimeClient> {
  try {
    return await findClient();
  } catch (error) {
    throw new DtenError('no-docker', `no container can be started: ${messageOf(error)}`, {
      cause: error,
      hint,
      exitCode: exitCodes.badInput,
    });
  }
}
