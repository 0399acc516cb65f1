import { gapsOf, phasesOf, stepsOf, describeEvent, type RehearsalWatcher } from '../../index.js';
import type { BegunRun, LiveLocks } from '../../model/live.js';
import type { LockWait, StampedEvent } from '../../model/observation.js';
import { PartyList, pageWait } from '../../report/html/page-locks.js';
import { pageBands } from '../../report/html/page-bands.js';
import type { LiveFeed } from './live-feed.js';
import { LiveGauges } from './live-gauges.js';
import { LiveSeconds } from './live-seconds.js';

/** Waits that a page draws of a running rehearsal; the rest are counted. */
const mostWaits = 20_000;
const mostStatements = 500;
const tickMs = 200;
const bandsEveryUs = 1_000_000;

/** Follows one rehearsal into a feed. */
export class LiveRun {
  readonly watcher: RehearsalWatcher;
  private readonly events: StampedEvent[] = [];
  private readonly parties = new PartyList();
  private waits = 0;
  private readonly seconds: LiveSeconds;
  private readonly gauges: LiveGauges;
  private locks: (() => LiveLocks) | undefined;
  private blocked: { second: number; waiting: number; behindSteps: number } | undefined;
  private bandsDueUs = 0;
  private bandsStale = false;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly feed: LiveFeed,
    private readonly run: BegunRun,
  ) {
    const { plan } = run.manifest;
    const endpoints = Object.keys(plan.scenario.traffic.endpoints);
    this.seconds = new LiveSeconds(plan);
    this.gauges = new LiveGauges(plan.scenario.traffic.workers);
    feed.append({
      type: 'begin',
      scenario: plan.name,
      id: run.manifest.id,
      startedAt: run.manifest.startedAt,
      subject: `seed ${plan.seed}`,
      endpoints,
      limits: this.seconds.limits(),
      phaseMs: plan.phaseMs,
    });
    this.watcher = {
      event: (event) => this.event(event),
      locks: (live) => void (this.locks = live),
      lockQueue: (queue) => feed.set({ type: 'queue', queue }),
      lockWait: (wait) => this.lockWait(wait),
      second: (recorded) => {
        const drawn = this.seconds.add(recorded);
        feed.append(drawn ?? { type: 'late', second: recorded.second });
      },
      server: (sample) => this.appendIf(this.gauges.server(sample)),
      health: (sample) => this.appendIf(this.gauges.health(sample)),
    };
    this.timer = setInterval(() => this.tick(), tickMs);
    this.timer.unref();
  }

  /** What lock observation could see up to now; null: it has not begun, or there is no database. */
  coverage(): LiveLocks['coverage'] | null {
    return this.locks?.().coverage ?? null;
  }

  /** No more is told of what goes on; the last of the bands is. */
  stop(): void {
    clearInterval(this.timer);
    if (this.bandsStale) this.tellBands();
  }

  private appendIf(entry: Parameters<LiveFeed['append']>[0] | undefined): void {
    if (entry) this.feed.append(entry);
  }

  private event(event: StampedEvent): void {
    this.events.push(event);
    const line = describeEvent(event);
    this.feed.append({ type: 'event', event, ...(line !== undefined && { line }) });
    this.bandsStale = true;
  }

  private lockWait(wait: LockWait): void {
    this.waits += 1;
    if (this.waits > mostWaits) {
      // Told in steps: a line for each would cost what leaving them out saves.
      if (this.waits % 1000 === 1)
        this.feed.append({ type: 'waits left out', count: this.waits - mostWaits });
      return;
    }
    const known = this.parties.all.length;
    const drawn = pageWait(wait, this.parties);
    this.feed.append({ type: 'wait', wait: drawn, parties: this.parties.all.slice(known) });
  }

  private tick(): void {
    const nowUs = this.run.clock.now();
    this.tellBlocked(nowUs);
    if (this.bandsStale && nowUs >= this.bandsDueUs) this.tellBands();
  }

  private tellBlocked(nowUs: number): void {
    if (!this.locks) return;
    const { waiting, behindSteps } = this.locks();
    const second = Math.floor(nowUs / 1_000_000);
    const before = this.blocked;
    if (before && before.second !== second) this.feed.append({ type: 'blocked', ...before });
    const same = before?.second === second ? before : { waiting: 0, behindSteps: 0 };
    this.blocked = {
      second,
      waiting: Math.max(same.waiting, waiting),
      behindSteps: Math.max(same.behindSteps, behindSteps),
    };
  }

  private tellBands(): void {
    const { plan } = this.run.manifest;
    const { events } = this;
    const nowUs = this.run.clock.now();
    this.bandsStale = false;
    this.bandsDueUs = nowUs + bandsEveryUs;
    const view = {
      plan,
      events,
      phases: phasesOf(events, nowUs),
      steps: stepsOf(plan, events, nowUs),
      gaps: gapsOf(events, nowUs),
      lockCoverage: null,
    };
    const bands = pageBands(view, nowUs);
    const statements = bands.filter(({ kind }) => kind === 'statement').slice(-mostStatements);
    const kept = new Set(statements);
    const shown = bands.filter((band) => band.kind !== 'statement' || kept.has(band));
    this.feed.set({ type: 'bands', bands: shown, asOfUs: nowUs });
  }
}
