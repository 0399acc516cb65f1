import { highestOf } from '../histogram/layout.js';
import { unpackColumn, type PageColumn } from '../model/page-column.js';
import {
  infiniteCode,
  seriesColumns,
  type PageData,
  type PageGauges,
  type PageSecond,
  type PageUpdate,
} from '../model/page-data.js';

type Values = (number | null)[];
export type SeriesName = (typeof seriesColumns)[number];

/** Stands for all endpoints together where an endpoint's index is asked for. */
export const allEndpoints = -1;

/** Milliseconds of a latency's code; Infinity for drops, null where no request ended. */
export function latencyMs(code: number | null): number | null {
  if (code === null) return null;
  return code === infiniteCode ? Number.POSITIVE_INFINITY : highestOf(code) / 1000;
}

/**
 * What a page shows, unpacked when it is asked for, and growing where a live feed adds to it. Every change raises
 * `version` and tells the listeners.
 */
export class PageStore {
  version = 0;
  private readonly columns = new Map<PageColumn, Values>();
  private readonly listeners = new Set<() => void>();
  private points: number;
  /** Arrays that were made in the batch under way: they may grow in place, nobody has seen them. */
  private readonly fresh = new Set<Values>();

  constructor(readonly data: PageData) {
    this.points = data.traffic.points;
  }

  /** Returns what ends it. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The middle of what each point stands for, in seconds since run zero. */
  seconds(): number[] {
    const { firstSecond, secondsPerPoint } = this.data.traffic;
    return Array.from({ length: this.points }, (_, at) => firstSecond + (at + 0.5) * secondsPerPoint);
  }

  /** Counts as they are, latencies in ms. The same array until something is added to it. */
  series(endpoint: number, name: SeriesName): Values {
    const { all, endpoints } = this.data.traffic;
    const series = endpoint === allEndpoints ? all : endpoints[endpoint];
    if (!series) return [];
    const isLatency = name === 'p50' || name === 'p99' || name === 'p999';
    return this.column(series[name], isLatency ? latencyMs : undefined);
  }

  column(column: PageColumn, convert?: (value: number | null) => number | null): Values {
    const known = this.columns.get(column);
    if (known) return known;
    const values = unpackColumn(column);
    const shown = convert ? values.map(convert) : values;
    this.columns.set(column, shown);
    return shown;
  }

  apply(...updates: readonly PageUpdate[]): void {
    this.fresh.clear();
    for (const update of updates) this.take(update);
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  private take(update: PageUpdate): void {
    switch (update.type) {
      case 'second':
        this.addSecond(update.second, update.all, update.endpoints);
        break;
      case 'wait':
        if (!this.data.locks) break;
        this.data.locks.parties.push(...update.parties);
        this.data.locks.waits.push(update.wait);
        break;
      case 'gauges':
        this.addGauges(this.data[update.of], update.atMs, update.values);
        break;
      case 'bands':
        this.data.bands = update.bands;
        break;
      case 'findings':
        this.data.findings = update.findings;
        this.data.notices = update.notices;
        break;
      case 'state':
        this.data.state = update.state;
        this.data.verdict = update.verdict;
        break;
      case 'blocked':
        if (!this.data.locks) break;
        this.setCell(this.data.locks.blocked, update.second - this.data.traffic.firstSecond, update.waiting);
        this.setCell(
          this.data.locks.behindSteps,
          update.second - this.data.traffic.firstSecond,
          update.behindSteps,
        );
        break;
    }
  }

  private addSecond(second: number, all: PageSecond, endpoints: (PageSecond | null)[]): void {
    const { traffic, span } = this.data;
    const at = second - traffic.firstSecond;
    if (at < 0) return;
    this.points = Math.max(this.points, at + 1);
    span.toUs = Math.max(span.toUs, (second + 1) * 1_000_000);
    this.setCells(allEndpoints, at, all);
    // Of a second that was recorded, what is not in it was not asked for.
    const none: PageSecond = [0, 0, 0, 0, null, null, null];
    for (const endpoint of traffic.endpoints.keys()) this.setCells(endpoint, at, endpoints[endpoint] ?? none);
  }

  private setCells(endpoint: number, at: number, cells: PageSecond): void {
    const series = endpoint === allEndpoints ? this.data.traffic.all : this.data.traffic.endpoints[endpoint];
    if (!series) return;
    for (const [of, name] of seriesColumns.entries()) {
      const cell = cells[of] ?? null;
      this.setCell(series[name], at, of < 4 ? cell : latencyMs(cell));
    }
  }

  /** Into a new array, so that who compares arrays sees that it has changed: one a batch, not one a cell. */
  private setCell(column: PageColumn, at: number, value: number | null): void {
    if (at < 0) return;
    let values = this.column(column);
    if (!this.fresh.has(values)) {
      values = [...values];
      this.fresh.add(values);
      this.columns.set(column, values);
    }
    while (values.length < at) values.push(null);
    values[at] = value;
  }

  private addGauges(gauges: PageGauges | null, atMs: number, values: Values): void {
    if (!gauges) return;
    const length = this.column(gauges.atMs).length;
    this.setCell(gauges.atMs, length, atMs);
    for (const [at, gauge] of gauges.gauges.entries()) this.setCell(gauge.values, length, values[at] ?? null);
  }
}
