import { outcomeKinds, type SecondTally, type SeriesKind, type Tally } from '../model/observation.js';
import type { EndpointSummary, ResultView, SeriesSecond } from '../model/result.js';
import { phases } from '../model/scenario.js';
import { Counts } from './counts.js';

type Quantiles = EndpointSummary['responseMs'];
type QuantilesWithDrops = EndpointSummary['responseWithDropsMs'];

/** A quantile is named only where the sample is large enough that a request lies beyond it: 1 ÷ (1 − q). */
const quantiles = [
  { name: 'p50', q: 0.5, leastCount: 2 },
  { name: 'p90', q: 0.9, leastCount: 10 },
  { name: 'p99', q: 0.99, leastCount: 100 },
  { name: 'p999', q: 0.999, leastCount: 1_000 },
  { name: 'p9999', q: 0.9999, leastCount: 10_000 },
] as const;

/** Tallies and quantiles per endpoint × phase, for what had any traffic; in the plan's order. */
export function endpointSummaries(
  view: Pick<ResultView, 'endpoints' | 'series' | 'seconds'>,
): EndpointSummary[] {
  const tallies = new Map<string, Omit<SecondTally, 'endpoint' | 'phase' | 'variants' | 'missed'>>();
  for (const second of view.seconds) {
    for (const tally of second.tallies) {
      const key = `${tally.endpoint}|${tally.phase}`;
      let sum = tallies.get(key);
      if (!sum) tallies.set(key, (sum = { ...noTally(), reasons: {}, retries: 0 }));
      for (const kind of ['intended', ...outcomeKinds] as const) sum[kind] += tally[kind];
      sum.retries += tally.retries;
      for (const [reason, count] of [...Object.entries(tally.reasons), ...Object.entries(tally.missed)]) {
        sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
      }
    }
  }
  const seriesOf = new Map<string, SeriesSecond[]>();
  for (const one of view.series) {
    const key = `${one.endpoint}|${one.phase}|${one.kind}`;
    const known = seriesOf.get(key);
    if (known) known.push(one);
    else seriesOf.set(key, [one]);
  }
  const counts = new Counts();
  const countsOf = (endpoint: number, phase: number, kind: SeriesKind): Counts => {
    counts.clear();
    for (const one of seriesOf.get(`${endpoint}|${phase}|${kind}`) ?? []) counts.addSparse(one);
    return counts;
  };

  const summaries: EndpointSummary[] = [];
  for (const [at, phase] of phases.entries()) {
    for (const [endpoint, name] of view.endpoints.entries()) {
      const sum = tallies.get(`${endpoint}|${at}`);
      if (!sum && !seriesOf.has(`${endpoint}|${at}|response`)) continue;
      const { reasons, retries, ...tally } = sum ?? { ...noTally(), reasons: {}, retries: 0 };
      const response = countsOf(endpoint, at, 'response');
      const responseMs = quantilesOf(response);
      const responseWithDropsMs = quantilesWithDrops(response, tally.dropped);
      const serviceMs = quantilesOf(countsOf(endpoint, at, 'service'));
      summaries.push({
        endpoint: name,
        phase,
        tally,
        reasons,
        retries,
        responseMs,
        responseWithDropsMs,
        serviceMs,
      });
    }
  }
  return summaries;
}

/** In ms; null where the sample is too thin to name one. */
export function quantilesOf(counts: Counts): Quantiles {
  const result: Quantiles = { count: counts.total, ...unnamed, max: null };
  for (const { name, q, leastCount } of quantiles) {
    if (counts.total >= leastCount) result[name] = counts.quantileUs(q) / 1000;
  }
  if (counts.total > 0) result.max = counts.maxUs() / 1000;
  return result;
}

/** The same with `drops` more samples of +∞ (written `inf`). */
export function quantilesWithDrops(counts: Counts, drops: number): QuantilesWithDrops {
  const count = counts.total + drops;
  const result: QuantilesWithDrops = { count, ...unnamed, max: null };
  for (const { name, q, leastCount } of quantiles) {
    if (count < leastCount) continue;
    const us = counts.quantileUs(q, drops);
    result[name] = us === Number.POSITIVE_INFINITY ? 'inf' : us / 1000;
  }
  if (count > 0) result.max = drops > 0 ? 'inf' : counts.maxUs() / 1000;
  return result;
}

const unnamed = { p50: null, p90: null, p99: null, p999: null, p9999: null };

function noTally(): Tally {
  return { intended: 0, ok: 0, httpError: 0, timeout: 0, connectionError: 0, dropped: 0, aborted: 0 };
}
