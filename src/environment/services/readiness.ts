import { connect } from 'node:net';
import { request } from 'node:http';
import { abortReason, sleep } from '../../foundation/clock.js';
import { messageOf } from '../../foundation/errors.js';
import { formatMs } from '../../foundation/units.js';
import type { ServiceSpec } from '../../model/scenario.js';
import { ReplicaFailure, type Replica } from './replica.js';

type Ready = ServiceSpec['ready'];

const pollMs = 50;
const attemptMs = 2_000;

/** One check: its name, and what it last saw when it has not passed yet. */
interface Check {
  name: string;
  last: string;
  pass(signal: AbortSignal): Promise<void>;
}

/** A GET; resolves with the status. */
function statusOf(origin: string, path: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const url = new URL(path, origin);
    const req = request(url, { signal, timeout: attemptMs, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    req.once('timeout', () => req.destroy(new Error(`no answer within ${attemptMs} ms`)));
    req.once('error', reject);
    req.end();
  });
}

function reachable(origin: string): Promise<void> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), timeout: attemptMs }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${attemptMs} ms`)));
    socket.once('error', reject);
  });
}

function checksOf(replica: Replica, ready: Ready, listens: boolean): Check[] {
  const { origin } = replica.target;
  const checks: Check[] = [];
  const { http, log } = ready;
  if (log !== undefined) {
    checks.push({
      name: `log /${log}/`,
      last: 'no such line',
      pass: (signal) => replica.log.waitFor(new RegExp(log), signal),
    });
  }
  // Whatever is asked for, a replica that gets requests must accept connections before it does.
  if (ready.tcp ?? (http === undefined && log === undefined && listens)) {
    const check: Check = {
      name: `tcp ${new URL(origin).host}`,
      last: '',
      pass: (signal) => poll(check, signal, async () => (await reachable(origin), true)),
    };
    checks.push(check);
  }
  if (http !== undefined) {
    const check: Check = {
      name: `http ${http}`,
      last: '',
      pass: (signal) =>
        poll(check, signal, async () => {
          const status = await statusOf(origin, http, signal);
          check.last = `status ${status}`;
          return status >= 200 && status < 300;
        }),
    };
    checks.push(check);
  }
  return checks;
}

async function poll(check: Check, signal: AbortSignal, attempt: () => Promise<boolean>): Promise<void> {
  for (;;) {
    try {
      if (await attempt()) return;
    } catch (error) {
      if (signal.aborted) throw abortReason(signal);
      check.last = messageOf(error);
    }
    await sleep(pollMs, signal);
  }
}

/**
 * Waits until every check passes. `listens`: HTTP traffic goes to this service, so without a check of its own it
 * must at least accept connections.
 * @throws ReplicaFailure naming the replica, the check and what it saw last; the signal's reason when aborted.
 */
export async function untilReady(
  replica: Replica,
  ready: Ready,
  listens: boolean,
  signal: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const both = AbortSignal.any([signal, done.signal]);
  let timer: NodeJS.Timeout | undefined;
  const fail = async (code: 'service-not-ready' | 'service-died', message: string): Promise<never> => {
    throw new ReplicaFailure(code, `${replica.name} ${message}`, await replica.log.tail());
  };
  try {
    const deadline = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), ready.timeout);
    });
    const died = replica.ended.then((exit) => ({ exit }));
    for (const check of checksOf(replica, ready, listens)) {
      const passed = check.pass(both).then(() => 'passed' as const);
      passed.catch(() => undefined);
      const first = await Promise.race([passed, deadline, died]);
      if (first === 'late') {
        const last = check.last === '' ? 'no answer yet' : check.last;
        await fail(
          'service-not-ready',
          `was not ready within ${formatMs(ready.timeout)}: ${check.name}: ${last}`,
        );
      } else if (first !== 'passed') {
        await fail('service-died', `ended before it was ready (${first.exit.how})`);
      }
    }
  } finally {
    clearTimeout(timer);
    done.abort();
  }
}
