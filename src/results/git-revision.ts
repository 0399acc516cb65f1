import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Revision } from '../model/revision.js';

const run = promisify(execFile);
/** A rehearsal does not wait for a huge or stuck repository. */
const timeoutMs = 5_000;

/** The revision of the repository that `folder` lies in; null where it lies in none, or there is no git. */
export async function gitRevision(folder: string): Promise<Revision | null> {
  const commit = await git(folder, ['rev-parse', '--verify', 'HEAD']);
  if (commit === undefined) return null;
  const branch = await git(folder, ['rev-parse', '--abbrev-ref', 'HEAD']);
  const status = await git(folder, ['status', '--porcelain', '--untracked-files=no']);
  return {
    commit,
    branch: branch === undefined || branch === 'HEAD' ? null : branch,
    dirty: status === undefined ? null : status !== '',
  };
}

/** The full hash that a name (`main`, `v2.0`, `HEAD~3`) stands for in `folder`'s repository, if it stands for any. */
export async function gitCommitOf(folder: string, name: string): Promise<string | undefined> {
  return git(folder, ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`]);
}

async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    // fsmonitor would run a program that the repository's own configuration names.
    const { stdout } = await run('git', ['-C', folder, '--no-optional-locks', '-c', 'core.fsmonitor=false', ...args], {
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
