import { clockFrom, type RunClock } from '../foundation/clock.js';
import type { FromWorker, ToWorker, TrafficStart } from '../model/contracts.js';
import { outcomeKinds } from '../model/observation.js';
import { HealthMeter } from './health-meter.js';
import { Pacer } from './pacer.js';
import { TrafficEngine } from './traffic-engine.js';

/** Starts this far ahead are handed to the pacer; below the 50 ms by which a phase is announced. */
const horizonUs = 40_000;
const sweepMs = 10;
/** Announcements are looked for at least this often while requests are started: they come 50 ms ahead. */
const hearUs = 20_000;
/** A second is reported this long after its end, so that its quick requests have ended. */
const settleUs = 150_000;

/** One shard of the traffic: an engine, its pacer, and its reports. Speaks in messages only. */
export class TrafficWorker {
  private readonly clock: RunClock;
  private readonly engine: TrafficEngine;
  private readonly pacer: Pacer;
  private readonly health: HealthMeter;
  private readonly worker: number;
  private readonly sweeper: NodeJS.Timeout;
  private reportedBelow = 0;
  private sweptUs: number;
  private heardUs: number;
  private behind = false;
  private stopping: { abortAtUs: number } | undefined;
  private pausing: { id: number; fromUs: number; untilUs: number } | undefined;

  constructor(
    start: TrafficStart,
    private readonly post: (message: FromWorker) => void,
    private readonly onFailure: (error: Error) => void,
    /** Has every message that has come delivered to `receive`, before it returns. */
    private readonly hear: () => void,
  ) {
    this.clock = clockFrom(start.clock.zeroNs, start.clock.zeroEpochUs);
    this.worker = start.shard.index;
    this.health = new HealthMeter(this.clock, this.worker);
    this.engine = new TrafficEngine(start, this.clock, (lagUs) => this.health.fired(lagUs));
    this.pacer = new Pacer(this.clock, () => this.tick(), onFailure);
    this.sweptUs = this.clock.now();
    this.heardUs = this.sweptUs;
    this.reportedBelow = Math.floor(this.sweptUs / 1_000_000);
    this.sweeper = setInterval(() => this.sweep(), sweepMs);
    post({ type: 'ready', worker: this.worker });
  }

  receive(message: Exclude<ToWorker, { type: 'start' }>): void {
    switch (message.type) {
      case 'phase':
        this.engine.enter(message.phase, message.fromUs);
        this.lookAhead();
        break;
      case 'targets':
        this.engine.setTargets(message.service, message.targets, message.drainMs, () => {
          this.post({ type: 'drained', worker: this.worker, id: message.id });
        });
        break;
      case 'variant':
        this.engine.setVariant(message.endpoint, message.index, message.active, message.fromUs);
        break;
      case 'pause':
        this.engine.schedule.pause(message.fromUs);
        this.pausing = {
          id: message.id,
          fromUs: message.fromUs,
          untilUs: message.fromUs + message.drainMs * 1000,
        };
        break;
      case 'resume':
        this.pausing = undefined;
        this.engine.schedule.resume(message.fromUs);
        this.lookAhead();
        break;
      case 'stop':
        this.stop(this.clock.now() + message.drainMs * 1000);
        break;
    }
  }

  /** The first word stands, unless a later one is more urgent. */
  private stop(abortAtUs: number): void {
    if (!this.stopping) this.engine.enter('done', this.clock.now());
    this.stopping = { abortAtUs: Math.min(abortAtUs, this.stopping?.abortAtUs ?? abortAtUs) };
  }

  private tick(): void {
    const nowUs = this.clock.now();
    // A thread that was held up finds the next phase's requests due before its event loop has told it of the phase:
    // they would be offered as the old one's, and then again as the new one's.
    if (nowUs - this.heardUs > hearUs) {
      this.heardUs = nowUs;
      this.hear();
    }
    if (!this.engine.fireDue()) this.lookAhead();
    else if (!this.behind) {
      this.behind = true;
      setImmediate(() => {
        this.behind = false;
        this.tick();
      });
    }
  }

  private lookAhead(): void {
    this.engine.schedule.lookAhead(this.clock.now() + horizonUs, (atUs) => this.pacer.wakeAt(atUs));
  }

  private sweep(): void {
    const nowUs = this.clock.now();
    this.health.delayed(Math.max(0, nowUs - this.sweptUs - sweepMs * 1000));
    this.sweptUs = nowUs;
    this.tick();
    this.engine.sweep();
    this.report(nowUs);
    if (this.pausing) this.pause(nowUs, this.pausing);
    if (this.stopping) this.stopWhenDone(nowUs, this.stopping.abortAtUs);
  }

  /** Once a second: what has come in, and how this worker is doing. */
  private report(nowUs: number): void {
    const overBefore = Math.floor((nowUs - settleUs) / 1_000_000);
    if (overBefore <= this.reportedBelow) return;
    this.reportedBelow = overBefore;
    // What has not been fired yet, because this thread was held up, will still begin in its second.
    this.flush(Math.min(overBefore, Math.floor(this.engine.schedule.nextUs() / 1_000_000)));
    this.post({ type: 'health', sample: this.health.sample(overBefore - 1, this.load()) });
  }

  /** Says `paused` once nothing more is offered and all has ended, or the time for it is over. */
  private pause(nowUs: number, { id, fromUs, untilUs }: NonNullable<TrafficWorker['pausing']>): void {
    const { inFlight } = this.engine;
    if (nowUs < fromUs || (inFlight > 0 && nowUs < untilUs)) return;
    this.pausing = undefined;
    if (inFlight > 0) this.engine.logUnderWay();
    this.tellWrites();
    this.post({ type: 'paused', worker: this.worker, id, underWay: inFlight });
  }

  private tellWrites(): void {
    const { writes } = this.engine;
    if (writes.size > 0) this.post({ type: 'writes', worker: this.worker, writes: writes.take() });
  }

  private flush(overBefore: number): void {
    this.tellWrites();
    for (const report of this.engine.recorder.flush(overBefore)) {
      this.post({ type: 'interval', worker: this.worker, ...report });
    }
  }

  private load() {
    const load = { inFlight: this.engine.inFlight, queued: 0, busyConnections: 0, connections: 0, sent: 0 };
    for (const station of this.engine.stations.values()) {
      load.queued += station.queued;
      load.busyConnections += station.busy;
      load.connections += station.connections;
      load.sent += station.sent;
    }
    return load;
  }

  private stopWhenDone(nowUs: number, abortAtUs: number): void {
    const under = !this.engine.schedule.ended() || this.engine.inFlight > 0;
    if (under && nowUs < abortAtUs) return;
    clearInterval(this.sweeper);
    this.engine.forfeit();
    this.engine.abortAll();
    const over = Math.floor(this.clock.now() / 1_000_000);
    this.flush(over + 1);
    // The last whole second has had no time to settle, and is as much a part of its phase as the others.
    if (over > this.reportedBelow) {
      this.post({ type: 'health', sample: this.health.sample(over - 1, this.load()) });
    }
    const { totals } = this.engine.recorder;
    const ended = outcomeKinds.reduce((sum, kind) => sum + totals[kind], 0);
    if (ended !== totals.intended) {
      this.onFailure(new Error(`${totals.intended} requests were intended, but ${ended} ended`));
      return;
    }
    this.post({ type: 'done', worker: this.worker, totals });
    this.engine.close();
    void this.pacer.stop();
  }
}
