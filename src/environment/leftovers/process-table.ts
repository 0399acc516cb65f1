import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** A process, told apart from a later one that got its pid by when it started. */
export interface ProcessId {
  pid: number;
  /** Opaque: equal for the same process only. */
  startedAt: string;
}

/** When a living process started; undefined if there is none. A zombie counts as none: it holds nothing any more. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The second field, the command in parentheses, may hold spaces and parentheses; state is 3, starttime 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    if (!startTicks || state === 'Z' || state === 'X') return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${boot.trim().slice(0, 8)}:${startTicks}`;
  }
  const { stdout } = await exec('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}

export async function identify(pid: number): Promise<ProcessId | undefined> {
  const startedAt = await processStart(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  return (await processStart(id.pid)) === id.startedAt;
}

/** Sends a signal to a process, or with a negative pid to its group; false if there is none or it is not ours. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/**
 * Processes whose environment at their start held `NAME=value`: what a run started, and what that started, however
 * it was daemonised. Linux only (elsewhere nothing is found); other users' processes are not seen unless we are root.
 */
export async function processesWithEnv(name: string, value: string): Promise<ProcessId[]> {
  const wanted = `${name}=${value}`;
  const found: ProcessId[] = [];
  for (const entry of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
    const environ = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
    if (!environ.split('\0').includes(wanted)) continue;
    const id = await identify(Number(entry));
    if (id) found.push(id);
  }
  return found;
}
