import { runLabel } from '../leftovers/lease.js';
import { dockerClient } from './docker-available.js';

/** Removes every container (with its volumes), volume and network that carries the run's label; returns their names. */
export async function removeLabelled(runId: string): Promise<string[]> {
  const { container } = await dockerClient();
  const docker = container.dockerode;
  const filters = { label: [`${runLabel}=${runId}`] };
  const removed: string[] = [];
  for (const info of await docker.listContainers({ all: true, filters })) {
    await docker.getContainer(info.Id).remove({ force: true, v: true });
    removed.push(`container ${info.Names[0]?.replace(/^\//, '') ?? info.Id.slice(0, 12)} (${info.Image})`);
  }
  const { Volumes: volumes } = (await docker.listVolumes({ filters })) as {
    Volumes: { Name: string }[] | null;
  };
  for (const { Name: name } of volumes ?? []) {
    await docker.getVolume(name).remove();
    removed.push(`volume ${name}`);
  }
  for (const info of await docker.listNetworks({ filters })) {
    await docker.getNetwork(info.Id).remove();
    removed.push(`network ${info.Name}`);
  }
  return removed;
}
