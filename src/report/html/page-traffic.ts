import { Counts } from '../../histogram/counts.js';
import { indexOf } from '../../histogram/layout.js';
import { bucketsAt } from '../../histogram/sparse-quantiles.js';
import { latencyLimits } from '../../model/latency-limits.js';
import type { SparseCounts } from '../../model/observation.js';
import { packColumn } from '../../model/page-column.js';
import { infiniteCode, seriesColumns, type PageSeries, type PageTraffic } from '../../model/page-data.js';
import type { ResultView } from '../../model/result.js';
import { thinOut } from './thin-out.js';

/** Endpoint-seconds that a page holds at most; about 10 bytes each. 8 hours of 20 endpoints are 576 000. */
const mostCells = 1_200_000;

/** A cell of each of `seriesColumns`, by second. */
type Columns = Record<(typeof seriesColumns)[number], (number | null)[]>;

/** Of the seconds `firstSecond` to `lastSecond`. A second without a record has null in every column, and no zero. */
export function pageTraffic(
  view: Pick<ResultView, 'endpoints' | 'series' | 'seconds' | 'plan'>,
  span: { firstSecond: number; lastSecond: number },
  most: number = mostCells,
): PageTraffic {
  const { firstSecond, lastSecond } = span;
  const seconds = Math.max(0, lastSecond - firstSecond + 1);
  const each = Math.ceil((seconds * (view.endpoints.length + 1)) / most);
  const all = emptyColumns(seconds);
  const of = view.endpoints.map(() => emptyColumns(seconds));
  for (const { second, tallies } of view.seconds) {
    const at = second - firstSecond;
    if (at < 0 || at >= seconds) continue;
    for (const columns of [all, ...of]) {
      // The second was recorded: what is not in it was not asked for.
      for (const name of ['intended', 'ok', 'failed', 'dropped'] as const) columns[name][at] ??= 0;
    }
    for (const tally of tallies) {
      for (const columns of [all, of[tally.endpoint]]) {
        if (!columns) continue;
        add(columns.intended, at, tally.intended);
        add(columns.ok, at, tally.ok);
        add(columns.failed, at, tally.httpError + tally.timeout + tally.connectionError);
        add(columns.dropped, at, tally.dropped);
      }
    }
  }
  addLatencies(view, firstSecond, all, of);
  const pack = (columns: Columns): PageSeries => {
    const packed = seriesColumns.map((name) => [name, packColumn(thinOut(columns[name], each))] as const);
    return Object.fromEntries(packed) as unknown as PageSeries;
  };
  return {
    firstSecond,
    secondsPerPoint: each,
    points: thinOut(all.intended, each).length,
    all: pack(all),
    limits: latencyLimits(view).map(({ endpoint, percentile, limitMs }) => ({
      endpoint,
      percentile,
      ms: limitMs,
    })),
    endpoints: view.endpoints.map((name, at) => ({ name, ...pack(of[at] ?? emptyColumns(seconds)) })),
  };
}

function emptyColumns(seconds: number): Columns {
  const columns = seriesColumns.map((name) => [name, new Array<number | null>(seconds).fill(null)]);
  return Object.fromEntries(columns) as Columns;
}

function add(column: (number | null)[], at: number, value: number): void {
  column[at] = (column[at] ?? 0) + value;
}

/** A bucket, or `infiniteCode`; null where no request ended. */
export function latencyCode(bucket: number | undefined): number | null {
  if (bucket === undefined) return null;
  return bucket === Number.POSITIVE_INFINITY ? infiniteCode : bucket;
}

const quantiles = [0.5, 0.99, 0.999];

function addLatencies(
  { series }: Pick<ResultView, 'series'>,
  firstSecond: number,
  all: Columns,
  of: readonly Columns[],
): void {
  // Of each second: the response times by endpoint; two phases may share one.
  const bySecond = new Map<number, Map<number, SparseCounts[]>>();
  for (const one of series) {
    const at = one.second - firstSecond;
    if (one.kind !== 'response' || at < 0 || at >= all.intended.length) continue;
    const second = bySecond.get(at) ?? new Map<number, SparseCounts[]>();
    bySecond.set(at, second);
    const known = second.get(one.endpoint);
    if (known) known.push(one);
    else second.set(one.endpoint, [one]);
  }
  const merged = new Counts();
  for (let at = 0; at < all.intended.length; at++) {
    const second = bySecond.get(at) ?? new Map<number, SparseCounts[]>();
    for (const [endpoint, columns] of of.entries()) {
      const parts = second.get(endpoint) ?? [];
      const [first = { index: [], count: [] }] = parts;
      const counts = parts.length > 1 ? Counts.of(...parts).toSparse() : first;
      setLatencies(columns, at, bucketsAt(counts, quantiles, columns.dropped[at] ?? 0));
    }
    merged.clear();
    for (const parts of second.values()) for (const part of parts) merged.addSparse(part);
    const drops = all.dropped[at] ?? 0;
    const buckets =
      merged.total + drops === 0
        ? undefined
        : quantiles.map((q) => {
            const us = merged.quantileUs(q, drops);
            return us === Number.POSITIVE_INFINITY ? us : indexOf(us);
          });
    setLatencies(all, at, buckets);
  }
}

function setLatencies(columns: Columns, at: number, buckets: number[] | undefined): void {
  columns.p50[at] = latencyCode(buckets?.[0]);
  columns.p99[at] = latencyCode(buckets?.[1]);
  columns.p999[at] = latencyCode(buckets?.[2]);
}
