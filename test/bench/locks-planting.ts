import type pg from 'pg';
import { sleep } from '../../src/foundation/clock.js';
import { drawInt } from '../../src/foundation/rng.js';
import { parseLogEntry } from '../../src/observe/log/log-entry.js';
import { lockLineOf } from '../../src/observe/log/lock-line.js';
import { deadlockLane, timeoutLane } from './locks-endings.js';
import { pidOf, type SceneServer } from '../integration/observe/observed-server.js';

/** A wait that really was: server clock, µs since the epoch. */
export interface Planted {
  pid: number;
  lockType: string;
  ended: 'granted' | 'lock timeout' | 'deadlock';
  fromUs: number;
  toUs: number;
  rootPid: number;
}

/** How long the planted waits last, drawn uniformly from each range: [from, to, how many] for each lane. */
const plan: [fromMs: number, toMs: number, count: number][] = [
  [1, 4, 25],
  [5, 19, 25],
  [20, 48, 35],
  [52, 160, 30],
];
/** Tables and the function that plant waits. */
export const plantingSchema = `
  create table relation_lane (id int); create table row_lane (id int primary key, v int);
  create table tuple_lane (id int primary key, v int); create table index_lane (id int, v int);
  create table busy (id int primary key, v int); create table busy_too (id int primary key, v int);
  insert into row_lane values (1, 0); insert into tuple_lane values (1, 0);
  insert into busy select i, 0 from generate_series(1, 1000) i;
  insert into busy_too select i, 0 from generate_series(1, 1000) i;
  create table timeout_lane (id int); create table deadlock_lane (id int primary key, v int);
  insert into deadlock_lane values (1, 0), (2, 0);
  create function planted(statement text, out from_us bigint, out to_us bigint) language plpgsql as $$
  begin
    from_us := extract(epoch from clock_timestamp()) * 1000000;
    begin
      execute statement;
    exception when lock_not_available or deadlock_detected then
      null;
    end;
    to_us := extract(epoch from clock_timestamp()) * 1000000;
  end $$`;

/**
 * Plants waits of every lock type, the types beside each other. Truth is the waiting statement's own clock inside
 * the server; for CREATE INDEX CONCURRENTLY, which refuses to run in a function, the server's log at a
 * deadlock_timeout of 1 ms.
 */
export async function plantWaits(server: SceneServer, seed: number): Promise<Planted[]> {
  const logFrom = await logEnd(server);
  const lanes = [relationLane, rowLane, tupleLane, advisoryLane, indexLane, timeoutLane, deadlockLane];
  const truths = (await Promise.all(lanes.map((lane, i) => lane(server, holds(seed * 10 + i))))).flat();
  truths.push(...(await indexTruths(server, truths, logFrom)));
  return truths.filter((truth) => truth.fromUs > 0);
}

function holds(seed: number): number[] {
  const all = plan.flatMap(([fromMs, toMs, count], stream) =>
    Array.from({ length: count }, (_, i) => drawInt(seed, stream, i, 0, fromMs * 100, toMs * 100) / 100),
  );
  return all
    .map((ms, i) => ({ ms, at: drawInt(seed, 99, i, 0, 0, 1_000_000) }))
    .sort((a, b) => a.at - b.at)
    .map(({ ms }) => ms);
}

export const service = { kind: 'service', name: 'shop' } as const;
export const background = { kind: 'background', name: 'holder' } as const;

export async function waitIn(
  client: pg.Client,
  statement: string,
): Promise<{ fromUs: number; toUs: number }> {
  const { rows } = await client.query<{ from_us: string; to_us: string }>('select * from planted($1)', [
    statement,
  ]);
  return { fromUs: Number(rows[0]?.from_us), toUs: Number(rows[0]?.to_us) };
}

async function simpleLane(
  server: SceneServer,
  holdsMs: readonly number[],
  { lockType, hold, wait }: { lockType: string; hold: string; wait: string },
): Promise<Planted[]> {
  const holder = await server.connect(background);
  const waiter = await server.connect(service);
  const truths: Planted[] = [];
  for (const ms of holdsMs) {
    await holder.query('begin');
    await holder.query(hold);
    const waiting = waitIn(waiter, wait);
    await holder.query(`select pg_sleep(${ms / 1000}); commit`);
    truths.push({
      pid: pidOf(waiter),
      rootPid: pidOf(holder),
      lockType,
      ended: 'granted',
      ...(await waiting),
    });
    // Samples must not fall into step with the planting.
    await sleep(1 + (ms % 7));
  }
  return truths;
}

const relationLane = (server: SceneServer, holdsMs: readonly number[]) =>
  simpleLane(server, holdsMs, {
    lockType: 'relation',
    hold: 'lock table relation_lane in access exclusive mode',
    wait: 'lock table relation_lane in access share mode',
  });

