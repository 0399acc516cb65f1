import { DtenError } from '../../foundation/errors.js';
import { runLabel } from '../leftovers/lease.js';
import { unlessAborted, type RunContainers } from './run-network.js';

/** Where the volume is mounted; the data directory is below, and copies of it beside it. */
const mount = '/var/lib/postgresql/dten';

const saveScript = 'rm -rf snapshot && cp -a data snapshot && du -sk snapshot';

/** The log goes on: what it says of the run stays, and readers keep their place in it. */
const putBackScript = [
  'rm -rf restored replaced && cp -a snapshot restored',
  'if [ -d data/log ]; then rm -rf restored/log && mv data/log restored/log; fi',
  'mv data replaced && mv restored data && du -sk snapshot',
].join(' && ');

export interface DataVolume {
  /** Tells the image where its data directory is. */
  env: Record<string, string>;
  binds: string[];
  /** Copies the stopped server's data directory; returns its bytes (as disk blocks, to the kilobyte). */
  save(image: string, signal: AbortSignal): Promise<number>;
  putBack(image: string, signal: AbortSignal): Promise<number>;
}

/**
 * A volume of the run's for a database container that is to be snapshot: the data directory of a stopped container
 * is out of reach, a volume is not. Removed by its label, like all else of the run.
 */
export async function openDataVolume(containers: RunContainers, runId: string): Promise<DataVolume> {
  const docker = containers.client.container.dockerode;
  const name = `dten-${runId.replace(/[^a-zA-Z0-9_.-]/g, '-')}-data`;
  await docker.createVolume({ Name: name, Labels: { [runLabel]: runId } });
  const binds = [`${name}:${mount}`];

  /** A container of the database's own image, whose cp knows its owners; its start is part of what it takes. */
  const run = async (image: string, script: string): Promise<number> => {
    const container = await docker.createContainer({
      Image: image,
      User: '0',
      Entrypoint: ['/bin/sh', '-c', `cd ${mount} && { ${script}; }`],
      Cmd: [],
      WorkingDir: '/',
      Labels: { [runLabel]: runId },
      NetworkDisabled: true,
      Tty: true,
      HostConfig: { Binds: binds },
    });
    try {
      await container.start();
      const { StatusCode: code } = (await container.wait()) as { StatusCode: number };
      const output = (await container.logs({ stdout: true, stderr: true })).toString().trim();
      if (code === 0) return Number(/^(\d+)\s+snapshot/m.exec(output)?.[1] ?? Number.NaN) * 1024;
      throw new DtenError('copy-failed', `copying the data directory of ${image}: ${output.slice(-500)}`, {
        hint: 'the image needs /bin/sh, cp and du, and the engine as much free space again as the data takes, twice when it is put back',
      });
    } finally {
      await container.remove({ force: true, v: true }).catch(() => undefined);
    }
  };
  return {
    env: { PGDATA: `${mount}/data` },
    binds,
    save: (image, signal) => unlessAborted(run(image, saveScript), signal),
    putBack: (image, signal) => unlessAborted(run(image, putBackScript), signal),
  };
}
