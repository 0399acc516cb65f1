import type { LockWait, StampedEvent, TrafficSecond } from '../model/observation.js';
import { resultFiles, type ResultJson, type SeriesSecond } from '../model/result.js';
import { phases } from '../model/scenario.js';

export interface Recorded {
  endpoints: readonly string[];
  seconds: readonly TrafficSecond[];
  series: readonly SeriesSecond[];
  lockWaits: readonly LockWait[];
  events: readonly StampedEvent[];
}

/**
 * What a sealed result counted and its files no longer hold. A file that lost whole lines (a copy cut short, a disk
 * restored) reads without an error, and what it lost would pass: no lock wait in an empty file is none over a limit.
 */
export function sealCheck(sealed: ResultJson, recorded: Recorded): string[] {
  return [
    ...trafficLost(sealed, recorded),
    ...countLost(resultFiles.lockWaits, 'lock waits', sealed.locks?.waits ?? 0, recorded.lockWaits.length),
    ...eventsLost(recorded.events),
  ];
}

function trafficLost(sealed: ResultJson, { endpoints, seconds, series }: Recorded): string[] {
  const requests = new Map<string, number>();
  const latencies = new Map<string, number>();
  const add = (to: Map<string, number>, endpoint: number, phase: number, n: number) => {
    const key = keyOf(endpoints[endpoint] ?? '', phases[phase] ?? '');
    to.set(key, (to.get(key) ?? 0) + n);
  };
  for (const { tallies } of seconds) {
    for (const { endpoint, phase, intended } of tallies) add(requests, endpoint, phase, intended);
  }
  for (const { endpoint, phase, kind, count } of series) {
    if (kind === 'response') for (const n of count) add(latencies, endpoint, phase, n);
  }
  return sealed.endpoints.flatMap(({ endpoint, phase, tally, responseMs }) => {
    const key = keyOf(endpoint, phase);
    const of = `of ${endpoint} during ${phase}`;
    return [
      ...countLost(resultFiles.traffic, `requests ${of}`, tally.intended, requests.get(key) ?? 0),
      ...countLost(resultFiles.latency, `latencies ${of}`, responseMs.count, latencies.get(key) ?? 0),
    ];
  });
}

/** Events are numbered from 0 without a gap, and the last thing before the seal is the end of the run. */
function eventsLost(events: readonly StampedEvent[]): string[] {
  const numbers = new Set(events.map(({ seq }) => seq));
  const last = events.reduce((most, { seq }) => Math.max(most, seq), -1);
  const ended = events.some((event) => event.type === 'run' && event.edge === 'end');
  return [
    ...countLost(resultFiles.events, 'events', last + 1, numbers.size),
    ...(ended ? [] : [`${resultFiles.events}: it has no end of the run, and ${resultFiles.result} was written`]),
  ];
}

function countLost(file: string, what: string, sealed: number, held: number): string[] {
  return held === sealed ? [] : [`${file}: it holds ${held} ${what}, and ${sealed} were counted when the run ended`];
}

function keyOf(endpoint: string, phase: string): string {
  return JSON.stringify([endpoint, phase]);
}
