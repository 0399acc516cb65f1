import { sleep } from '../foundation/clock.js';
import { messageOf } from '../foundation/errors.js';
import { formatMs } from '../foundation/units.js';
import type { Database, ObservationSink, RunContext, RunningLockObserver } from '../model/contracts.js';
import type { LockQueue } from '../model/lock-queue.js';
import type { LockCoverage, StampedEvent } from '../model/observation.js';
import { lockQueueOf } from './live-queue.js';
import { LogChannel } from './log/log-channel.js';
import { WaitPublisher } from './merge/wait-publisher.js';
import { RelationNames } from './relation-names.js';
import { RunTimeline } from './run-timeline.js';
import { SampledRecord } from './sampler/sampled-record.js';
import { startSamplerWorker } from './sampler/sampler-worker.js';
import { ServerSession } from './server-session.js';

const defaultCadenceMs = 10;
const pollEveryMs = 1_000;
/** What ended this long ago has been told by every channel: the log is read every second. */
const settledAfterUs = 5_000_000;
/** The log collector writes what it got within this. */
const logDelayMs = 100;

export interface LockObserverOptions {
  cadenceMs?: number;
  /** Told who waits behind whom, whenever that changes; an empty queue when the observer ends. */
  onQueue?: (queue: LockQueue) => void;
}

/**
 * Observes lock waits through three channels: a sampler in a thread of its own, the server's log, and what the
 * clients saw of it (`event`). Waits are merged and handed to the sink some seconds after they ended, the rest by
 * `finish`. What a channel cannot see becomes a `degraded` event and is in the coverage; nothing here throws for it.
 */
export async function startLockObserver(
  ctx: RunContext,
  database: Database,
  sink: ObservationSink,
  options: LockObserverOptions = {},
): Promise<RunningLockObserver> {
  const cadenceMs = options.cadenceMs ?? defaultCadenceMs;
  const said = new Set<string>();
  const degrade = (lost: string) => {
    if (said.has(lost)) return;
    said.add(lost);
    ctx.emit({ type: 'degraded', source: 'lock observer', lost });
  };
  const toRunUs = (serverUs: number) => {
    const mapped = database.toRunUs(serverUs);
    if (Number.isFinite(mapped.atUs)) return mapped;
    degrade('the server’s clock was never read: lock waits are placed in time as if it were this machine’s');
    return { atUs: serverUs - ctx.clock.zeroEpochUs, errorUs: Infinity };
  };
  const session = new ServerSession(database, 'lock names');
  const names = new RelationNames(session);
  const log = new LogChannel(
    { name: database.name, readLog: (from) => database.readLog(from), toRunUs },
    session,
    degrade,
  );
  const timeline = new RunTimeline([...ctx.plan.upgrade, ...ctx.plan.rollback]);
  const publisher = new WaitPublisher({ names, timeline, log, sink });
  const startUs = ctx.clock.now();

  const learn = (oids: readonly number[]) =>
    names.learn(oids).catch((error: unknown) => degrade(`relation names: ${messageOf(error)}`));
  await names.loadAll().catch((error: unknown) => degrade(`relation names: ${messageOf(error)}`));
  await log.start();

  const record = new SampledRecord({
    toRunUs,
    degrade,
    ended: (wait) => publisher.addSampled(wait),
    relations: (oids) => void learn(oids),
    queue: (queue) => options.onQueue?.(lockQueueOf(queue, { names, timeline })),
  });
  const locks = { kind: 'observer', name: 'locks' } as const;
  const worker = startSamplerWorker(
    {
      // From another database the sampler's hundred transactions a second count as none of the rehearsed one's, and
      // its snapshots hold up no CREATE INDEX CONCURRENTLY there.
      urls: [
        database.urlFor({ consumer: locks, role: 'owner', database: 'postgres' }),
        database.urlFor({ consumer: locks, role: 'owner' }),
      ],
      databaseName: database.name,
      cadenceMs,
      queue: options.onQueue !== undefined,
      clock: { zeroNs: ctx.clock.zeroNs, zeroEpochUs: ctx.clock.zeroEpochUs },
    },
    (message) => record.take(message),
    (why) => degrade(`the lock sampler broke: ${why}`),
  );
  ctx.teardown.defer('lock sampler', async () => {
    await worker.terminate();
    await session[Symbol.asyncDispose]();
  });
  if (!(await worker.ready)) degrade('the lock sampler took no sample in its first 5 s');

  const poll = async () => {
    for (const line of await log.read()) publisher.addLine(line);
    for (const error of timeline.takeErrors()) publisher.addClientError(error);
  };
  const stopPolling = new AbortController();
  const polling = (async () => {
    while (!stopPolling.signal.aborted) {
      await sleep(pollEveryMs, stopPolling.signal).catch(() => undefined);
      try {
        await poll();
        await publisher.publish(ctx.clock.now() - settledAfterUs, record.floorUs(cadenceMs));
      } catch (error) {
        degrade(`the server’s log could not be read: ${messageOf(error)}`);
      }
    }
  })();

  /** Of the time up to now. */
  const coverage = (): LockCoverage => {
    const { samples, floorMs, p50Ms, p99Ms, maxMs, gaps } = record.cadence(
      startUs,
      ctx.clock.now(),
      cadenceMs,
    );
    return {
      floorMs: samples > 0 ? floorMs : null,
      cadenceMs: samples > 1 ? { asked: cadenceMs, p50: p50Ms, p99: p99Ms, max: maxMs } : null,
      samples,
      log: log.state,
      deadlockTimeoutMs: log.deadlockTimeoutMs,
      gaps,
    };
  };

  const finish = async (): Promise<LockCoverage> => {
    await worker.stop();
    options.onQueue?.({ atUs: ctx.clock.now(), waiting: [], leftOut: 0, holders: [] });
    stopPolling.abort();
    await polling;
    await sleep(logDelayMs);
    await poll().catch((error: unknown) =>
      degrade(`the server’s log could not be read: ${messageOf(error)}`),
    );
    log.end();
    for (const wait of record.open()) publisher.addSampled(wait);
    await publisher.publish(Infinity, record.floorUs(cadenceMs));
    await session[Symbol.asyncDispose]();
    const { gaps, ...covered } = coverage();
    const lostMs = gaps.reduce((sum, [fromUs, toUs]) => sum + (toUs - fromUs) / 1000, 0);
    if (gaps.length > 0) {
      degrade(
        `${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'} between lock samples, ${formatMs(lostMs)} in all`,
      );
    }
    return { ...covered, gaps };
  };
  let finished: Promise<LockCoverage> | undefined;
  const finishOnce = () => (finished ??= finish());

  return {
    live: () => ({ ...record.live, coverage: coverage() }),
    event: (event: StampedEvent) => timeline.event(event),
    finish: finishOnce,
    async [Symbol.asyncDispose]() {
      await finishOnce();
    },
  };
}
