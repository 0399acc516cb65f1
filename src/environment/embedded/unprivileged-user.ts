import { readFile } from 'node:fs/promises';

export interface UserId {
  uid: number;
  gid: number;
}

/**
 * Whom the embedded server runs as: undefined (as we are), or, when we are root, an unprivileged user, since
 * Postgres refuses to run as root. `postgres` where the machine has one, else `nobody`, else their usual id.
 */
export async function unprivilegedUser(passwdFile = '/etc/passwd'): Promise<UserId | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = await readFile(passwdFile, 'utf8').catch(() => '');
  for (const wanted of ['postgres', 'nobody']) {
    for (const line of passwd.split('\n')) {
      const [name, , uid, gid] = line.split(':');
      // macOS gives nobody the id −2: setuid takes unsigned ids only.
      if (name === wanted && /^\d+$/.test(uid ?? '') && Number(uid) !== 0) {
        return { uid: Number(uid), gid: Number(gid) };
      }
    }
  }
  return { uid: 65_534, gid: 65_534 };
}
