import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { sleep, startClock } from '../../src/foundation/clock.js';
import { drawInt } from '../../src/foundation/rng.js';
import type { Goal } from './goals.js';
import { startSamplerWorker } from '../../src/observe/sampler/sampler-worker.js';
import type { CadenceReport } from '../../src/observe/sampler/messages.js';
import { pidOf, startObservedServer, type ObservedServer } from '../integration/observe/observed-server.js';

const pairs = 8;
const sliceMs = 1_200;
const connections = 8;
const cadenceMs = 10;
/** Student's t, 97.5%, 7 degrees of freedom: one fewer than pairs. */
const t = 2.365;
/** USER_HZ of Linux: /proc counts CPU time in 10 ms. */
const tickMs = 10;

interface Slice {
  latenciesMs: number[];
  seconds: number;
  /** CPU of the sampler's thread and of its backend, ms. */
  threadMs: number;
  backendMs: number;
  cadence: CadenceReport | undefined;
}

/**
 * What the sampler does to the server it watches: slices of one workload with and without it, interleaved and
 * compared pair by pair, since a machine's noise lasts longer than a slice.
 */
export async function run(): Promise<Goal[]> {
  await using server = await startObservedServer({ synchronous_commit: 'off' });
  const admin = await server.connect({ kind: 'observer', name: 'bench' });
  await admin.query(
    'create table accounts (id int primary key, v int); insert into accounts select i, 0 from generate_series(1, 10000) i',
  );
  const clients = await Promise.all(
    Array.from({ length: connections }, () => server.connect({ kind: 'traffic', name: 'accounts' })),
  );
  console.log(
    `The sampler's price: ${pairs} pairs of ${sliceMs} ms slices, on and off in turn, ${connections} connections`,
  );
  for (const [name, pauseMs] of [
    ['paced, about 600 transactions/s', 12],
    ['saturated', 0],
  ] as const) {
    await slice(server, clients, pauseMs, false);
    const on: Slice[] = [];
    const off: Slice[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      // Which comes first alternates, so that a drift does not favour one.
      for (const sampling of pair % 2 === 0 ? [true, false] : [false, true]) {
        (sampling ? on : off).push(await slice(server, clients, pauseMs, sampling));
      }
    }
    report(name, on, off);
  }
  // The reference sets no figure to reach: the price is shown with its interval.
  return [];
}

function report(name: string, on: readonly Slice[], off: readonly Slice[]): void {
  const perSecond = (slices: readonly Slice[]) =>
    slices.reduce((sum, one) => sum + one.latenciesMs.length, 0) /
    slices.reduce((sum, one) => sum + one.seconds, 0);
  console.log(
    `\n${name}: ${perSecond(off).toFixed(0)}/s without, ${perSecond(on).toFixed(0)}/s with the sampler`,
  );
  for (const [label, q] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const logs = on.map((one, i) => Math.log(quantile(one, q) / quantile(off[i] ?? one, q)));
    const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
    const deviation = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (logs.length - 1));
    const margin = (t * deviation) / Math.sqrt(logs.length);
    const typicalMs =
      off.map((one) => quantile(one, q)).sort((a, b) => a - b)[Math.floor(off.length / 2)] ?? 0;
    console.log(
      `  ${label} on ÷ off ${Math.exp(mean).toFixed(3)}  (95%: ${Math.exp(mean - margin).toFixed(3)} to ${Math.exp(mean + margin).toFixed(3)}; off ${typicalMs.toFixed(2)} ms)`,
    );
  }
  const seconds = on.reduce((sum, one) => sum + one.seconds, 0);
  const share = (ms: number) => `${((100 * ms) / (seconds * 1000)).toFixed(1)}% of a core`;
  const samples = on.reduce((sum, one) => sum + (one.cadence?.samples ?? 0), 0);
  const floors = on.map((one) => one.cadence?.floorMs ?? 0).sort((a, b) => a - b);
  const threadMs = on.reduce((sum, one) => sum + one.threadMs, 0);
  const backendMs = on.reduce((sum, one) => sum + one.backendMs, 0);
  console.log(
    `  CPU: its thread ${share(threadMs)}, its backend ${share(backendMs)}; ${(samples / seconds).toFixed(0)} samples/s, floor ${floors[Math.floor(floors.length / 2)]?.toFixed(1)} ms (median slice)`,
  );
}

function quantile({ latenciesMs }: Slice, q: number): number {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

async function slice(
  server: ObservedServer,
  clients: readonly pg.Client[],
  pauseMs: number,
  sampling: boolean,
): Promise<Slice> {
  const clock = startClock();
  let cadence: CadenceReport | undefined;
  const threadsBefore = await threads();
  const worker = sampling
    ? startSamplerWorker(
        {
          urls: [`${server.postgres.url}?application_name=dten%2Fobserver%2Flocks`],
          databaseName: 'app',
          cadenceMs,
          clock: { zeroNs: clock.zeroNs, zeroEpochUs: clock.zeroEpochUs },
        },
        (message) => {
          if (message.type === 'stopped') cadence = message.cadence;
        },
        (why) => console.log(`  the sampler broke: ${why}`),
      )
    : undefined;
  await worker?.ready;
  const started = (await threads()).filter((id) => !threadsBefore.includes(id));
  const backend = sampling ? await samplerBackend(server) : undefined;
  const cpu = async () => ({
    threadMs: await cpuMsOf(started.map((id) => `/proc/self/task/${id}/stat`)),
    backendMs: backend === undefined ? 0 : await cpuMsOf([`/proc/${backend}/stat`]),
  });
  const before = await cpu();
  const fromUs = clock.now();
  const latenciesMs: number[] = [];
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let i = 0; clock.now() - fromUs < sliceMs * 1000; i++) {
        const id = drawInt(1, lane, i, 0, 1, 10_000);
        const sentUs = clock.now();
        await client.query({ name: 'u', text: 'update accounts set v = v + 1 where id = $1', values: [id] });
        latenciesMs.push((clock.now() - sentUs) / 1000);
        if (pauseMs > 0) await sleep(pauseMs);
      }
    }),
  );
  const seconds = (clock.now() - fromUs) / 1e6;
  const after = await cpu();
  await worker?.stop();
  return {
    latenciesMs,
    seconds,
    threadMs: after.threadMs - before.threadMs,
    backendMs: after.backendMs - before.backendMs,
    cadence,
  };
}

async function threads(): Promise<string[]> {
  return readdir('/proc/self/task').catch(() => []);
}

async function cpuMsOf(stats: readonly string[]): Promise<number> {
  let ticks = 0;
  for (const path of stats) {
    const text = await readFile(path, 'utf8').catch(() => '');
    // The name may hold spaces; utime and stime are the 12th and 13th field after it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * tickMs;
}

async function samplerBackend(server: ObservedServer): Promise<number | undefined> {
  const client = await server.connect({ kind: 'observer', name: 'bench' });
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'dten/observer/locks' order by backend_start desc limit 1`,
  );
  const own = pidOf(client);
  await client.end();
  return rows[0]?.pid === own ? undefined : rows[0]?.pid;
}
