import { indexOf, layoutLength } from '../histogram/layout.js';
import {
  seriesKinds,
  type OutcomeKind,
  type SecondTally,
  type Series,
  type Tally,
} from '../model/observation.js';
import { drain, newDenseBuckets, recordInto, type DenseBuckets } from './dense-buckets.js';

/** A constant, not `seriesKinds.length`: the hot path multiplies by it. */
const kindCount = 4 satisfies (typeof seriesKinds)['length'];

/** What has happened for one endpoint × phase × intended second since the last flush. */
interface Row {
  tally: SecondTally;
  changed: boolean;
}

export function emptyTally(): Tally {
  return { intended: 0, ok: 0, httpError: 0, timeout: 0, connectionError: 0, dropped: 0, aborted: 0 };
}

function emptySecondTally(endpoint: number, phase: number): SecondTally {
  return { endpoint, phase, ...emptyTally(), reasons: {}, missed: {}, variants: {}, retries: 0 };
}

/** How a request ended, for the tally. */
export interface Ending {
  kind: OutcomeKind;
  /** Of everything but ok. */
  reason?: string | undefined;
  retries: number;
  /** Index of the variant that made the request; −1: the endpoint's own. */
  variant: number;
}

/**
 * What began in one second of one phase. Dense counts while it is current (a record is a bucket index and an
 * increment); what ends after the second was first flushed goes to a list instead, which the in-flight cap bounds:
 * a long stall touches many seconds at once, and dense counts for all of them would not fit.
 */
export class Page {
  open = 0;
  late = false;
  private readonly rows: (Row | undefined)[] = [];
  /** By endpoint × kind. */
  private readonly dense: (DenseBuckets | undefined)[] = [];
  private readonly lateCodes: number[] = [];

  constructor(
    readonly second: number,
    readonly phase: number,
    private readonly spare: DenseBuckets[],
    private readonly totals: Tally,
  ) {}

  /** A request's intended start came. */
  begin(endpoint: number): void {
    const row = this.row(endpoint);
    row.tally.intended += 1;
    row.changed = true;
    this.totals.intended += 1;
    this.open += 1;
  }

  /** A request that began here ended. */
  end(endpoint: number, ending: Ending): void {
    const { tally } = this.row(endpoint);
    tally[ending.kind] += 1;
    this.totals[ending.kind] += 1;
    tally.retries += ending.retries;
    if (ending.kind !== 'ok') {
      const reason = ending.reason ?? ending.kind;
      const reasons = ending.kind === 'dropped' || ending.kind === 'aborted' ? tally.missed : tally.reasons;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
    } else if (ending.variant >= 0) {
      tally.variants[ending.variant] = (tally.variants[ending.variant] ?? 0) + 1;
    }
    this.row(endpoint).changed = true;
    this.open -= 1;
  }

  /** A duration in µs of one of its requests. `kind` indexes the model's `seriesKinds`. */
  record(endpoint: number, kind: number, us: number): void {
    const owner = endpoint * kindCount + kind;
    const buckets = this.dense[owner];
    if (buckets !== undefined) recordInto(buckets, us);
    else this.recordFirst(owner, us);
  }

  private recordFirst(owner: number, us: number): void {
    if (this.late) {
      this.lateCodes.push(owner * layoutLength + indexOf(us));
      return;
    }
    const buckets = this.spare.pop() ?? newDenseBuckets();
    // No holes: the array stays a packed one.
    while (this.dense.length < owner) this.dense.push(undefined);
    this.dense[owner] = buckets;
    recordInto(buckets, us);
  }

  /** What came since the last flush; nothing is named twice. */
  flush(series: Series[], tally: SecondTally[]): void {
    for (const [endpoint, row] of this.rows.entries()) {
      if (!row?.changed) continue;
      tally.push(row.tally);
      row.tally = emptySecondTally(endpoint, this.phase);
      row.changed = false;
    }
    for (const [owner, buckets] of this.dense.entries()) {
      if (!buckets) continue;
      const { index, count } = drain(buckets);
      series.push(this.series(owner, index, count));
      this.spare.push(buckets);
    }
    this.dense.length = 0;
    this.flushLate(series);
  }

  private flushLate(series: Series[]): void {
    const codes = Float64Array.from(this.lateCodes).sort();
    this.lateCodes.length = 0;
    let current = -1;
    let index: number[] = [];
    let count: number[] = [];
    for (const code of codes) {
      const owner = Math.floor(code / layoutLength);
      const bucket = code - owner * layoutLength;
      if (owner !== current) {
        index = [];
        count = [];
        series.push(this.series(owner, index, count));
        current = owner;
      }
      if (index.at(-1) === bucket) count[count.length - 1] = (count.at(-1) ?? 0) + 1;
      else {
        index.push(bucket);
        count.push(1);
      }
    }
  }

  private series(owner: number, index: number[], count: number[]): Series {
    const kind = seriesKinds[owner % kindCount] ?? 'response';
    return { endpoint: Math.floor(owner / kindCount), phase: this.phase, kind, index, count };
  }

  private row(endpoint: number): Row {
    return (this.rows[endpoint] ??= {
      tally: emptySecondTally(endpoint, this.phase),
      changed: false,
    });
  }
}

export interface IntervalReport {
  second: number;
  final: boolean;
  series: Series[];
  tally: SecondTally[];
}

/** Latencies and tallies of one worker, by the second and the phase of the intended start. */
export class Recorder {
  readonly totals = emptyTally();
  private readonly pages = new Map<number, Page[]>();
  private readonly spare: DenseBuckets[] = [];
  private last: Page | undefined;
  private settledBelow: number | undefined;

  /** The page of a second (of run zero) and a phase. */
  page(second: number, phase: number): Page {
    if (this.last?.second === second && this.last.phase === phase) return this.last;
    let pages = this.pages.get(second);
    if (!pages) this.pages.set(second, (pages = []));
    let page = pages.find((p) => p.phase === phase);
    if (!page) pages.push((page = new Page(second, phase, this.spare, this.totals)));
    this.last = page;
    return page;
  }

  /** Seconds from here on get a report when they settle, also those without requests. */
  startAt(second: number): void {
    this.settledBelow ??= second;
  }

  /**
   * What has come since the last flush, second by second. `overBefore`: no request will begin in a second below it
   * any more; such a second is final once all its requests have ended, and is reported even if it had none.
   */
  flush(overBefore: number): IntervalReport[] {
    const reports: IntervalReport[] = [];
    const first = this.settledBelow;
    if (first !== undefined) {
      for (let second = first; second < overBefore; second++) {
        if (!this.pages.has(second)) this.pages.set(second, []);
      }
      this.settledBelow = Math.max(first, overBefore);
    }
    for (const [second, pages] of [...this.pages].sort(([a], [b]) => a - b)) {
      const report: IntervalReport = { second, final: false, series: [], tally: [] };
      for (const page of pages) {
        page.flush(report.series, report.tally);
        page.late = second < overBefore;
      }
      report.final = second < overBefore && pages.every((page) => page.open === 0);
      if (report.final) {
        this.pages.delete(second);
        if (this.last?.second === second) this.last = undefined;
      }
      if (report.final || report.series.length > 0 || report.tally.length > 0) reports.push(report);
    }
    return reports;
  }
}
