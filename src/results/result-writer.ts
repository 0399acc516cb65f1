import { join } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type { RunClock } from '../foundation/clock.js';
import { DtenError, messageOf } from '../foundation/errors.js';
import type { FromWorker, ResultWriter } from '../model/contracts.js';
import type { Audit } from '../model/ledger.js';
import type { RecordingListener } from '../model/live.js';
import type {
  LockWait,
  ServerSample,
  StampedEvent,
  Tally,
  TraceReport,
  TrafficSecond,
} from '../model/observation.js';
import type { StateLine } from '../model/residue.js';
import { resultFiles, type Manifest, type ResultJson } from '../model/result.js';
import { AppendFile } from './append-file.js';
import { writeAtomically } from './atomic-write.js';
import { SecondMerger, type MergedSecond } from './merge-seconds.js';
import { resultText } from './result-text.js';
import { LatencyLog } from './write-latency-log.js';

const appended = [
  'latency',
  'traffic',
  'lockWaits',
  'events',
  'server',
  'health',
  'ledger',
  'audits',
  'state',
] as const;
type Appended = (typeof appended)[number];

/** Series encoded (0.1–0.2 ms each) before the event loop gets its turn: the main thread also times the run. */
const seriesATurn = 16;
/** Beyond the longest deadline a second cannot be unsettled, unless its worker is in trouble. */
const patienceBeyondDeadlineS = 10;

/** Opens the append-only files of a result folder that holds a manifest. */
export async function openResult(
  dir: string,
  manifest: Manifest,
  clock: RunClock,
  listener?: RecordingListener,
): Promise<ResultWriter> {
  // A failed write is told in the folder itself, once there is a writer to tell it.
  const told: { writer?: FolderWriter } = {};
  const open = (name: Appended) =>
    AppendFile.open(join(dir, resultFiles[name]), (error) => told.writer?.degraded(error.message));
  const files: Record<Appended, AppendFile> = {
    latency: await open('latency'),
    traffic: await open('traffic'),
    lockWaits: await open('lockWaits'),
    events: await open('events'),
    server: await open('server'),
    health: await open('health'),
    ledger: await open('ledger'),
    audits: await open('audits'),
    state: await open('state'),
  };
  told.writer = new FolderWriter(dir, manifest, clock, files, listener);
  return told.writer;
}

class FolderWriter implements ResultWriter {
  private readonly merger: SecondMerger;
  private readonly latency: LatencyLog;
  private readonly queue: MergedSecond[] = [];
  private draining: Promise<void> | undefined;
  private traceWrite: Promise<void> = Promise.resolve();
  private failure: DtenError | undefined;
  private lastSeq = -1;
  private intendedWritten = 0;
  private readonly totals = new Map<number, Tally>();
  private closing: Promise<void> | undefined;

  constructor(
    readonly dir: string,
    readonly manifest: Manifest,
    private readonly clock: RunClock,
    private readonly files: Record<Appended, AppendFile>,
    private readonly listener: RecordingListener | undefined,
  ) {
    const { traffic } = manifest.plan.scenario;
    this.merger = new SecondMerger(
      traffic.workers,
      Math.ceil(longestDeadlineMs(traffic) / 1000) + patienceBeyondDeadlineS,
    );
    this.latency = new LatencyLog((text) => files.latency.append(text), Object.keys(traffic.endpoints));
    this.latency.head(manifest.zeroEpochUs);
  }

  event(event: StampedEvent): void {
    this.lastSeq = Math.max(this.lastSeq, event.seq);
    this.line('events', event);
  }

  lockWait(wait: LockWait): void {
    this.line('lockWaits', wait);
    this.listener?.lockWait?.(wait);
  }

  server(sample: ServerSample): void {
    this.line('server', sample);
    this.listener?.server?.(sample);
  }

  audit(audit: Audit): void {
    this.line('audits', audit);
  }

  state(line: StateLine): void {
    this.line('state', line);
  }

  trace(report: TraceReport): void {
    this.listener?.trace?.(report);
    this.traceWrite = writeAtomically(join(this.dir, resultFiles.trace), JSON.stringify(report)).catch(
      (error: unknown) => this.lost(`cannot write ${resultFiles.trace}: ${messageOf(error)}`, error),
    );
  }

