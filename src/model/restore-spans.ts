import { formatMs } from '../foundation/units.js';
import type { StampedEvent } from './observation.js';
import type { RestorePart } from './rollback.js';

export interface RestoreSpan {
  step: string;
  part: RestorePart;
  fromUs: number;
  /** Undefined: it did not end. */
  toUs: number | undefined;
  bytes?: number;
}

/** The parts of putting the snapshot back, in order. */
export function restoreSpans(events: readonly StampedEvent[]): RestoreSpan[] {
  const spans: RestoreSpan[] = [];
  for (const event of events) {
    if (event.type !== 'restore') continue;
    const { step, part, edge, atUs, bytes } = event;
    if (edge === 'start') spans.push({ step, part, fromUs: atUs, toUs: undefined });
    else {
      const open = spans.findLast((span) => span.part === part && span.toUs === undefined);
      if (open) Object.assign(open, { toUs: atUs, ...(bytes !== undefined && { bytes }) });
    }
  }
  return spans;
}

/** When the server was down on purpose: nobody can hold or wait for a lock then. */
export function restoreOutage(events: readonly StampedEvent[]): { fromUs: number; toUs: number } | undefined {
  const spans = restoreSpans(events);
  const stop = spans.find(({ part }) => part === 'stop');
  const start = spans.find(({ part }) => part === 'start');
  if (!stop) return undefined;
  return { fromUs: stop.fromUs, toUs: start?.toUs ?? Infinity };
}

/** Observers connect again within this (the lock sampler tries every second at most). */
const reconnectUs = 2_500_000;
const observers: readonly string[] = ['lock observer', 'server statistics'];

/**
 * What could not be observed. What the observers say of a server that is stopped for its restore is one thing, not
 * one for each of them; the events keep them all.
 */
export function degradedOf(events: readonly StampedEvent[]): { source: string; lost: string }[] {
  const outage = restoreOutage(events);
  const degraded = events.filter((event) => event.type === 'degraded');
  const inOutage = degraded.filter(
    ({ source, atUs }) =>
      outage && observers.includes(source) && atUs >= outage.fromUs && atUs <= outage.toUs + reconnectUs,
  );
  const rest = degraded.filter((event) => !inOutage.includes(event));
  if (!outage || inOutage.length === 0) return rest.map(({ source, lost }) => ({ source, lost }));
  const lasted = Number.isFinite(outage.toUs) ? formatMs((outage.toUs - outage.fromUs) / 1000) : 'to the end';
  const lost = `the server was stopped (${lasted}): no lock, wait or statistic was seen until they connected again`;
  return [{ source: 'snapshot restore', lost }, ...rest.map(({ source, lost }) => ({ source, lost }))];
}
