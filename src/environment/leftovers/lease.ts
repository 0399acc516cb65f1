import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DtenError } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import { identify, type ProcessId } from './process-table.js';

/** The variable by which every process of a run is known, inherited by what it starts. */
export const runVariable = 'DTEN_RUN';
/** The label of every container and network of a run. */
export const runLabel = 'dten.run';

/** lease.json: what a run made outside its result folder, and who owns it. */
export interface LeaseRecord {
  runId: string;
  owner: ProcessId;
  processes: (ProcessId & { what: string })[];
  /** Data directories of embedded servers. */
  dataDirs: string[];
  /** Containers or networks with the run's label may exist. */
  containers: boolean;
}

export interface Lease {
  readonly runId: string;
  /** A folder of the run for data of its own; removed with the lease. Others may enter it, not list it. */
  readonly dir: string;
  process(pid: number, what: string): Promise<void>;
  dataDir(dir: string): Promise<void>;
  containers(): Promise<void>;
  /** Removes the folder and all below it. */
  release(): Promise<void>;
}

/** Where this user's runs keep their leases. A folder of each user's own: they do not sweep each other's. */
export async function runsDir(root = tmpdir()): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const dir = join(root, `dten-runs-${uid}`);
  await mkdir(dir, { recursive: true, mode: 0o711 });
  const stat = await lstat(dir);
  if (!stat.isDirectory() || (process.getuid && stat.uid !== uid)) {
    throw new DtenError('runs-not-ours', `${dir} exists and belongs to someone else`, {
      hint: 'remove it, or set TMPDIR to a folder of your own',
      exitCode: exitCodes.badInput,
    });
  }
  await chmod(dir, 0o711);
  return dir;
}

export async function readLease(dir: string): Promise<LeaseRecord | undefined> {
  try {
    return JSON.parse(await readFile(join(dir, 'lease.json'), 'utf8')) as LeaseRecord;
  } catch {
    return undefined;
  }
}

/** Folders of leases, those being made left out. */
export async function listLeases(root: string): Promise<string[]> {
  const entries = await readdir(root).catch(() => []);
  return entries.filter((name) => !name.startsWith('.')).map((name) => join(root, name));
}

/** Opens the lease of a run. The folder appears with its record in it, so that no sweep sees it without an owner. */
export async function openLease(runId: string, root?: string): Promise<Lease> {
  const runs = root ?? (await runsDir());
  const owner = await identify(process.pid);
  if (!owner)
    throw new DtenError('no-process-table', 'this process does not find itself in the process table');
  const record: LeaseRecord = { runId, owner, processes: [], dataDirs: [], containers: false };
  const dir = join(runs, runId.replace(/[^A-Za-z0-9._-]/g, '-'));
  const making = join(runs, `.${process.pid}-${randomBytes(4).toString('hex')}`);
  await mkdir(making, { mode: 0o711 });
  await chmod(making, 0o711);
  await writeFile(join(making, 'lease.json'), JSON.stringify(record), { mode: 0o600 });
  await rename(making, dir);

  let writing = Promise.resolve();
  const save = (): Promise<void> => {
    writing = writing.then(async () => {
      const path = join(dir, 'lease.json');
      await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    return writing;
  };
  return {
    runId,
    dir,
    async process(pid, what) {
      const id = await identify(pid);
      // It may have ended already.
      if (!id) return;
      record.processes.push({ ...id, what });
      await save();
    },
    async dataDir(path) {
      record.dataDirs.push(path);
      await save();
    },
    async containers() {
      record.containers = true;
      await save();
    },
    async release() {
      await writing.catch(() => undefined);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
