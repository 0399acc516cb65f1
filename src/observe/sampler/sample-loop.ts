import { sleep, type RunClock } from '../../foundation/clock.js';
import { codeOf, messageOf } from '../../foundation/errors.js';
import { formatMs } from '../../foundation/units.js';
import { CadenceMeter } from './cadence-meter.js';
import type { ClockPair, FromSampler, SamplerStart } from './messages.js';
import { connectSampler, type SamplerConnection } from './sampler-connection.js';
import { queueKey } from './sampled-queue.js';
import { WaitTracker } from './wait-tracker.js';

const beatEveryUs = 1_000_000;
const liveEveryUs = 100_000;
const queueEveryUs = 200_000;
const firstRetryMs = 50;
const longestRetryMs = 1_000;
const sqlState = /^[0-9A-Z]{5}$/;

/**
 * Samples on an absolute schedule until the signal fires: tick n is due at start + n × cadence, and ticks that
 * passed while a sample was under way are left out, not made up for. A lost connection is made again.
 */
export async function sampleUntil(
  signal: AbortSignal,
  start: SamplerStart,
  clock: RunClock,
  post: (message: FromSampler) => void,
): Promise<void> {
  const startUs = clock.now();
  const cadenceUs = start.cadenceMs * 1000;
  const meter = new CadenceMeter(start.cadenceMs, startUs);
  let tracker: WaitTracker | undefined;
  let connection: SamplerConnection | undefined;
  let bestClock: ClockPair | undefined;
  let lostAtUs: number | undefined;
  let retryMs = firstRetryMs;
  let nextBeatUs = startUs + beatEveryUs;
  let nextLiveUs = startUs;
  let live = { waiting: 0, behindSteps: 0 };
  let nextQueueUs = startUs;
  let toldQueue: string | undefined;
  const said = new Set<string>();

  const degrade = (lost: string, key = lost) => {
    if (said.has(key)) return;
    said.add(key);
    post({ type: 'degraded', lost });
  };

  const connect = async () => {
    try {
      connection = await connectSampler(start.urls, start.databaseName);
      tracker ??= new WaitTracker(connection.databaseOid);
      retryMs = firstRetryMs;
      if (!connection.readsAll) {
        degrade(
          'the sampler’s role may not see other sessions’ statements: waits are recorded without them; grant it pg_read_all_stats',
        );
      }
      if (lostAtUs !== undefined) {
        const awayMs = (clock.now() - lostAtUs) / 1000;
        post({ type: 'degraded', lost: `no lock samples for ${formatMs(awayMs)}, until it connected again` });
        lostAtUs = undefined;
      }
    } catch (error) {
      lostAtUs ??= clock.now();
      degrade(`the lock sampler cannot connect: ${messageOf(error)}`, `connect ${codeOf(error) ?? ''}`);
      await sleep(retryMs, signal).catch(() => undefined);
      retryMs = Math.min(longestRetryMs, retryMs * 2);
    }
  };

  const failed = async (error: unknown) => {
    const code = codeOf(error);
    // A cancelled or timed-out sample leaves the connection as it was; class 57P and 08 end it.
    if (code !== undefined && sqlState.test(code) && !/^(?:57P|08)/.test(code)) {
      degrade(`a lock sample failed: ${messageOf(error)} (${code})`, `sample ${code}`);
      return;
    }
    lostAtUs = clock.now();
    tracker?.cutOff();
    post({ type: 'degraded', lost: `the lock sampler lost its connection: ${messageOf(error)}` });
    await connection?.close();
    connection = undefined;
  };

  const sample = async (from: SamplerConnection, into: WaitTracker) => {
    const { knownKeys, pids } = into.lookups();
    const sentUs = clock.now();
    const row = await from.sample(knownKeys, pids);
    const receivedUs = clock.now();
    const atUs = (sentUs + receivedUs) / 2;
    const pair = {
      serverUs: (Number(row.before) + Number(row.after)) / 2,
      runUs: atUs,
      errorUs: (receivedUs - sentUs - (Number(row.after) - Number(row.before))) / 2,
    };
    if (!bestClock || pair.errorUs < bestClock.errorUs) bestClock = pair;
    meter.sample(atUs);
    const { ended, relations, ...now } = into.take(row, pids);
    if (ended.length > 0) post({ type: 'ended', waits: ended });
    if (relations.length > 0) post({ type: 'relations', oids: relations });
    const changed = now.waiting !== live.waiting || now.behindSteps !== live.behindSteps;
    if (changed && receivedUs >= nextLiveUs) {
      live = now;
      nextLiveUs = receivedUs + liveEveryUs;
      post({ type: 'live', ...now });
    }
    if (start.queue && receivedUs >= nextQueueUs) {
      const key = queueKey(into.waiters());
      if (key === toldQueue) return;
      toldQueue = key;
      nextQueueUs = receivedUs + queueEveryUs;
      post({ type: 'queue', queue: into.queue(Number(row.before)) });
    }
  };

  const beat = (nowUs: number) => {
    post({ type: 'beat', open: tracker?.unfinished() ?? [], cadence: meter.report(nowUs), clock: bestClock });
    bestClock = undefined;
    nextBeatUs = nowUs + beatEveryUs;
  };

  let ready = false;
  for (let tick = 0; !signal.aborted;) {
    if (clock.now() >= nextBeatUs) beat(clock.now());
    if (!connection || !tracker) {
      await connect();
      continue;
    }
    try {
      await sample(connection, tracker);
      if (!ready) post({ type: 'ready' });
      ready = true;
    } catch (error) {
      await failed(error);
    }
    const nowUs = clock.now();
    tick = Math.max(tick + 1, Math.ceil((nowUs - startUs) / cadenceUs));
    const waitMs = (startUs + tick * cadenceUs - nowUs) / 1000;
    // setTimeout rounds down to whole milliseconds and then fires up to 1 ms late.
    if (connection) await sleep(Math.max(0, waitMs - 0.5), signal).catch(() => undefined);
  }
  if (connection && tracker) await sample(connection, tracker).catch(() => undefined);
  post({ type: 'stopped', open: tracker?.unfinished() ?? [], cadence: meter.report(clock.now()) });
  await connection?.close();
}
