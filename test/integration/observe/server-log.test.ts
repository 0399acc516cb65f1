import { truncate } from 'node:fs/promises';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import { logThroughSql } from '../../../src/environment/database/server-log.js';
import { openSession } from '../../../src/environment/database/session.js';
import { TeardownStack } from '../../../src/foundation/teardown.js';
import type { StampedEvent } from '../../../src/model/observation.js';
import { observe, pidOf, startObservedServer, untilWaiting, type ObservedServer } from './observed-server.js';

let server: ObservedServer;
let watcher: pg.Client;
beforeAll(async () => {
  server = await startObservedServer();
  watcher = await server.connect({ kind: 'observer', name: 'test' });
  await watcher.query('create table parts (id int primary key)');
});
afterAll(() => server?.[Symbol.asyncDispose]());

const logFile = () => join(server.postgres.server.dataDir, 'log', 'postgresql.json');
/** The sampler looks once: what is told of a wait comes from the log. */
const logOnly = { cadenceMs: 60_000 };
const degraded = (events: readonly StampedEvent[]) =>
  events.flatMap((event) => (event.type === 'degraded' ? [event.lost] : []));

/** A wait that the log tells of, then a pause that is longer than the time between two looks at the log. */
async function loggedWait(): Promise<number> {
  const holder = await server.connect({ kind: 'upgrade', name: 'add status' });
  const waiter = await server.connect({ kind: 'service', name: 'shop' }, { deadlock_timeout: '20ms' });
  await holder.query('begin; lock table parts');
  const reading = waiter.query('table parts');
  await untilWaiting(watcher, pidOf(waiter));
  await sleep(60);
  await holder.query('commit');
  await reading;
  await sleep(1_300);
  return pidOf(waiter);
}

test('that is emptied and torn mid-run: what was read and what comes after is told, and that lines are missing', async () => {
  const pids: number[] = [];
  const { waits, events, coverage } = await observe(
    server,
    async () => {
      pids.push(await loggedWait());
      // Of a disk that was full: a line without its end, with the next one after it.
      appendFileSync(logFile(), '{"timestamp":"2026-11-25 09:00:00.000 UTC","pid":7,"mess');
      pids.push(await loggedWait());
      await truncate(logFile(), 0);
      await sleep(1_300);
      pids.push(await loggedWait());
    },
    logOnly,
  );
  expect(waits.map(({ waiter }) => waiter.pid)).toEqual(pids);
  for (const wait of waits) expect(wait).toMatchObject({ seenBy: ['log'], ended: 'granted' });
  expect(coverage.log).toBe('read');
  const lost = degraded(events);
  expect(lost).toContainEqual(expect.stringMatching(/^the server’s log: the file was cut short/));
  expect(lost).toContainEqual(
    expect.stringMatching(/^a line of the server’s log could not be read \(torn\)/),
  );
});

test('that goes on in another file, and another, mid-run: every wait is told once, and nothing is amiss', async () => {
  const teardown = new TeardownStack();
  const readLog = logThroughSql(() => openSession({ url: server.postgres.url }), teardown);
  const admin = await server.postgres.connect();
  const rotateTo = async (name: string) => {
    await admin.query(`alter system set log_filename = '${name}'`);
    await admin.query('select pg_reload_conf()');
    for (;;) {
      await admin.query('select pg_rotate_logfile()');
      await sleep(50);
      const { rows } = await admin.query<{ file: string }>(`select pg_current_logfile('jsonlog') as file`);
      if (rows[0]?.file.includes(name.replace(/\.log$/, ''))) return;
    }
  };
  const pids: number[] = [];
  const { waits, events, coverage } = await observe(
    server,
    async () => {
      pids.push(await loggedWait());
      await rotateTo('second.log');
      pids.push(await loggedWait());
      // The last lines of a file that is left before it was looked at again.
      const late = loggedWait();
      await sleep(400);
      await rotateTo('third.log');
      pids.push(await late, await loggedWait());
    },
    { ...logOnly, overrides: { readLog } },
  );
  await teardown.run();
  await admin.query('alter system reset log_filename');
  expect(waits.map(({ waiter }) => waiter.pid)).toEqual(pids);
  for (const wait of waits) expect(wait).toMatchObject({ seenBy: ['log'], ended: 'granted' });
  expect(coverage.log).toBe('read');
  expect(degraded(events).filter((lost) => lost.includes('log'))).toEqual([]);
});
