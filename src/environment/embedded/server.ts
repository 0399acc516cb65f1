import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { abortReason, sleep, startClock } from '../../foundation/clock.js';
import { DtenError } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import type { LogChunk } from '../../model/contracts.js';
import { statementLibrary } from '../database/statement-library.js';
import { freePort } from '../free-port.js';
import { postgresBinaries, shipsLibrary } from './binaries.js';
import { checkSettings, jsonLogName, serverSettings } from './configuration.js';
import { cleanEnv, makeCluster } from './initdb.js';
import { readLines } from './log-file.js';
import { unprivilegedUser } from './unprivileged-user.js';

export interface EmbeddedServerOptions {
  /** A folder for this server alone; made if absent. The data directory is `<dir>/data`. */
  dir: string;
  settings?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Added to the server's environment, which is otherwise bare. */
  env?: Readonly<Record<string, string>>;
  /** Called with the postmaster's pid at every start, before it answers, so that a lease can name it. */
  onSpawn?: (pid: number) => Promise<void> | void;
  /** Where ports come from. */
  choosePort?: () => Promise<number>;
}

/** How the server ended without being asked to. */
interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  logTail: string[];
}

export interface EmbeddedServer extends AsyncDisposable {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly superuser: 'postgres';
  readonly password: string;
  readonly dataDir: string;
  readonly binDir: string;
  /** The postmaster's. */
  readonly pid: number;
  /** Called once if the server ends unasked. */
  onExit(listener: (exit: ServerExit) => void): void;
  /** Whole lines of its jsonlog from a byte offset on. */
  readLog(fromByte: number): Promise<LogChunk>;
  /** Starts it again after a stop, on the same port. */
  start(): Promise<void>;
  /** Stops (fast) and starts it again on the same port. */
  restart(): Promise<void>;
  /** Idempotent. `fast` rolls back and checkpoints; `immediate` leaves crash recovery to the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  /** SIGKILL to the postmaster: what a crash looks like. */
  kill9(): Promise<void>;
}

const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;

interface Running {
  child: ChildProcess;
  pid: number;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/**
 * Starts a Postgres of its own below `dir`, on a free port of 127.0.0.1, as an unprivileged user if we are root.
 * @throws DtenError when it cannot be started, with the end of its log; exit 2 for a setting it refuses.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { dir, signal, choosePort = freePort } = options;
  const scenarioSettings = options.settings ?? {};
  checkSettings(scenarioSettings);
  const { binDir } = await postgresBinaries();
  const user = await unprivilegedUser();
  const dataDir = join(dir, 'data');
  const password = randomBytes(18).toString('hex');
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o711);
  // A library that is missing would keep the server from starting.
  const settings = serverSettings(
    scenarioSettings,
    (await shipsLibrary(binDir, statementLibrary)) ? { shared_preload_libraries: statementLibrary } : {},
  );
  await makeCluster({ binDir, dataDir, superuser: 'postgres', password, user, settings, signal });

  const listeners: ((exit: ServerExit) => void)[] = [];
  const logPath = join(dataDir, 'log', jsonLogName);
  let running: Running | undefined;
  let asked = false;

  /** Before its log collector runs, the server speaks on stderr: wrong settings are told there. */
  const errorPath = join(dir, 'stderr.log');

