import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { kill } from 'node:process';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';

export interface CommandSpec {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Appended to, with both streams. */
  logFile: string;
}

export interface CommandEnd {
  exitCode: number | undefined;
  signal: string | undefined;
  /** It could not be started: ENOENT, EACCES. */
  startError: string | undefined;
  /** The last lines of both streams. */
  tail: string[];
  /** It ended and left processes in its group running; ends them. */
  endLeftovers?: () => Promise<void>;
}

/** From SIGTERM to SIGKILL. */
const graceMs = 2_000;
const killedWithinMs = 500;
/** Output that was written before the end may still be in the pipe. */
const drainMs = 250;
const tailLines = 12;
const longestTailLine = 400;

/**
 * Runs argv (no shell) in a process group of its own, so that abort ends what it started too; resolves when it
 * has ended, whichever way. What it started in the background and left running is not waited for: it may hold the
 * output open for as long as it likes. Output goes to the log file as it comes.
 */
export async function runCommand(spec: CommandSpec, signal: AbortSignal): Promise<CommandEnd> {
  await mkdir(dirname(spec.logFile), { recursive: true });
  const log = createWriteStream(spec.logFile, { flags: 'a' });
  const tail: string[] = [];
  let partial = '';
  const keep = (chunk: Buffer | string) => {
    log.write(chunk);
    const lines = (partial + chunk.toString()).split(/\r?\n/);
    partial = (lines.pop() ?? '').slice(-longestTailLine);
    for (const line of lines) if (line.trim() !== '') tail.push(line.slice(0, longestTailLine));
    tail.splice(0, Math.max(0, tail.length - tailLines));
  };

  const [program = '', ...args] = spec.argv;
  const child = execa(program, args, {
    cwd: spec.cwd,
    env: spec.env,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    detached: true,
  });
  child.all.on('data', keep);
  const closed = child.finally(() => log.end());
  let ending: Promise<void> | undefined;
  const stop = () => void (ending ??= endGroup(child.pid));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const exited = exitOf(child).then(async (end) => {
      await Promise.race([closed, delay(drainMs)]);
      return end;
    });
    const result = await Promise.race([closed, exited]);
    await ending;
    if (partial.trim() !== '') tail.push(partial);
    const { pid } = child;
    return {
      exitCode: result.exitCode,
      signal: result.signal,
      startError: pid === undefined ? ((await closed).originalMessage ?? 'could not be started') : undefined,
      tail,
      ...(pid !== undefined && !signal.aborted && signalGroup(pid, 0)
        ? { endLeftovers: () => endGroup(pid) }
        : {}),
    };
  } finally {
    signal.removeEventListener('abort', stop);
    if (!log.writableEnded) await Promise.race([closed, delay(drainMs)]);
    if (log.writableEnded) await finished(log).catch(() => undefined);
  }
}

/** Resolves with the process's own end; never for one that could not be started. */
function exitOf(child: ChildProcess): Promise<Pick<CommandEnd, 'exitCode' | 'signal'>> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
}

/** SIGTERM to the whole group, SIGKILL to what is left of it after the grace. */
async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  if (await isGone(pid, graceMs)) return;
  signalGroup(pid, 'SIGKILL');
  // The kernel takes a moment; a zombie that nobody reaps stays.
  await isGone(pid, killedWithinMs);
}

async function isGone(pid: number, withinMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < withinMs; waitedMs += 50) {
    await delay(50);
    if (!signalGroup(pid, 0)) return true;
  }
  return false;
}

/** False: nobody is left in the group. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return kill(-pid, signal);
  } catch {
    return false;
  }
}
