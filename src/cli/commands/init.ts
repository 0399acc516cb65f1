import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { DtenError, exitCodes, scaffoldFiles } from '../../index.js';
import { messageOf } from '../../foundation/errors.js';

interface Args {
  folder: string;
}

export const initCommand: CommandModule<object, Args> = {
  command: 'init <folder>',
  describe: 'write a small scenario that runs as it stands',
  builder: (y) => y.positional('folder', { type: 'string', demandOption: true, describe: 'made if missing' }),
  async handler({ folder }) {
    const name = basename(resolve(folder)) || 'my-upgrade';
    const files = scaffoldFiles(name);
    // All or nothing: half a scaffold beside somebody's own seed.sql is a scenario that nobody wrote.
    for (const { path } of files) {
      if (existsSync(join(folder, path))) throw taken(join(folder, path));
    }
    for (const { path, content } of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
        throw new DtenError('folder-not-made', messageOf(error), {
          hint: 'Name a folder that you may write to.',
          exitCode: exitCodes.badInput,
        });
      });
      // `wx`: never overwrite what is there.
      await writeFile(file, content, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
        throw taken(file);
      });
      process.stdout.write(`${file}\n`);
    }
    process.stdout.write(`\nRun it: dten rehearse ${folder}\n`);
  },
};

function taken(file: string): DtenError {
  return new DtenError('file-exists', `${file} is there already; nothing was written`, {
    hint: 'Name another folder, or move the file away.',
    exitCode: exitCodes.badInput,
  });
}