const rowLane = (server: SceneServer, holdsMs: readonly number[]) =>
  simpleLane(server, holdsMs, {
    lockType: 'transactionid',
    hold: 'update row_lane set v = v + 1',
    wait: 'update row_lane set v = v + 1',
  });

const advisoryLane = (server: SceneServer, holdsMs: readonly number[]) =>
  simpleLane(server, holdsMs, {
    lockType: 'advisory',
    hold: 'select pg_advisory_xact_lock(7)',
    wait: 'select pg_advisory_xact_lock(7)',
  });

/**
 * Two wait for one row: the one that came second, on the tuple lock of the first. The holder only locks the row: had
 * it changed it, the first would let go of the old version's lock, and the second might overtake it.
 */
async function tupleLane(server: SceneServer, holdsMs: readonly number[]): Promise<Planted[]> {
  const holder = await server.connect(background);
  const waiters = await Promise.all([server.connect(service), server.connect(service)]);
  const truths: Planted[] = [];
  for (const ms of holdsMs) {
    await holder.query('begin');
    await holder.query('select from tuple_lane for update');
    const waiting = waiters.map(async (waiter, i) => {
      await sleep(i * 2);
      return { pid: pidOf(waiter), ...(await waitIn(waiter, 'update tuple_lane set v = v + 1')) };
    });
    await sleep(2);
    await holder.query(`select pg_sleep(${ms / 1000}); commit`);
    const [first, second] = (await Promise.all(waiting)).sort((a, b) => a.toUs - b.toUs);
    if (first && second) {
      truths.push({
        ...second,
        lockType: 'tuple',
        ended: 'granted',
        toUs: first.toUs,
        rootPid: pidOf(holder),
      });
    }
  }
  return truths;
}

/** Placeholders without times: the log has them. */
async function indexLane(server: SceneServer, holdsMs: readonly number[]): Promise<Planted[]> {
  const holder = await server.connect(background);
  const waiter = await server.connect(service, { deadlock_timeout: '1ms' });
  for (const ms of holdsMs.slice(0, 60)) {
    await holder.query('begin');
    await holder.query('insert into index_lane values (1, 1)');
    const waiting = waiter.query('create index concurrently index_lane_v on index_lane (v)');
    await holder.query(`select pg_sleep(${ms / 1000}); commit`);
    await waiting;
    await waiter.query('drop index index_lane_v');
  }
  return [
    {
      pid: pidOf(waiter),
      rootPid: pidOf(holder),
      lockType: 'virtualxid',
      ended: 'granted',
      fromUs: 0,
      toUs: 0,
    },
  ];
}

async function indexTruths(
  server: SceneServer,
  truths: readonly Planted[],
  logFrom: number,
): Promise<Planted[]> {
  const placeholder = truths.find(({ lockType }) => lockType === 'virtualxid');
  if (!placeholder) return [];
  await sleep(200);
  const { text } = await readOwnLog(server, logFrom);
  // It also waits for whoever else in the database has an older snapshot: the log names whom.
  let rootPid = 0;
  return text.split('\n').flatMap((line): Planted[] => {
    const entry = parseLogEntry(line, 0);
    const told = entry && entry.pid === placeholder.pid ? lockLineOf(entry, entry.epochUs) : undefined;
    if (told?.kind === 'waiting') rootPid = told.holders[0] ?? 0;
    if (told?.kind !== 'acquired' || told.tag.lockType !== 'virtualxid') return [];
    return [{ ...placeholder, rootPid, fromUs: told.atUs - told.afterUs, toUs: told.atUs }];
  });
}

async function logEnd(server: SceneServer): Promise<number> {
  let at = 0;
  for (;;) {
    const { nextByte } = await readOwnLog(server, at);
    if (nextByte === at) return at;
    at = nextByte;
  }
}

async function readOwnLog(
  server: SceneServer,
  fromByte: number,
): Promise<{ text: string; nextByte: number }> {
  const read = await server.readLog(fromByte);
  if ('unavailable' in read) throw new Error(`the truth is in the server's log: ${read.unavailable}`);
  return read;
}

/** Sessions that update rows of their own inside the server, as fast as they can, until told to stop. */
export async function saturate(server: SceneServer): Promise<() => Promise<void>> {
  const sessions = await Promise.all(
    ['busy', 'busy_too'].map(() => server.connect({ kind: 'traffic', name: 'busy' })),
  );
  const running = sessions.map((session, i) =>
    session
      .query(
        `do $$ begin loop
           update ${i === 0 ? 'busy' : 'busy_too'} set v = v + 1 where id = 1 + floor(random() * 1000);
           commit;
         end loop; end $$`,
      )
      .catch(() => undefined),
  );
  await sleep(500);
  return async () => {
    const admin = await server.connect({ kind: 'observer', name: 'bench' });
    await admin.query('select pg_cancel_backend(pid) from unnest($1::int[]) pid', [sessions.map(pidOf)]);
    await Promise.all(running);
  };
}
