import type { PageColumn } from '../model/page-column.js';
import type { LiveBegin, LiveMessage, LiveState } from '../model/live-feed.js';
import {
  seriesColumns,
  type PageData,
  type PageGauges,
  type PageSeries,
  type PageUpdate,
} from '../model/page-data.js';
import { PageStore } from './page-store.js';

type StateOf<T extends LiveState['type']> = Extract<LiveState, { type: T }>;
type End = Extract<LiveMessage, { type: 'end' }>;

const shownLines = 200;

/** A running rehearsal as a page knows it: from what a feed tells, a batch at a time. */
export class LiveStore {
  begin: LiveBegin | undefined;
  /** The charts; there are none until the first second of traffic. */
  page: PageStore | undefined;
  phase: { name: string; fromUs: number } | undefined;
  step: { name: string; attempt: number; fromUs: number } | undefined;
  queue: StateOf<'queue'>['queue'] | undefined;
  findings: StateOf<'findings so far'> | undefined;
  noFindings: string | undefined;
  aborting = false;
  end: End | undefined;
  waitsLeftOut = 0;
  lateSeconds = 0;
  /** What happened, the newest last. */
  readonly lines: string[] = [];
  /** The last instant of the run that anything was told of, µs. */
  atUs = 0;
  private early: PageUpdate[] = [];
  private readonly titles: Partial<Record<'server' | 'health', PageGauges>> = {};
  private readonly listeners = new Set<() => void>();

  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  apply(messages: readonly LiveMessage[]): void {
    const updates: PageUpdate[] = [];
    for (const message of messages) {
      const update = this.take(message);
      if (update) updates.push(update);
    }
    this.show(updates);
    for (const listener of this.listeners) listener();
  }

  private take(message: LiveMessage): PageUpdate | undefined {
    switch (message.type) {
      case 'begin':
        this.startAnew(message);
        return undefined;
      case 'event':
        this.atUs = Math.max(this.atUs, message.event.atUs);
        this.takeEvent(message.event);
        if (message.line !== undefined) this.lines.push(message.line);
        if (this.lines.length > shownLines) this.lines.splice(0, this.lines.length - shownLines);
        return undefined;
      case 'second':
        this.atUs = Math.max(this.atUs, (message.second + 1) * 1_000_000);
        if (!this.page && this.begin) this.page = new PageStore(pageOf(this.begin, message.second));
        return message;
      case 'gauges':
        this.titleGauges(message);
        return { type: 'gauges', of: message.of, atMs: message.atMs, values: message.values };
      case 'blocked':
        this.atUs = Math.max(this.atUs, (message.second + 1) * 1_000_000);
        return message;
      case 'wait':
        return message;
      case 'bands':
        return { type: 'bands', bands: message.bands };
      case 'queue':
        this.queue = message.queue;
        this.atUs = Math.max(this.atUs, message.queue.atUs);
        return undefined;
      case 'findings so far':
        this.findings = message;
        return { type: 'findings', findings: message.findings, notices: [] };
      case 'no findings':
        this.noFindings = message.why;
        return undefined;
      case 'aborting':
        this.aborting = true;
        return undefined;
      case 'waits left out':
        this.waitsLeftOut = message.count;
        return undefined;
      case 'late':
        this.lateSeconds += 1;
        return undefined;
      case 'end':
        this.end = message;
        return undefined;
    }
  }

  /** Another run of the same server, or this one told from its start. */
  private startAnew(begin: LiveBegin): void {
    Object.assign(this, { begin, page: undefined, phase: undefined, step: undefined, queue: undefined });
    Object.assign(this, { findings: undefined, noFindings: undefined, aborting: false, end: undefined });
    Object.assign(this, { waitsLeftOut: 0, lateSeconds: 0, atUs: 0, early: [] });
    this.lines.length = 0;
  }

  private takeEvent(event: Extract<LiveMessage, { type: 'event' }>['event']): void {
    if (event.type === 'phase') this.phase = { name: event.phase, fromUs: event.fromUs };
    if (event.type !== 'step') return;
    this.step =
      event.edge === 'start' ? { name: event.step, attempt: event.attempt, fromUs: event.atUs } : undefined;
  }

  /** Samples come before the first second of traffic: they are kept until there is a page. */
  private show(updates: PageUpdate[]): void {
    if (!this.page) {
      this.early.push(...updates);
      return;
    }
    this.nameGauges();
    this.page.apply(...this.early, ...updates);
    this.early = [];
  }

  private titleGauges({ of, titles }: Extract<LiveMessage, { type: 'gauges' }>): void {
    if (titles) {
      this.titles[of] = {
        atMs: nothing(),
        gauges: titles.map(({ unit, ...title }) => ({
          ...title,
          unit: unit as PageGauges['gauges'][number]['unit'],
          values: nothing(),
        })),
      };
    }
  }

  /** The page's gauges may have been named before there was a page. */
  private nameGauges(): void {
    if (!this.page) return;
    for (const of of ['server', 'health'] as const) this.page.data[of] ??= this.titles[of] ?? null;
  }
}

function pageOf(begin: LiveBegin, firstSecond: number): PageData {
  const series = (): PageSeries =>
    Object.fromEntries(seriesColumns.map((name) => [name, nothing()])) as unknown as PageSeries;
  return {
    schema: 'dten.page/1',
    state: 'running',
    scenario: begin.scenario,
    id: begin.id,
    startedAt: begin.startedAt,
    subject: begin.subject,
    notices: [],
    verdict: null,
    findings: [],
    notRehearsed: [],
    rules: [],
    span: { fromUs: firstSecond * 1_000_000, toUs: (firstSecond + 1) * 1_000_000 },
    bands: [],
    traffic: {
      firstSecond,
      secondsPerPoint: 1,
      points: 0,
      limits: begin.limits,
      all: series(),
      endpoints: begin.endpoints.map((name) => ({ name, ...series() })),
    },
    curves: [],
    locks: {
      headline: '',
      coverage: '',
      parties: [],
      waits: [],
      holders: [],
      leftOut: { waits: 0, longestMs: 0 },
      blocked: nothing(),
      behindSteps: nothing(),
    },
    server: null,
    health: null,
    sections: [],
  };
}

/** A column of its own to grow: columns are told apart by their identity. */
function nothing(): PageColumn {
  return { type: 'same', value: null, count: 0 };
}
