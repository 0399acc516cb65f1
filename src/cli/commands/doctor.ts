import { availableParallelism, freemem } from 'node:os';
import type { CommandModule } from 'yargs';
import { dockerAvailable, sweepLeftovers } from '../../index.js';
import { formatBytes } from '../../foundation/units.js';

export const doctorCommand: CommandModule = {
  command: 'doctor',
  describe: 'say what this machine can rehearse, and remove what a killed run left',
  async handler() {
    const docker = await dockerAvailable();
    const lines = [
      `node ${process.version} on ${process.platform}-${process.arch}, ${availableParallelism()} cores, ${formatBytes(freemem())} free`,
      docker.ok
        ? `docker ${docker.version}: provide: { container: { image: … } } works`
        : `docker: no (${docker.why})\n    ${docker.hint}`,
    ];
    const swept = await sweepLeftovers();
    lines.push(
      swept.length === 0
        ? 'nothing left by earlier runs'
        : `left by earlier runs, removed:\n    ${swept.join('\n    ')}`,
    );
    process.stdout.write(`${lines.join('\n')}\n`);
  },
};
