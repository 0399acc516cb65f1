import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import type { RunClock, RunUs } from '../foundation/clock.js';
import { Counts } from '../histogram/counts.js';
import type { HealthSample } from '../model/observation.js';

/** What the meter asks about the worker at the end of each second. */
export interface Load {
  inFlight: number;
  queued: number;
  busyConnections: number;
  connections: number;
  /** Requests handed to a connection, so far. */
  sent: number;
}

/** How well one worker kept up, second by second: its own lateness, and the CPU of its thread. */
export class HealthMeter {
  private readonly lag = new Counts();
  private readonly loopDelay = new Counts();
  private utilization = performance.eventLoopUtilization();
  private cpuNs = threadCpuNs();
  private sinceUs: RunUs;
  private sent = 0;
  private lagMaxUs = 0;

  constructor(
    private readonly clock: RunClock,
    private readonly worker: number,
  ) {
    this.sinceUs = clock.now();
  }

  /** A request fired so many µs after its intended start. */
  fired(lagUs: number): void {
    this.lag.record(lagUs);
    if (lagUs > this.lagMaxUs) this.lagMaxUs = lagUs;
  }

  /** A timer came so many µs late. */
  delayed(us: number): void {
    this.loopDelay.record(us);
  }

  /** The sample of what came since the last; a second without requests has no lag. */
  sample(second: number, load: Load): HealthSample {
    const nowUs = this.clock.now();
    const sample: HealthSample = {
      second,
      worker: this.worker,
      lagP50Us: this.lag.total ? this.lag.quantileUs(0.5) : 0,
      lagP99Us: this.lag.total ? this.lag.quantileUs(0.99) : 0,
      lagMaxUs: Math.round(this.lagMaxUs),
      loopDelayP99Us: this.loopDelay.total ? this.loopDelay.quantileUs(0.99) : 0,
      cpuRatio: this.cpuRatio(nowUs),
      inFlight: load.inFlight,
      queued: load.queued,
      busyConnections: load.busyConnections,
      connections: load.connections,
      sent: load.sent - this.sent,
    };
    this.sent = load.sent;
    this.sinceUs = nowUs;
    this.lagMaxUs = 0;
    this.lag.clear();
    this.loopDelay.clear();
    return sample;
  }

  /** Share of a core, 0..1: of the thread where the kernel says, else how busy its event loop was. */
  private cpuRatio(nowUs: RunUs): number {
    const cpuNs = threadCpuNs();
    const before = this.cpuNs;
    this.cpuNs = cpuNs;
    const utilization = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(utilization, this.utilization).utilization;
    this.utilization = utilization;
    const ratio =
      cpuNs === undefined || before === undefined ? busy : (cpuNs - before) / 1000 / (nowUs - this.sinceUs);
    return Number(Math.min(1, Math.max(0, ratio)).toFixed(3));
  }
}

/** CPU time of this thread: the first figure of schedstat (Linux, proc_pid_schedstat). */
function threadCpuNs(): number | undefined {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]);
  } catch {
    return undefined;
  }
}
