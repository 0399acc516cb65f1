import { spawn } from 'node:child_process';
import { appendFile, chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { abortReason } from '../../foundation/clock.js';
import { DtenError } from '../../foundation/errors.js';
import { renderConfiguration } from './configuration.js';
import type { UserId } from './unprivileged-user.js';

/** The environment Postgres programs get: none of ours, so that no PG* variable or locale of the caller's leaks in. */
export const cleanEnv = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };

export interface ClusterOptions {
  binDir: string;
  /** Made here; its parent must exist and let the server's user pass. */
  dataDir: string;
  superuser: string;
  password: string;
  user: UserId | undefined;
  settings: Readonly<Record<string, string>>;
  signal: AbortSignal | undefined;
}

function run(
  command: string,
  args: string[],
  user: UserId | undefined,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: '/',
      env: cleanEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(user ?? {}),
      ...(signal ? { signal } : {}),
    });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => reject(signal?.aborted ? abortReason(signal) : error));
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Makes a data directory (C.UTF-8, UTF8, scram) that carries the settings in an included file. */
export async function makeCluster(options: ClusterOptions): Promise<void> {
  const { dataDir, user } = options;
  const own = async (path: string) => {
    if (user) await chown(path, user.uid, user.gid);
  };
  const passwordFile = `${dataDir}.password`;
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  await own(passwordFile);
  const base = [
    `--pgdata=${dataDir}`,
    `--username=${options.superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-sync',
    '--no-instructions',
  ];
  try {
    // Where the C library has no C.UTF-8, Postgres's own provider has the same order.
    const locales = [
      ['--locale=C.UTF-8'],
      ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ];
    let output = '';
    for (const locale of locales) {
      await rm(dataDir, { recursive: true, force: true });
      await mkdir(dataDir, { mode: 0o700 });
      await chmod(dataDir, 0o700);
      await own(dataDir);
      const result = await run(join(options.binDir, 'initdb'), [...base, ...locale], user, options.signal);
      output = result.output;
      if (result.code === 0) {
        await writeFile(join(dataDir, 'dten.conf'), renderConfiguration(options.settings), { mode: 0o644 });
        await appendFile(join(dataDir, 'postgresql.conf'), "\ninclude 'dten.conf'\n");
        return;
      }
      if (!/locale/i.test(output)) break;
    }
    throw new DtenError('initdb-failed', `initdb failed: ${output.trim().slice(-2000)}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
}
