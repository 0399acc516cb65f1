import type pg from 'pg';
import { sleep } from '../../src/foundation/clock.js';
import { background, service, waitIn, type Planted } from './locks-planting.js';
import { pidOf, type SceneServer } from '../integration/observe/observed-server.js';

/** The waiter gives up: its lock_timeout is the length of the wait. */
export async function timeoutLane(server: SceneServer, holdsMs: readonly number[]): Promise<Planted[]> {
  const holder = await server.connect(background);
  const waiter = await server.connect(service);
  const truths: Planted[] = [];
  for (const ms of holdsMs) {
    await holder.query('begin; lock table timeout_lane');
    await waiter.query(`set lock_timeout = ${Math.max(1, Math.round(ms))}`);
    const waited = await waitIn(waiter, 'lock table timeout_lane in access share mode');
    await holder.query('commit');
    truths.push({
      pid: pidOf(waiter),
      rootPid: pidOf(holder),
      lockType: 'relation',
      ended: 'lock timeout',
      ...waited,
    });
    await sleep(1 + (ms % 7));
  }
  return truths;
}

/**
 * Two wait for each other; the victim is the one whose deadlock_timeout passes first, and it is the length of its
 * wait. A deadlock has no root: the other session must stand in front.
 */
export async function deadlockLane(server: SceneServer, holdsMs: readonly number[]): Promise<Planted[]> {
  const survivor = await server.connect(background, { deadlock_timeout: '1min' });
  const victim = await server.connect(service);
  const truths: Planted[] = [];
  for (const ms of holdsMs.slice(0, 60)) {
    await victim.query(`set deadlock_timeout = ${Math.max(1, Math.round(ms))}`);
    await survivor.query('begin; update deadlock_lane set v = v + 1 where id = 1');
    await victim.query('begin; update deadlock_lane set v = v + 1 where id = 2');
    const surviving = survivor.query('update deadlock_lane set v = v + 1 where id = 2');
    while (!(await isWaiting(server, pidOf(survivor)))) await sleep(1);
    const waited = await waitIn(victim, 'update deadlock_lane set v = v + 1 where id = 1');
    await victim.query('rollback');
    await surviving;
    await survivor.query('rollback');
    truths.push({
      pid: pidOf(victim),
      rootPid: pidOf(survivor),
      lockType: 'transactionid',
      ended: 'deadlock',
      ...waited,
    });
    await sleep(1 + (ms % 7));
  }
  return truths;
}

const watchers = new WeakMap<SceneServer, Promise<pg.Client>>();

async function isWaiting(server: SceneServer, pid: number): Promise<boolean> {
  const watcher = watchers.get(server) ?? server.connect({ kind: 'observer', name: 'bench' });
  watchers.set(server, watcher);
  const { rowCount } = await (
    await watcher
  ).query('select from pg_locks where pid = $1 and not granted', [pid]);
  return rowCount === 1;
}
