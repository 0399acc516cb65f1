import { startClock } from '../../../src/foundation/clock.js';
import { TeardownStack } from '../../../src/foundation/teardown.js';
import { Counts } from '../../../src/histogram/counts.js';
import type { FromWorker, RunContext, RunningTraffic, Target } from '../../../src/model/contracts.js';
import {
  outcomeKinds,
  type HealthSample,
  type SeriesKind,
  type Tally,
} from '../../../src/model/observation.js';
import type { RunPlan } from '../../../src/model/plan.js';
import { phases, scenarioSchema, type Phase, type ScenarioInput } from '../../../src/model/scenario.js';
import { startTraffic, type TrafficInput } from '../../../src/traffic/start-traffic.js';
import { emptyTally } from '../../../src/traffic/recorder.js';

export type TrafficSpec = ScenarioInput['traffic'];

/** A plan with nothing but traffic in it. */
export function trafficPlan(traffic: TrafficSpec, seed = 1): RunPlan {
  const scenario = scenarioSchema.parse({
    name: 'traffic',
    seed,
    environment: { services: { shop: { url: 'http://127.0.0.1:1' } } },
    traffic,
    upgrade: { steps: [{ name: 'none', wait: '0' }] },
    objectives: {},
  });
  return {
    schema: 'dten.plan/1',
    name: scenario.name,
    seed,
    scenarioFile: '/dev/null',
    baseDir: '/',
    scenarioSha256: '',
    scenario,
    upgrade: [],
    rollback: [],
    collisions: [],
    phaseMs: { warmup: 0, baseline: 0, soak: 0, recovery: 0 },
    inFlightCap: scenario.traffic.inFlight ?? 100_000,
    fixedMs: 0,
    warnings: [],
  };
}

/** Traffic under test, and everything its workers said. */
export class TrafficRig {
  readonly messages: FromWorker[] = [];
  readonly health: HealthSample[] = [];

  private constructor(
    readonly ctx: RunContext,
    readonly traffic: RunningTraffic,
    /** Interrupts the run. */
    readonly abort: () => void,
  ) {}

  static async start(
    traffic: TrafficSpec,
    input: Partial<Omit<TrafficInput, 'targets'>> & { targets?: Target[] } = {},
    seed = 1,
  ): Promise<TrafficRig> {
    const interrupt = new AbortController();
    const ctx: RunContext = {
      plan: trafficPlan(traffic, seed),
      clock: startClock(),
      signal: interrupt.signal,
      teardown: new TeardownStack(),
      runId: 'test',
      resultDir: '/nonexistent',
      emit: (event) => ({ ...event, seq: 0, atUs: 0 }),
    };
    const messages: FromWorker[] = [];
    const running = await startTraffic(
      ctx,
      {
        targets: { shop: input.targets ?? [] },
        outputs: input.outputs ?? {},
        databaseUrls: input.databaseUrls ?? {},
        pools: input.pools ?? {},
      },
      (message) => messages.push(message),
    );
    const rig = new TrafficRig(ctx, running, () => interrupt.abort(new Error('interrupted by the test')));
    rig.messages.push(...messages);
    rig.follow(messages);
    return rig;
  }

  private follow(messages: FromWorker[]): void {
    const push = messages.push.bind(messages);
    messages.push = (...more) => {
      this.messages.push(...more);
      for (const message of more) if (message.type === 'health') this.health.push(message.sample);
      return push(...more);
    };
  }

  now(): number {
    return this.ctx.clock.now();
  }

  /** Enters the phase and stays for so long; returns when it began. */
  async run(phase: Phase, ms: number): Promise<number> {
    const fromUs = this.traffic.enter(phase);
    await this.until(fromUs + ms * 1000);
    return fromUs;
  }

  async until(atUs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, (atUs - this.now()) / 1000)));
  }

  /** Ends the traffic; the conservation law must hold, in the totals and in every second and endpoint. */
  async stop(drainMs = 5_000): Promise<Tally> {
    const totals = await this.traffic.stop(drainMs);
    const summed = this.tally();
    if (JSON.stringify(totals) !== JSON.stringify(summed)) {
      throw new Error(`done says ${JSON.stringify(totals)}, the intervals ${JSON.stringify(summed)}`);
    }
    this.checkConservation();
    return totals;
  }

  /** Every request that began has ended, in every second and endpoint. */
  checkConservation(): void {
    for (const [key, tally] of this.byEndpointAndSecond()) {
      const ended = outcomeKinds.reduce((sum, kind) => sum + tally[kind], 0);
      if (ended !== tally.intended) throw new Error(`not conserved in ${key}: ${JSON.stringify(tally)}`);
    }
  }

  private *intervals() {
    for (const message of this.messages) if (message.type === 'interval') yield message;
  }

  tally(endpoint?: number, phase?: Phase): Tally {
    const sum = emptyTally();
    for (const { tally } of this.intervals()) {
      for (const row of tally) {
        if (endpoint !== undefined && row.endpoint !== endpoint) continue;
        if (phase !== undefined && phases[row.phase] !== phase) continue;
        for (const kind of ['intended', ...outcomeKinds] as const) sum[kind] += row[kind];
      }
    }
    return sum;
  }

  private byEndpointAndSecond(): Map<string, Tally> {
    const sums = new Map<string, Tally>();
    for (const { tally, second } of this.intervals()) {
      for (const row of tally) {
        const key = `second ${second}, endpoint ${row.endpoint}, phase ${row.phase}`;
        const sum = sums.get(key) ?? emptyTally();
        for (const kind of ['intended', ...outcomeKinds] as const) sum[kind] += row[kind];
        sums.set(key, sum);
      }
    }
    return sums;
  }

  /** Seconds that were reported final, by worker. */
  finalSeconds(worker = 0): number[] {
    return [...this.intervals()].filter((m) => m.final && m.worker === worker).map((m) => m.second);
  }

  reasons(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const { tally } of this.intervals()) {
      for (const row of tally) {
        for (const [reason, n] of [...Object.entries(row.reasons), ...Object.entries(row.missed)])
          sum[reason] = (sum[reason] ?? 0) + n;
      }
    }
    return sum;
  }

  sumOf(field: 'retries'): number;
  sumOf(field: 'variants', key: number): number;
  sumOf(field: 'retries' | 'variants', key = 0): number {
    let sum = 0;
    for (const { tally } of this.intervals()) {
      for (const row of tally) sum += field === 'retries' ? row.retries : (row.variants[key] ?? 0);
    }
    return sum;
  }

  counts(kind: SeriesKind, filter: { endpoint?: number; phase?: Phase } = {}): Counts {
    const counts = new Counts();
    for (const { series } of this.intervals()) {
      for (const part of series) {
        if (part.kind !== kind) continue;
        if (filter.endpoint !== undefined && part.endpoint !== filter.endpoint) continue;
        if (filter.phase !== undefined && phases[part.phase] !== filter.phase) continue;
        counts.addSparse(part);
      }
    }
    return counts;
  }
}
