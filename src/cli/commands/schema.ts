import { readFile, writeFile } from 'node:fs/promises';
import type { CommandModule } from 'yargs';
import { DtenError, exitCodes, InputError, scenarioJsonSchema } from '../../index.js';
import { messageOf } from '../../foundation/errors.js';

interface Args {
  out?: string;
  check?: string;
}

export const schemaCommand: CommandModule<object, Args> = {
  command: 'schema',
  describe: 'print the JSON Schema of scenario files, for editors',
  builder: (y) =>
    y
      .option('out', { type: 'string', requiresArg: true, describe: 'write it to this file' })
      .option('check', { type: 'string', requiresArg: true, describe: 'fail if this file differs from it' })
      .conflicts('out', 'check') as never,
  async handler({ out, check }) {
    const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
    if (out !== undefined) {
      await writeFile(out, text).catch((error: unknown) => {
        throw new InputError([
          { file: '--out', message: messageOf(error), hint: 'name a file that can be written' },
        ]);
      });
    } else if (check !== undefined) {
      const have = await readFile(check, 'utf8').catch(() => '');
      if (have !== text) {
        throw new DtenError('schema-differs', `${check} is not what this version of dten accepts`, {
          hint: `Write it again: dten schema --out ${check}`,
          exitCode: exitCodes.noGo,
        });
      }
    } else {
      process.stdout.write(text);
    }
  },
};