  traffic(message: FromWorker): void {
    switch (message.type) {
      case 'interval':
        this.merger.add(message);
        break;
      case 'health':
        this.line('health', message.sample);
        this.listener?.health?.(message.sample);
        return;
      case 'done':
        this.totals.set(message.worker, message.totals);
        this.merger.workerDone(message.worker);
        break;
      case 'failed':
        this.merger.workerDone(message.worker);
        break;
      case 'writes':
        for (const write of message.writes) this.line('ledger', write);
        return;
      case 'ready':
      case 'drained':
      case 'paused':
        return;
    }
    this.enqueue(this.merger.takeSettled());
  }

  /** Also writes the seconds that have not settled: what comes for them later is one more, additive line. */
  async flush(): Promise<void> {
    this.enqueue(this.merger.takeAll());
    while (this.draining) await this.draining;
    this.checkTotals();
    await this.traceWrite;
    for (const name of appended) await this.files[name].flush();
    if (this.failure) throw this.failure;
  }

  /** A result that lost data cannot be sealed as complete: this rejects, and result.json is not written. */
  async seal(result: ResultJson): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      if (result.ended === 'complete') throw error;
    }
    const text = resultText(result);
    try {
      await writeAtomically(join(this.dir, resultFiles.result), text);
    } catch (error) {
      throw new DtenError('result-write', `cannot write ${resultFiles.result}: ${messageOf(error)}`, {
        hint: 'Free space on that disk; `dten report` opens the folder as it is.',
        cause: error,
      });
    }
  }

  close(): Promise<void> {
    this.closing ??= this.closeFiles();
    return this.closing;
  }

  /** Tells the reader of the folder that something of it is lost. */
  degraded(lost: string): void {
    this.line('events', {
      type: 'degraded',
      source: 'results',
      lost,
      seq: ++this.lastSeq,
      atUs: this.clock.now(),
    } satisfies StampedEvent);
  }

  /** Closes every file, and only then rejects with the first thing that went wrong. */
  private async closeFiles(): Promise<void> {
    const failures: unknown[] = [];
    const keep = (error: unknown) => failures.push(error);
    await this.flush().catch(keep);
    for (const name of appended) await this.files[name].close().catch(keep);
    const first = failures[0];
    if (first !== undefined) throw first instanceof Error ? first : new Error(messageOf(first));
  }

  private line(file: Appended, value: object): void {
    this.files[file].append(`${JSON.stringify(value)}\n`);
  }

  private enqueue(seconds: MergedSecond[]): void {
    this.queue.push(...seconds);
    if (this.queue.length > 0) this.draining ??= this.drain();
  }

  private async drain(): Promise<void> {
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      await yieldToEventLoop();
      await this.writeSecond(next);
    }
    this.draining = undefined;
  }

  private async writeSecond(written: MergedSecond): Promise<void> {
    const { second, series, tallies } = written;
    this.listener?.second?.(written);
    for (const tally of tallies) this.intendedWritten += tally.intended;
    this.line('traffic', { second, tallies } satisfies TrafficSecond);
    for (const [at, one] of series.entries()) {
      if (at % seriesATurn === seriesATurn - 1) await yieldToEventLoop();
      try {
        this.latency.interval(second, one);
      } catch (error) {
        this.lost(`a latency series of second ${second} could not be written: ${messageOf(error)}`, error);
      }
    }
  }

  /** What the workers say they offered in all must be what their intervals added up to. */
  private checkTotals(): void {
    if (this.totals.size < this.manifest.plan.scenario.traffic.workers) return;
    let told = 0;
    for (const totals of this.totals.values()) told += totals.intended;
    if (told !== this.intendedWritten && this.failure === undefined) {
      this.lost(`workers counted ${told} intended requests, their intervals hold ${this.intendedWritten}`);
    }
  }

  private lost(what: string, cause?: unknown): void {
    this.failure ??= new DtenError('result-lost', what, { cause });
    this.degraded(what);
  }
}

function longestDeadlineMs(traffic: Manifest['plan']['scenario']['traffic']): number {
  return Math.max(traffic.timeout, ...Object.values(traffic.endpoints).map(({ timeout }) => timeout ?? 0));
}
