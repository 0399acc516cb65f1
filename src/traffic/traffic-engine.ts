import type { RunClock, RunUs } from '../foundation/clock.js';
import type { Target, TrafficStart } from '../model/contracts.js';
import { generatorLate, timeoutReasons } from '../model/observation.js';
import { phases, type Phase } from '../model/scenario.js';
import { CapturePools } from './capture-pools.js';
import { compileEndpoints } from './compile-endpoint.js';
import { Deadlines } from './deadlines.js';
import type { AttemptEnd } from './expectation.js';
import { LiveRequest } from './live-request.js';
import { PhaseSchedule, type Arrival } from './phase-schedule.js';
import { Recorder, type Page } from './recorder.js';
import { RequestMix, type Picked } from './request-mix.js';
import { RequestScope } from './request-scope.js';
import { shardShare } from './shard-share.js';
import type { Station } from './station.js';
import { openStations } from './open-stations.js';
import { WriteLog } from './write-log.js';

/** Indexes of the model's `seriesKinds`. */
const series = { response: 0, fromDue: 1, service: 2, lag: 3 } as const;

/** How long requests are started at a stretch. Far below the 50 ms by which phases and variants are announced. */
const turnUs = 10_000;
const forfeitUs = 2_000_000;

/** An arrival that counts as intended. */
type Begun = Picked & { page: Page };

/**
 * The open model of one worker: starts each request when its time has come, whatever the system does, and sees every
 * one of them to its end. Does not keep time itself: `fireDue` and `sweep` are called by whoever does.
 */
export class TrafficEngine {
  readonly recorder = new Recorder();
  readonly writes = new WriteLog();
  readonly schedule: PhaseSchedule;
  readonly stations: ReadonlyMap<string, Station>;
  /** Started and not ended. */
  inFlight = 0;
  private readonly deadlines = new Deadlines<LiveRequest>();
  private readonly resting = new Map<LiveRequest, NodeJS.Timeout>();
  private readonly mix: RequestMix;
  private readonly pools: CapturePools;
  private readonly scope: RequestScope;
  private readonly seed: number;
  private readonly inFlightCap: number;

  constructor(
    start: TrafficStart,
    private readonly clock: RunClock,
    /** Told of each request's send lag, µs. */
    private readonly onLag: (lagUs: number) => void,
  ) {
    const { plan, shard } = start;
    const { rate, arrivals } = plan.scenario.traffic;
    this.seed = plan.seed;
    this.schedule = new PhaseSchedule({ seed: plan.seed, ratePerSecond: rate, arrivals, shard });
    const endpoints = compileEndpoints(plan);
    this.mix = new RequestMix(plan.seed, endpoints);
    this.pools = new CapturePools(start.pools);
    this.scope = new RequestScope(this.seed, this.pools, start.outputs);
    this.inFlightCap = shardShare(plan.inFlightCap, shard);
    this.stations = openStations(start, endpoints, {
      nowUs: () => clock.now(),
      ended: (request, end) => this.attemptEnded(request, end),
    });
  }

  enter(phase: Phase | 'done', fromUs: RunUs): void {
    this.recorder.startAt(Math.floor(fromUs / 1_000_000));
    this.schedule.enter(phase, fromUs);
  }

  setTargets(service: string, targets: readonly Target[], drainMs: number, drained: () => void): void {
    const station = this.stations.get(`http ${service}`);
    if (station) station.setTargets(targets, drainMs, drained);
    else drained();
  }

  setVariant(endpoint: number, index: number, active: boolean, fromUs: RunUs): void {
    this.mix.setVariant(endpoint, index, active, fromUs);
  }

  /**
   * Starts the requests whose time has come. True: more are due, but answers and deadlines must have their turn
   * first, or a rate beyond this machine would pass for a system that never answers.
   */
  fireDue(): boolean {
    const untilUs = this.clock.now() + turnUs;
    for (;;) {
      const dueUs = this.clock.now();
      if (dueUs > untilUs) return this.schedule.nextUs() <= dueUs;
      const arrival = this.schedule.takeDue(dueUs);
      if (!arrival) return false;
      this.onLag(dueUs - arrival.atUs);
      this.fire(arrival, dueUs);
    }
  }

  /**
   * The run is over: what was due and could not even be started counts as dropped. Counting has a deadline; what is
   * beyond it was never offered (and is missing from the planned rate).
   */
  forfeit(): void {
    const untilUs = this.clock.now() + forfeitUs;
    for (let nowUs = this.clock.now(); nowUs < untilUs; nowUs = this.clock.now()) {
      const arrival = this.schedule.takeDue(nowUs);
      if (!arrival) break;
      this.onLag(nowUs - arrival.atUs);
      const begun = this.begin(arrival);
      if (begun) this.drop(begun, nowUs - arrival.atUs, generatorLate);
    }
    this.schedule.cut();
  }

  /** Ends what has passed its deadline; lets rested connections try again. Call every 10 ms or so. */
  sweep(): void {
    const nowUs = this.clock.now();
    this.deadlines.sweep(nowUs, (request) => this.expire(request));
    for (const station of this.stations.values()) station.sweep();
  }

