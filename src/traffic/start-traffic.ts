import { Worker } from 'node:worker_threads';
import { DtenError, messageOf } from '../foundation/errors.js';
import { workerUrl } from '../foundation/worker-url.js';
import type { FromWorker, RunContext, RunningTraffic, Target, ToWorker } from '../model/contracts.js';
import type { Tally } from '../model/observation.js';
import { emptyTally } from './recorder.js';

export interface TrafficInput {
  /** By service. */
  targets: Record<string, Target[]>;
  /** For templates. */
  outputs: Record<string, string>;
  /** By endpoint, for SQL endpoints. */
  databaseUrls: Record<string, string>;
  /** First values of the capture pools. */
  pools: Record<string, unknown[]>;
}

/** How far ahead a phase or a variant is announced, so that all workers switch at the same instant. */
const announceUs = 60_000;
/** What a worker may need beyond a drain deadline to say so. */
const graceMs = 5_000;
/** What a worker of an interrupted run gets to report what it has. */
const lastWordsMs = 2_000;

/**
 * Starts the workers and resolves once all are ready; no request is made before the first `enter`. Their messages
 * go to `sink` as they come.
 */
export async function startTraffic(
  ctx: RunContext,
  input: TrafficInput,
  sink: (message: FromWorker) => void,
): Promise<RunningTraffic> {
  const traffic = new TrafficThreads(ctx, sink);
  ctx.teardown.defer('traffic workers', () => traffic[Symbol.asyncDispose]());
  await traffic.start(input);
  return traffic;
}

class TrafficThreads implements RunningTraffic {
  readonly failure: Promise<never>;
  private readonly workers: Worker[] = [];
  private fail: (error: Error) => void = () => undefined;
  private over = false;
  private running = false;
  private closing: Promise<void> | undefined;
  private nextId = 0;
  /** Told by the workers that have paused. */
  private underWay = 0;
  private readonly totals = emptyTally();
  /** Waiting for a word from each worker: `ready`, `done`, `drained <id>` or `paused <id>`. */
  private readonly awaited = new Map<string, { from: Set<number>; resolve: () => void }>();

  constructor(
    private readonly ctx: RunContext,
    private readonly sink: (message: FromWorker) => void,
  ) {
    this.failure = new Promise<never>((_, reject) => (this.fail = reject));
    this.failure.catch(() => undefined);
  }

  async start(input: TrafficInput): Promise<void> {
    const { plan, clock } = this.ctx;
    const of = plan.scenario.traffic.workers;
    for (let index = 0; index < of; index++) this.spawn(index);
    const ready = this.fromAll('ready');
    for (const [index, worker] of this.workers.entries()) {
      const { zeroNs, zeroEpochUs } = clock;
      const start = { plan, shard: { index, of }, clock: { zeroNs, zeroEpochUs }, ...input };
      worker.postMessage({ type: 'start', start } satisfies ToWorker);
    }
    await Promise.race([ready, this.failure]);
    this.running = true;
  }

  enter(phase: Parameters<RunningTraffic['enter']>[0], atUs?: number): number {
    const fromUs = atUs ?? this.ctx.clock.now() + announceUs;
    this.post({ type: 'phase', phase, fromUs });
    return fromUs;
  }

  pause(drainMs: number): { fromUs: number; rested: Promise<number> } {
    const fromUs = this.ctx.clock.now() + announceUs;
    const id = this.nextId++;
    this.underWay = 0;
    const paused = this.fromAll(`paused ${id}`);
    this.post({ type: 'pause', id, fromUs, drainMs });
    return { fromUs, rested: Promise.race([paused, this.failure]).then(() => this.underWay) };
  }

  resume(): number {
    const fromUs = this.ctx.clock.now() + announceUs;
    this.post({ type: 'resume', fromUs });
    return fromUs;
  }

