import { spawn } from 'node:child_process';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { abortReason } from '../../foundation/clock.js';
import { DtenError } from '../../foundation/errors.js';

/**
 * Copies a directory with owners and modes (Postgres refuses files that are another user's), by cp, which also
 * clones blocks where the file system can. `env` marks the process, so that a sweep finds it.
 */
export async function copyDirectory(
  from: string,
  to: string,
  { env, signal }: { env: Readonly<Record<string, string>>; signal: AbortSignal },
): Promise<void> {
  if (signal.aborted) throw abortReason(signal);
  const child = spawn('cp', ['-a', from, to], { env, stdio: ['ignore', 'ignore', 'pipe'], signal });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(signal.aborted ? abortReason(signal) : error));
    child.once('close', resolve);
  });
  if (code !== 0) {
    const said = errors.trim().split('\n').slice(-3).join('; ');
    throw new DtenError('copy-failed', `cp of the data directory: exit ${code ?? 'by signal'}: ${said}`, {
      hint: 'a snapshot needs as much free space again as the data takes, twice when it is put back',
    });
  }
}

/** Bytes of all files below a directory; links count as themselves. */
export async function directoryBytes(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    bytes += entry.isDirectory() ? await directoryBytes(path) : (await lstat(path)).size;
  }
  return bytes;
}
