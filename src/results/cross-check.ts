import type { TrafficSecond } from '../model/observation.js';
import type { SeriesSecond } from '../model/result.js';
import { phases } from '../model/scenario.js';

/**
 * Tallies and histograms are two files of the same requests: every ok one has a latency, and no more latencies
 * than requests that were not dropped. Where they disagree a line was lost, and the missing latencies may be the
 * slow ones.
 */
export function crossCheck(
  endpoints: readonly string[],
  seconds: readonly TrafficSecond[],
  series: readonly SeriesSecond[],
): string[] {
  const recorded = new Map<string, number>();
  for (const { endpoint, phase, kind, second, count } of series) {
    if (kind !== 'response') continue;
    const key = `${endpoint}|${phase}|${second}`;
    let total = recorded.get(key) ?? 0;
    for (const n of count) total += n;
    recorded.set(key, total);
  }

  const lines: string[] = [];
  for (const { second, tallies } of seconds) {
    for (const { endpoint, phase, ok, intended, dropped } of tallies) {
      const key = `${endpoint}|${phase}|${second}`;
      const latencies = recorded.get(key) ?? 0;
      recorded.delete(key);
      if (latencies >= ok && latencies <= intended - dropped) continue;
      lines.push(
        `latency.hlog and traffic.ndjson disagree on ${nameOf(endpoints, endpoint)}, ${phases[phase] ?? phase}, ` +
          `second ${second}: ${latencies} latencies of ${ok} ok and ${intended - dropped} sent requests`,
      );
    }
  }
  for (const [key, latencies] of recorded) {
    const [endpoint = 0, phase = 0, second = 0] = key.split('|').map(Number);
    lines.push(
      `latency.hlog and traffic.ndjson disagree on ${nameOf(endpoints, endpoint)}, ${phases[phase] ?? phase}, ` +
        `second ${second}: ${latencies} latencies, and no tally`,
    );
  }
  return lines;
}

function nameOf(endpoints: readonly string[], endpoint: number): string {
  return endpoints[endpoint] ?? `endpoint ${endpoint}`;
}