  /** Ends everything under way, as aborted. */
  abortAll(): void {
    const nowUs = this.clock.now();
    for (const [request, timer] of [...this.resting]) {
      clearTimeout(timer);
      this.finish(request, 'aborted', 'end of the run');
    }
    for (const request of this.deadlines.all()) {
      this.stationOf(request).withdraw(request);
      this.writes.ended(request, { kind: 'aborted', reason: 'end of the run' }, nowUs);
      this.finish(request, 'aborted', 'end of the run');
    }
  }

  /** Tells the writes among what is under way, as far as they can be told now. */
  logUnderWay(): void {
    const nowUs = this.clock.now();
    for (const request of this.deadlines.all()) this.writes.underWay(request, nowUs);
  }

  close(): void {
    for (const station of this.stations.values()) station.close();
  }

  /** Counts an arrival as intended, and says what it is. */
  private begin(arrival: Arrival): Begun | undefined {
    const picked = this.mix.pick(arrival);
    if (!picked) return undefined;
    const page = this.recorder.page(Math.floor(arrival.atUs / 1_000_000), arrival.phase);
    page.begin(picked.endpoint.index);
    return { ...picked, page };
  }

  private drop({ page, endpoint, variant }: Begun, lagUs: number, reason: string): void {
    page.record(endpoint.index, series.lag, lagUs);
    page.end(endpoint.index, { kind: 'dropped', reason, retries: 0, variant });
  }

  private fire(arrival: Arrival, dueUs: RunUs): void {
    const { phase, stream, index, atUs } = arrival;
    const begun = this.begin(arrival);
    if (!begun) return;
    const { page, endpoint, variant } = begun;
    if (this.inFlight >= this.inFlightCap) {
      this.drop(begun, dueUs - atUs, 'in-flight cap');
      return;
    }
    const shape = endpoint.variants[variant]?.shape ?? endpoint.shape;
    const id = `${phases[phase]}-${index}`;
    const message = shape.render(this.scope.of(stream, index, id));
    if (!message.ok) {
      this.drop(begun, dueUs - atUs, message.missing);
      return;
    }
    const request = new LiveRequest(endpoint, shape, variant, message.value, id, page, atUs, dueUs);
    this.inFlight += 1;
    this.deadlines.add(request);
    this.stationOf(request).submit(request);
  }

  private stationOf(request: LiveRequest): Station {
    const station = this.stations.get(request.endpoint.station);
    if (!station) throw new Error(`no station ${request.endpoint.station}`);
    return station;
  }

  private expire(request: LiveRequest): void {
    const reason =
      request.sentUs >= 0
        ? timeoutReasons.sent
        : request.state === 'queued'
          ? timeoutReasons.queued
          : timeoutReasons.connecting;
    this.stationOf(request).withdraw(request);
    this.deadlines.remove(request);
    this.writes.ended(request, { kind: 'timeout', reason }, request.deadlineUs);
    if (this.retries(request, 'timeout')) return;
    this.finish(request, 'timeout', reason, request.deadlineUs);
  }

  private attemptEnded(request: LiveRequest, end: AttemptEnd): void {
    const nowUs = this.clock.now();
    // The answer came between the deadline and the sweep that would have seen it pass.
    const late = nowUs >= request.deadlineUs && end.kind !== 'dropped';
    this.deadlines.remove(request);
    // Also what came too late for its deadline was answered.
    this.writes.ended(request, end, nowUs);
    if (late) {
      if (!this.retries(request, 'timeout')) {
        this.finish(request, 'timeout', timeoutReasons.sent, request.deadlineUs);
      }
      return;
    }
    if (end.kind === 'connectionError' && this.retries(request, 'connection')) return;
    if (end.kind === 'httpError' && end.status !== undefined && this.retries(request, end.status)) return;
    if (end.kind === 'ok' && end.answer !== undefined) {
      for (const { pool, read } of request.endpoint.captures) this.pools.add(pool, read(end.answer));
    }
    this.finish(request, end.kind, end.reason, nowUs);
  }

  /** Starts another attempt after a pause, if the endpoint retries on this. */
  private retries(request: LiveRequest, on: string | number): boolean {
    const { retry } = request.endpoint;
    if (!retry?.on.has(on) || request.attempts > retry.max) return false;
    request.state = 'resting';
    const again = () => {
      this.resting.delete(request);
      request.attempts += 1;
      request.sentUs = -1;
      request.deadlineUs = this.clock.now() + request.timeoutUs;
      this.deadlines.add(request);
      this.stationOf(request).submit(request);
    };
    this.resting.set(request, setTimeout(again, retry.delayMs));
    return true;
  }

  private finish(
    request: LiveRequest,
    kind: AttemptEnd['kind'] | 'timeout' | 'aborted',
    reason?: string,
    endUs?: RunUs,
  ): void {
    const { page, endpoint, intendedUs, dueUs, sentUs } = request;
    this.deadlines.remove(request);
    this.resting.delete(request);
    request.state = 'ended';
    this.inFlight -= 1;
    page.end(endpoint.index, { kind, reason, retries: request.attempts - 1, variant: request.variant });
    // The harness's own lateness, whatever became of the request.
    page.record(endpoint.index, series.lag, dueUs - intendedUs);
    if (endUs === undefined || kind === 'dropped' || kind === 'aborted') return;
    page.record(endpoint.index, series.response, endUs - intendedUs);
    page.record(endpoint.index, series.fromDue, endUs - dueUs);
    if (sentUs >= 0) page.record(endpoint.index, series.service, endUs - sentUs);
  }
}
