import type { ContainerRuntimeClient } from 'testcontainers';
import { messageOf } from '../../foundation/errors.js';
import type { RunContext } from '../../model/contracts.js';
import { runLabel, type Lease } from '../leftovers/lease.js';
import { dockerClient } from './docker-available.js';
import { publishedOn, type PublishedOn } from './published-on.js';
import { removeLabelled } from './remove-labelled.js';

/** What the containers of one run share. */
export interface RunContainers {
  client: ContainerRuntimeClient;
  network: string;
  published: PublishedOn;
}

/** The engine and a network of the run's own; removing all that carries the run's label is registered first. */
export async function openRunContainers(ctx: RunContext, lease: Lease): Promise<RunContainers> {
  const client = await dockerClient();
  ctx.teardown.defer('containers', async () => {
    // A container may be removed while it is still being created by a call that was given up: look again.
    await removeLabelled(ctx.runId).catch((error: unknown) => {
      if (!/in progress|has active endpoints/.test(messageOf(error))) throw error;
    });
    await removeLabelled(ctx.runId);
  });
  await lease.containers();
  const name = `dten-${ctx.runId.replace(/[^a-zA-Z0-9_.-]/g, '-')}`;
  const network = await client.container.dockerode.createNetwork({
    Name: name,
    Labels: { [runLabel]: ctx.runId },
  });
  const published = publishedOn(client.info.containerRuntime.host);
  if (published.hostIp === undefined) {
    ctx.emit({
      type: 'note',
      message: `containers run on ${published.host}: their ports are open on every address of that machine`,
    });
  }
  return { client, network: network.id, published };
}

/** Rejects as soon as the signal aborts; what was under way is removed by its label in teardown. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) {
      work.catch(() => undefined);
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
