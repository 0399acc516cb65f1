import { createWriteStream } from 'node:fs';
import { messageOf } from '../../foundation/errors.js';
import { LocalContainer } from '../container/local-container.js';
import { unlessAborted, type RunContainers } from '../container/run-network.js';
import { startFailure } from '../container/start-failure.js';
import { ReplicaFailure, type Replica, type ReplicaExit, type ReplicaSpec } from './replica.js';
import type { ReplicaLog } from './replica-log.js';

export interface ContainerReplicaOptions {
  name: string;
  spec: ReplicaSpec & { image: string };
  env: Record<string, string>;
  log: ReplicaLog;
  runId: string;
  containers: RunContainers;
  signal: AbortSignal;
}

/** Starts a service as a container, its port published on 127.0.0.1, its output copied to the replica's log. */
export async function startContainerReplica(options: ContainerReplicaOptions): Promise<Replica> {
  const { name, spec, log, runId, containers, signal } = options;
  const { port } = spec;
  if (port === undefined) {
    throw new ReplicaFailure(
      'service-not-started',
      `${name}: an image needs \`port:\`, the port it listens on`,
    );
  }
  const alias = name.replace('#', '-');
  const file = createWriteStream(log.path, { flags: 'a' });
  const container = new LocalContainer({
    image: spec.image,
    runId,
    name: `${runId}-${alias}`,
    port,
    network: containers.network,
    alias,
    env: { HOST: '0.0.0.0', ...options.env, PORT: String(port) },
    command: spec.command,
    hostIp: containers.published.hostIp,
    onLog: (stream) => stream.pipe(file),
  });
  const started = await unlessAborted(container.start(), signal).catch((error: unknown) => {
    file.end();
    if (signal.aborted) throw error;
    const failure = startFailure(spec.image, error);
    throw new ReplicaFailure(
      'service-not-started',
      `${name}: ${failure.message}`,
      failure.hint ? [failure.hint] : [],
      {
        cause: error,
      },
    );
  });
  const handle = containers.client.container.dockerode.getContainer(started.getId());
  const ended: Promise<ReplicaExit> = handle
    .wait()
    .then((exit: { StatusCode: number }) => ({ how: `exit ${exit.StatusCode}` }))
    .catch((error: unknown) => ({ how: messageOf(error) }));
  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    // The engine sends the image's stop signal, and SIGKILL after `t` seconds.
    await handle.stop({ t: Math.ceil(graceMs / 1000) }).catch(() => undefined);
    await handle.remove({ force: true, v: true }).catch(() => undefined);
    await ended;
    file.end();
  };
  return {
    name,
    log,
    ended,
    target: { origin: `http://${containers.published.host}:${started.getFirstMappedPort()}`, replica: name },
    containerOrigin: `http://${alias}:${port}`,
    stop(graceMs) {
      stopping ??= stop(graceMs);
      return stopping;
    },
  };
}
