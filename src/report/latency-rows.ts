import { formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type { EndpointSummary, PhaseSpan } from '../model/result.js';
import { plain, plural } from './plain-text.js';

export interface LatencyRow {
  endpoint: string;
  /** Requests intended a second of the phase; `–` where its length is not known. */
  rate: string;
  p50: string;
  p99: string;
  p999: string;
  max: string;
  errors: string;
  dropped: string;
  bad: boolean;
}

/** Response time from the intended start, drops as +∞: what a user of the system would have waited. */
export function latencyRow(summary: EndpointSummary, span: PhaseSpan | undefined): LatencyRow {
  const { tally, responseWithDropsMs: ms } = summary;
  const seconds = span ? (span.toUs - span.fromUs) / 1_000_000 : 0;
  const errors = errorsOf(summary);
  return {
    endpoint: plain(summary.endpoint),
    rate: seconds > 0 ? `${formatRate(tally.intended / seconds)}/s` : '–',
    p50: latency(ms.p50),
    p99: latency(ms.p99),
    p999: latency(ms.p999),
    max: latency(ms.max),
    errors: errors === 0 ? '0' : `${formatCount(errors)} (${formatRatio(errors / tally.intended)})`,
    dropped: formatCount(tally.dropped),
    bad: errors > 0 || tally.dropped > 0,
  };
}

/** Answered wrongly, not at all, or not in time. Requests cut off by the end of the run are told apart. */
function errorsOf({ tally }: EndpointSummary): number {
  return tally.httpError + tally.timeout + tally.connectionError;
}

/** What stands below the table for a row with drops, errors, aborted requests or retries. */
export function latencyNotes(summary: EndpointSummary): string[] {
  const { tally, responseMs: ms, reasons, retries } = summary;
  const notes: string[] = [];
  if (tally.dropped > 0) {
    notes.push(
      `${formatCount(tally.dropped)} dropped count as ∞; without them p50 ${latency(ms.p50)}, ` +
        `p99 ${latency(ms.p99)}, max ${latency(ms.max)}`,
    );
  }
  const worst = Object.entries(reasons).sort(([, a], [, b]) => b - a);
  if (worst.length > 0) {
    const shown = worst.slice(0, 4).map(([reason, count]) => `${formatCount(count)} × ${plain(reason)}`);
    if (worst.length > 4) shown.push(`${plural(worst.length - 4, 'more reason')}`);
    notes.push(shown.join(', '));
  }
  if (tally.aborted > 0) notes.push(`${formatCount(tally.aborted)} cut off by the end of the traffic`);
  if (retries > 0) notes.push(`${plural(retries, 'client retry', 'client retries')}`);
  return notes;
}

function latency(ms: number | 'inf' | null): string {
  if (ms === null) return '–';
  return ms === 'inf' ? '∞' : formatMs(ms);
}

function formatRate(perSecond: number): string {
  return perSecond >= 100 ? formatCount(perSecond) : String(Number(perSecond.toPrecision(2)));
}
