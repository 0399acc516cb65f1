import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { messageOf } from '../../foundation/errors.js';
import { freePort } from '../free-port.js';
import { runVariable, type Lease } from '../leftovers/lease.js';
import { signalProcess } from '../leftovers/process-table.js';
import { ReplicaFailure, type Replica, type ReplicaExit, type ReplicaSpec } from './replica.js';
import type { ReplicaLog } from './replica-log.js';

/**
 * What a service must not inherit: how the harness's own node is run, and databases of the user's shell: a service
 * that the scenario gives no URL would else write to whatever DATABASE_URL the shell had, in the worst case production.
 */
const notInherited = [
  'DATABASE_URL',
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_V8_COVERAGE',
];

export interface ProcessReplicaOptions {
  name: string;
  spec: ReplicaSpec & { command: string[] };
  /** Rendered. */
  env: Record<string, string>;
  baseDir: string;
  log: ReplicaLog;
  lease: Lease;
}

/**
 * Starts a service as a process with PORT (a free one) and HOST=127.0.0.1, in a process group of its own, so that
 * what it starts can be ended with it. It runs as the same user as dten.
 */
export async function startProcessReplica(options: ProcessReplicaOptions): Promise<Replica> {
  const { name, spec, log, lease, baseDir } = options;
  const port = await freePort();
  const [program = '', ...args] = spec.command;
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !notInherited.includes(key) && !/^PG[A-Z]+$/.test(key)),
  );
  const cwd = spec.cwd === undefined ? baseDir : isAbsolute(spec.cwd) ? spec.cwd : resolve(baseDir, spec.cwd);
  const output = await open(log.path, 'a');
  const child = spawn(program, args, {
    cwd,
    env: {
      ...inherited,
      HOST: '127.0.0.1',
      ...options.env,
      PORT: String(port),
      [runVariable]: lease.runId,
    },
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
  });
  const ended = new Promise<ReplicaExit>((resolveEnd) => {
    child.once('exit', (code, signal) => resolveEnd({ how: signal ?? `exit ${code}` }));
    child.once('error', (error) => resolveEnd({ how: messageOf(error) }));
  });
  await output.close();
  const { pid } = child;
  if (pid === undefined) {
    const { how } = await ended;
    throw new ReplicaFailure(
      'service-not-started',
      `${name}: ${program} could not be started in ${cwd}: ${how}`,
    );
  }
  await lease.process(pid, name);
  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    child.kill('SIGTERM');
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolveLate) => {
      timer = setTimeout(resolveLate, graceMs);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
    // Its children, and itself if it did not listen. The group keeps its number while anyone is in it.
    signalProcess(-pid, 'SIGKILL');
    await ended;
  };
  return {
    name,
    log,
    ended,
    target: { origin: `http://127.0.0.1:${port}`, replica: name },
    stop(graceMs) {
      stopping ??= stop(graceMs);
      return stopping;
    },
  };
}
