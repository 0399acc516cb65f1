import { readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { sleep } from '../foundation/clock.js';
import { messageOf } from '../foundation/errors.js';
import { dockerAvailable } from './container/docker-available.js';
import { removeLabelled } from './container/remove-labelled.js';
import { listLeases, readLease, runVariable, runsDir, type LeaseRecord } from './leftovers/lease.js';
import {
  identify,
  isAlive,
  processStart,
  processesWithEnv,
  signalProcess,
  type ProcessId,
} from './leftovers/process-table.js';

const graceMs = 5_000;

/**
 * Removes what runs left whose process is gone (kill -9, a power cut): processes, data directories, containers,
 * networks. A process is ended only if it is the recorded one, or carries the run's variable; runs that are still
 * under way are not touched. Returns a line for each thing removed, or that could not be.
 */
export async function sweepLeftovers(root?: string): Promise<string[]> {
  const runs = root ?? (await runsDir());
  const lines: string[] = [];
  for (const dir of await listLeases(runs)) {
    const lease = await readLease(dir);
    if (!lease || (await isAlive(lease.owner))) continue;
    try {
      lines.push(...(await sweepRun(dir, lease)));
    } catch (error) {
      lines.push(`run ${basename(dir)}: could not be removed: ${messageOf(error)}`);
    }
  }
  await removeHalfMade(runs, /^\.(\d+)-/);
  await removeHalfMade(tmpdir(), /^dten-postgres-.*\.(?:partial|old)-(\d+)-/);
  return lines;
}

async function sweepRun(dir: string, lease: LeaseRecord): Promise<string[]> {
  const name = basename(dir);
  const lines: string[] = [];
  const removed = new Set<number>();
  const end = async (what: string, ids: ProcessId[], first: NodeJS.Signals) => {
    for (const id of ids) {
      if (removed.has(id.pid) || !(await isAlive(id))) continue;
      removed.add(id.pid);
      await endProcess(id, first);
      lines.push(`run ${name}: ended ${what} (pid ${id.pid})`);
    }
  };
  // A server first, and by SIGQUIT: it ends its own backends and gives its shared memory back.
  for (const dataDir of lease.dataDirs) {
    await end('Postgres', await postmasterOf(dataDir, lease.runId), 'SIGQUIT');
  }
  for (const child of lease.processes) await end(child.what, [child], 'SIGTERM');
  await end('a process it started', await processesWithEnv(runVariable, lease.runId), 'SIGTERM');
  if (lease.containers) {
    const docker = await dockerAvailable();
    if (!docker.ok) {
      return [...lines, `run ${name}: its containers stay until Docker answers (${docker.why})`];
    }
    for (const what of await removeLabelled(lease.runId)) lines.push(`run ${name}: removed ${what}`);
  }
  await rm(dir, { recursive: true, force: true });
  lines.push(`run ${name}: removed ${dir}`);
  return lines;
}

/** The postmaster that postmaster.pid names, if that process is still the one: it has the data directory in argv. */
async function postmasterOf(dataDir: string, runId: string): Promise<ProcessId[]> {
  const [line] = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const id = await identify(Number(line));
  if (!id) return [];
  const command = await readFile(`/proc/${id.pid}/cmdline`, 'utf8').catch(() => '');
  const environ = await readFile(`/proc/${id.pid}/environ`, 'utf8').catch(() => '');
  const ours =
    command.split('\0').includes(dataDir) || environ.split('\0').includes(`${runVariable}=${runId}`);
  return ours ? [id] : [];
}

/** The process and its group, asked first, then killed. */
async function endProcess(id: ProcessId, first: NodeJS.Signals): Promise<void> {
  signalProcess(id.pid, first);
  for (let waitedMs = 0; waitedMs < graceMs && (await isAlive(id)); waitedMs += 50) await sleep(50);
  if (await isAlive(id)) signalProcess(id.pid, 'SIGKILL');
  // Every process that a run starts leads a group of its own; a group outlives its leader under the same number.
  if (first !== 'SIGQUIT') signalProcess(-id.pid, 'SIGKILL');
  for (let waitedMs = 0; waitedMs < graceMs && (await isAlive(id)); waitedMs += 20) await sleep(20);
}

/** Folders that a process was still making when it was killed, named by its pid. */
async function removeHalfMade(root: string, pattern: RegExp): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    const pid = pattern.exec(name)?.[1];
    if (pid === undefined || (await processStart(Number(pid))) !== undefined) continue;
    await rm(join(root, name), { recursive: true, force: true }).catch(() => undefined);
  }
}
