import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import type { ServerSample, StampedEvent } from '../../../src/model/observation.js';
import { startServerStats } from '../../../src/observe/server-stats.js';
import { observe, pidOf, startObservedServer, untilWaiting, type ObservedServer } from './observed-server.js';

let server: ObservedServer;
let watcher: pg.Client;
beforeAll(async () => {
  server = await startObservedServer();
  watcher = await server.postgres.connect();
  const admin = await server.connect({ kind: 'observer', name: 'test' });
  await admin.query('create table parts (id int primary key); insert into parts values (1)');
});
afterAll(() => server?.[Symbol.asyncDispose]());

const degraded = (events: readonly StampedEvent[]) =>
  events.flatMap((event) => (event.type === 'degraded' ? [`${event.source}: ${event.lost}`] : []));

/**
 * A migration keeps a catalog for itself (VACUUM FULL, a careless LOCK), the observers' own queries need it, and the
 * traffic waits for a table that was made after the observers began: its name is not known to them yet.
 */
test.each([
  { catalog: 'pg_class', blind: ['table statistics'] },
  { catalog: 'pg_database', blind: ['pg_stat_database', 'pg_stat_activity'] },
  { catalog: 'pg_authid', blind: ['pg_stat_activity', 'sessions by application'] },
])(
  'AccessExclusive on $catalog: no observer waits longer than its timeout, each says so, no wait is lost',
  async ({ catalog, blind }) => {
    const migrator = await server.connect({ kind: 'upgrade', name: 'vacuum' });
    const holder = await server.connect({ kind: 'upgrade', name: 'add note' });
    const waiter = await server.connect({ kind: 'service', name: 'shop' });
    const samples: ServerSample[] = [];
    const { waits, coverage, events } = await observe(server, async ({ ctx, database }) => {
      const sink = { lockWait: () => undefined, server: (sample: ServerSample) => samples.push(sample) };
      const stats = await startServerStats(ctx, database, sink);
      await holder.query(`create table later_${catalog} (id int)`);
      await waiter.query(`table later_${catalog}`);
      await holder.query(`begin; lock table later_${catalog}`);
      await migrator.query(`begin; lock table ${catalog} in access exclusive mode`);
      const reading = waiter.query(`table later_${catalog}`);
      await untilWaiting(watcher, pidOf(waiter));
      await sleep(3_000);
      await holder.query('commit');
      await migrator.query('commit');
      await reading;
      await sleep(2_500);
      await stats[Symbol.asyncDispose]();
    });
    const own = waits.filter(({ waiter: { pid } }) => pid === pidOf(waiter));
    expect(own).toMatchObject([
      { relation: `public.later_${catalog}`, ended: 'granted', root: { pid: pidOf(holder) } },
    ]);
    expect(own[0]!.durationMs).toBeGreaterThan(2_900);
    expect(own[0]!.errorMs).toBeLessThan(900);
    // The sampler reads no catalog: it does not queue. Others do, and are seen queueing, a second at a time.
    for (const [fromUs, toUs] of coverage.gaps) expect(toUs - fromUs).toBeLessThan(900_000);
    const observers = waits.filter(({ waiter: { actor } }) => actor.kind === 'observer');
    expect(observers.length).toBeGreaterThan(0);
    for (const { relation, durationMs, root } of observers) {
      expect(relation).toBe(`pg_catalog.${catalog}`);
      expect(durationMs).toBeLessThan(2_000);
      expect(root?.pid).toBe(pidOf(migrator));
    }
    const told = degraded(events);
    for (const what of blind) {
      expect(told).toContain(`server statistics: ${what}: canceling statement due to lock timeout`);
    }
    // What they could not read is not there, rather than nought; and it is back afterwards.
    const during = samples.filter((sample) => blindIn(sample, blind));
    expect(during.length).toBeGreaterThan(0);
    expect(blindIn(samples.at(-1)!, blind)).toBe(false);
    expect(samples.at(-1)!.tableActivity[`public.later_${catalog}`]).toBeGreaterThan(0);
  },
  30_000,
);

function blindIn(sample: ServerSample, blind: readonly string[]): boolean {
  return blind.every((what) => {
    if (what === 'table statistics') return Object.keys(sample.tableActivity).length === 0;
    if (what === 'pg_stat_database') return sample.commits === null;
    return what === 'pg_stat_activity' ? sample.activeBackends === null : sample.sessions === undefined;
  });
}