  const launch = async (port: number): Promise<Running> => {
    const errors = await open(errorPath, 'w');
    const child = spawn(join(binDir, 'postgres'), ['-D', dataDir, '-p', String(port)], {
      cwd: '/',
      env: { ...cleanEnv, ...options.env },
      stdio: ['ignore', 'ignore', errors.fd],
      // A group of its own: Ctrl-C on the terminal is for us, who end the server in order.
      detached: true,
      ...(user ?? {}),
    });
    const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      child.once('exit', (code, exitSignal) => resolve({ code, signal: exitSignal }));
      child.once('error', reject);
    });
    ended.catch(() => undefined);
    await errors.close();
    if (child.pid === undefined) {
      await ended;
      throw new DtenError('postgres-not-started', 'the embedded Postgres could not be spawned');
    }
    await options.onSpawn?.(child.pid);
    return { child, pid: child.pid, ended };
  };

  /** Resolves true when it accepts connections, false when it ended before. */
  const ready = async (server: Running): Promise<boolean> => {
    let over = false;
    void server.ended.finally(() => (over = true)).catch(() => undefined);
    const clock = startClock();
    while (clock.now() < startDeadlineMs * 1000) {
      if (over) return false;
      // The postmaster writes its state to line 8, as pg_ctl reads it.
      const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
      if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return true;
      await sleep(10, signal);
    }
    throw new DtenError(
      'postgres-not-ready',
      `the embedded Postgres was not ready within ${startDeadlineMs} ms`,
    );
  };

  const start = async (port: number): Promise<{ ok: true } | { ok: false; log: string }> => {
    const logFrom = (await lastByte(logPath)) ?? 0;
    const server = await launch(port);
    try {
      if (signal?.aborted) throw abortReason(signal);
      if (!(await ready(server))) {
        const errors = await readFile(errorPath, 'utf8');
        return { ok: false, log: errors + (await readLines(logPath, logFrom)).text };
      }
    } catch (error) {
      server.child.kill('SIGKILL');
      await server.ended.catch(() => undefined);
      throw error;
    }
    running = server;
    asked = false;
    void server.ended.then(async ({ code, signal: exitSignal }) => {
      if (asked || running !== server) return;
      const logTail = tail((await readLines(logPath, logFrom)).text);
      for (const listener of listeners) listener({ code, signal: exitSignal, logTail });
    });
    return { ok: true };
  };

  let port = 0;
  for (let attempt = 1; running === undefined; attempt++) {
    port = await choosePort();
    const started = await start(port);
    if (started.ok) break;
    if (/Address already in use/.test(started.log) && attempt < 20) continue;
    throw startFailure(started.log, scenarioSettings);
  }

  const stop = async (mode: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    const server = running;
    if (!server) return;
    asked = true;
    const end = server.ended.then(() => true as const);
    for (const [stopSignal, waitMs] of [
      [mode === 'fast' ? 'SIGINT' : 'SIGQUIT', stopDeadlineMs],
      ['SIGQUIT', 5_000],
      ['SIGKILL', 5_000],
    ] as const) {
      server.child.kill(stopSignal);
      if (await Promise.race([end, unrefSleep(waitMs)])) break;
    }
    running = undefined;
  };

  const startAgain = async (): Promise<void> => {
    const started = await start(port);
    if (!started.ok) throw startFailure(started.log, scenarioSettings);
  };

  return {
    host: '127.0.0.1',
    superuser: 'postgres',
    password,
    dataDir,
    binDir,
    get port() {
      return port;
    },
    get pid() {
      return running?.pid ?? 0;
    },
    onExit: (listener) => listeners.push(listener),
    readLog: (fromByte) => readLines(logPath, fromByte),
    stop,
    [Symbol.asyncDispose]: () => stop(),
    start: startAgain,
    restart: () => stop().then(startAgain),
    async kill9() {
      running?.child.kill('SIGKILL');
      await running?.ended;
    },
  };
}

function unrefSleep(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false).unref());
}

async function lastByte(path: string): Promise<number | undefined> {
  const content = await readFile(path).catch(() => undefined);
  return content?.length;
}

/** Messages of the last jsonlog lines, plain. */
function tail(log: string, lines = 20): string[] {
  return log
    .trim()
    .split('\n')
    .slice(-lines)
    .map((line) => {
      try {
        const entry = JSON.parse(line) as { error_severity?: string; message?: string };
        return `${entry.error_severity ?? 'LOG'}: ${entry.message ?? line}`;
      } catch {
        return line;
      }
    });
}

function startFailure(log: string, settings: Readonly<Record<string, string>>): DtenError {
  const lines = tail(log);
  const blamed = Object.keys(settings).find((name) => lines.some((line) => line.includes(`"${name}"`)));
  return new DtenError(
    'postgres-not-started',
    `the embedded Postgres did not start:\n  ${lines.join('\n  ')}`,
    {
      ...(blamed
        ? { exitCode: exitCodes.badInput, hint: `look at environment.database.settings.${blamed}` }
        : {}),
    },
  );
}
