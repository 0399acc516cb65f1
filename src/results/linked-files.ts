import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { DtenError } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import { resultFiles } from '../model/result.js';

/**
 * A rehearsal writes no symbolic links. A folder from elsewhere may hold some, that would show a reader what lies at
 * their other ends.
 * @throws DtenError that names the first.
 */
export async function refuseLinkedFiles(dir: string): Promise<void> {
  for (const name of Object.values(resultFiles)) {
    const stats = await lstat(join(dir, name)).catch(() => undefined);
    if (stats?.isSymbolicLink()) {
      throw new DtenError('linked-file', `${name} of this result is a symbolic link: it is not followed`, {
        hint: 'dten report opens it on the terminal, if you trust it.',
        exitCode: exitCodes.badInput,
      });
    }
  }
}
