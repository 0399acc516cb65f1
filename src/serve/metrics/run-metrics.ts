import { Counter, Gauge, Registry, type Metric } from 'prom-client';
import type { RehearsalWatcher } from '../../index.js';
import type { RecordedSecond } from '../../model/live.js';
import { outcomeKinds, type HealthSample, type StampedEvent } from '../../model/observation.js';
import { phases } from '../../model/scenario-words.js';
import { BucketHistogram } from './bucket-histogram.js';
import { endpointLabels } from './bounded-names.js';

/**
 * A rehearsal as Prometheus sees it. What was not told yet has no series: a gauge without a label would begin at 0. The figures are those that go into the result's files, when they do: a second is
 * told once it has settled. Labels are bounded: endpoints (see `endpointLabels`), phases, outcomes, lock modes, and
 * the steps of the plan.
 */
export class RunMetrics {
  readonly registry = new Registry();
  readonly watcher: RehearsalWatcher;
  private readonly response = new BucketHistogram(
    'dten_response_seconds',
    'Response time from the intended start, by the second of the intended start; drops are beyond every bound',
  );
  private readonly requests = this.counter('dten_requests_total', 'Requests by how they ended', [
    'endpoint',
    'phase',
    'outcome',
  ]);
  private readonly retries = this.counter('dten_retries_total', 'Attempts beyond the first', [
    'endpoint',
    'phase',
  ]);
  private readonly lockWaits = this.counter('dten_lock_waits_total', 'Lock waits that have ended, by how', [
    'mode',
    'ended',
  ]);
  private readonly lockSeconds = this.counter(
    'dten_lock_wait_seconds_total',
    'What those waits took, by lock mode',
    ['mode'],
  );
  private readonly blocked = this.gauge('dten_blocked_sessions', 'Sessions waiting for a lock now', [
    'behind',
  ]);
  private readonly phase = this.gauge('dten_phase_info', '1 for the phase the rehearsal is in', ['phase']);
  private readonly step = this.gauge('dten_step_info', '1 while the step runs', ['side', 'step']);
  private readonly lag = this.gauge(
    'dten_send_lag_seconds',
    'How late the harness itself fired, p99 of the last second, worst worker',
    ['scenario'],
  );
  private readonly inFlight = this.gauge('dten_in_flight_requests', 'Requests begun and not ended', [
    'scenario',
  ]);
  private readonly queued = this.gauge('dten_queued_requests', 'Requests waiting for a free connection', [
    'scenario',
  ]);
  private readonly run = this.gauge('dten_run_info', '1 for the rehearsal under way', ['scenario', 'id']);
  private scenario = '';
  private labelOf: (endpoint: number) => string = String;
  private steps = new Map<string, { side: string; step: string }>();
  private readonly workers = new Map<number, HealthSample>();
  private locks: (() => { waiting: number; behindSteps: number }) | undefined;

  constructor() {
    this.registry.registerMetric(this.response as unknown as Metric);
    this.watcher = {
      begin: ({ manifest: { plan, id } }) => {
        this.registry.resetMetrics();
        this.workers.clear();
        this.locks = undefined;
        this.labelOf = endpointLabels(Object.keys(plan.scenario.traffic.endpoints));
        this.steps = new Map(
          [...plan.upgrade, ...plan.rollback].map((step) => [step.id, { side: step.side, step: step.id }]),
        );
        this.scenario = plan.name;
        this.run.set({ scenario: plan.name, id }, 1);
      },
      event: (event) => this.event(event),
      second: (second) => this.second(second),
      health: (sample) => this.health(sample),
      locks: (live) => void (this.locks = live),
      lockWait: ({ mode, ended, durationMs }) => {
        this.lockWaits.inc({ mode, ended });
        this.lockSeconds.inc({ mode }, durationMs / 1000);
      },
    };
  }

  /** In Prometheus's text format. */
  async text(): Promise<string> {
    this.lookAtLocks();
    return this.registry.metrics();
  }

  /** Brings the gauges that are asked for, not told, up to now. */
  lookAtLocks(): void {
    if (!this.locks) return;
    const { waiting, behindSteps } = this.locks();
    this.blocked.set({ behind: 'step' }, behindSteps);
    this.blocked.set({ behind: 'other' }, waiting - behindSteps);
  }

  private event(event: StampedEvent): void {
    if (event.type === 'phase') {
      for (const phase of phases) this.phase.set({ phase }, phase === event.phase ? 1 : 0);
    } else if (event.type === 'step') {
      const labels = this.steps.get(event.step);
      if (labels) this.step.set(labels, event.edge === 'start' ? 1 : 0);
    }
  }

  private second({ tallies, series }: RecordedSecond): void {
    for (const tally of tallies) {
      const labels = { endpoint: this.labelOf(tally.endpoint), phase: phases[tally.phase] ?? '' };
      for (const outcome of outcomeKinds) {
        if (tally[outcome] > 0) this.requests.inc({ ...labels, outcome }, tally[outcome]);
      }
      if (tally.retries > 0) this.retries.inc(labels, tally.retries);
      if (tally.dropped > 0) this.response.add(labels, [], tally.dropped);
    }
    for (const { endpoint, phase, kind, parts } of series) {
      if (kind !== 'response') continue;
      this.response.add({ endpoint: this.labelOf(endpoint), phase: phases[phase] ?? '' }, parts, 0);
    }
  }

  private health(sample: HealthSample): void {
    this.workers.set(sample.worker, sample);
    const all = [...this.workers.values()];
    const { scenario } = this;
    this.lag.set({ scenario }, all.reduce((worst, { lagP99Us }) => Math.max(worst, lagP99Us), 0) / 1_000_000);
    this.inFlight.set(
      { scenario },
      all.reduce((sum, { inFlight }) => sum + inFlight, 0),
    );
    this.queued.set(
      { scenario },
      all.reduce((sum, { queued }) => sum + queued, 0),
    );
  }

  private counter<T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  private gauge<T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