  async setTargets(service: string, targets: readonly Target[], drainMs: number): Promise<void> {
    if (this.over) return;
    const id = this.nextId++;
    const drained = this.fromAll(`drained ${id}`);
    this.post({ type: 'targets', id, service, targets: [...targets], drainMs });
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<void>((resolve) => (timer = setTimeout(resolve, drainMs + graceMs)));
    // A failed run must not keep the roll waiting; the failure itself is raised through `failure`.
    await Promise.race([drained, overdue, this.failure.catch(() => undefined)]);
    clearTimeout(timer);
  }

  setVariant(endpoint: number, index: number, active: boolean): number {
    const fromUs = this.ctx.clock.now() + announceUs;
    this.post({ type: 'variant', endpoint, index, active, fromUs });
    return fromUs;
  }

  async stop(drainMs: number): Promise<Tally> {
    if (this.over) return this.totals;
    const { signal } = this.ctx;
    // Who interrupts the run does not wait for the requests under way.
    const hurry = () => this.post({ type: 'stop', drainMs: 0 });
    signal.addEventListener('abort', hurry, { once: true });
    try {
      await this.ended(signal.aborted ? 0 : drainMs, drainMs + graceMs);
    } finally {
      signal.removeEventListener('abort', hurry);
    }
    await this[Symbol.asyncDispose]();
    signal.throwIfAborted();
    return this.totals;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.closing ??= this.close();
    return this.closing;
  }

  /** Ends the traffic; rejects when a worker fails, or does not say within so many ms that it is done. */
  private async ended(drainMs: number, withinMs: number): Promise<void> {
    const done = this.fromAll('done').then(() => (this.running = false));
    this.post({ type: 'stop', drainMs });
    let timer: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      const message = `a traffic worker did not end within ${withinMs} ms`;
      timer = setTimeout(() => reject(new DtenError('traffic-failed', message)), withinMs);
    });
    await Promise.race([done, this.failure, overdue]).finally(() => clearTimeout(timer));
  }

  private async close(): Promise<void> {
    // Of an interrupted run, too, every request that began is seen to its end, and the last second is reported.
    if (this.running) await this.ended(0, lastWordsMs).catch(() => undefined);
    this.over = true;
    for (const { resolve } of this.awaited.values()) resolve();
    this.awaited.clear();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private spawn(index: number): void {
    const worker = new Worker(workerUrl(import.meta.url, './worker.js'), { name: `traffic ${index}` });
    this.workers.push(worker);
    worker.on('message', (message: FromWorker) => this.receive(message));
    worker.on('error', (error: unknown) => this.failed(index, messageOf(error)));
    worker.on('exit', (code) => {
      if (!this.over) this.failed(index, `its thread ended (${code})`);
    });
  }

  private receive(message: FromWorker): void {
    if (message.type === 'failed') {
      this.failed(message.worker, message.message);
      return;
    }
    this.sink(message);
    if (message.type === 'done') {
      for (const [kind, count] of Object.entries(message.totals)) this.totals[kind as keyof Tally] += count;
    }
    if (message.type === 'ready' || message.type === 'done') this.arrived(message.type, message.worker);
    if (message.type === 'paused') {
      this.underWay += message.underWay;
      this.arrived(`paused ${message.id}`, message.worker);
    }
    if (message.type === 'drained') this.arrived(`drained ${message.id}`, message.worker);
  }

  private failed(worker: number, message: string): void {
    if (this.over) return;
    this.sink({ type: 'failed', worker, message });
    this.fail(
      new DtenError('traffic-failed', `traffic worker ${worker} failed: ${message}`, {
        hint: 'The harness itself broke; the result up to here is kept.',
      }),
    );
  }

  private post(message: ToWorker): void {
    if (!this.over) for (const worker of this.workers) worker.postMessage(message);
  }

  private fromAll(word: string): Promise<void> {
    return new Promise((resolve) => {
      this.awaited.set(word, { from: new Set(this.workers.keys()), resolve });
    });
  }

  private arrived(word: string, worker: number): void {
    const waiting = this.awaited.get(word);
    waiting?.from.delete(worker);
    if (waiting?.from.size !== 0) return;
    this.awaited.delete(word);
    waiting.resolve();
  }
}
