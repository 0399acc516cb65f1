import type { SparseView } from '../../histogram/counts.js';
import { indexOf } from '../../histogram/layout.js';
import type { SecondTally } from '../../model/observation.js';
import type { ResultView } from '../../model/result.js';
import { phases, type Phase } from '../../model/scenario.js';
import { addTallies } from '../../model/second-tally.js';

const usPerSecond = 1_000_000;

/** One intended second of one endpoint and phase. */
export interface PhaseSecond {
  phase: Phase;
  second: number;
  /** What ended, by response time; what the end of the traffic cut off, by what it had certainly waited. */
  response: SparseView[];
  tally: SecondTally | undefined;
}

/** The seconds of every endpoint that had any request, in order. */
export function phaseSecondsOf(view: ResultView): PhaseSecond[][] {
  const trafficEndUs = Math.max(0, ...view.phases.map(({ toUs }) => toUs));
  const byEndpoint = view.endpoints.map(() => new Map<string, PhaseSecond>());
  const at = (endpoint: number, phaseIndex: number, second: number): PhaseSecond | undefined => {
    const phase = phases[phaseIndex];
    const known = byEndpoint[endpoint];
    if (phase === undefined || !known) return undefined;
    const key = `${second} ${phaseIndex}`;
    let one = known.get(key);
    if (!one) known.set(key, (one = { phase, second, response: [], tally: undefined }));
    return one;
  };
  for (const { second, tallies } of view.seconds) {
    for (const tally of tallies) {
      const one = at(tally.endpoint, tally.phase, second);
      if (one) one.tally = one.tally ? addTallies(one.tally, tally) : tally;
    }
  }
  for (const series of view.series) {
    if (series.kind === 'response') at(series.endpoint, series.phase, series.second)?.response.push(series);
  }
  return byEndpoint.map((seconds) => {
    const all = [...seconds.values()].sort((a, b) => a.second - b.second);
    for (const one of all) {
      const { intended = 0, dropped = 0, aborted = 0 } = one.tally ?? {};
      const cut = Math.min(aborted, intended - dropped - countOf(one.response));
      if (cut <= 0) continue;
      const waitedUs = Math.max(0, trafficEndUs - (one.second + 1) * usPerSecond);
      one.response.push({ index: [indexOf(waitedUs)], count: [cut] });
    }
    return all;
  });
}

export function countOf(parts: readonly SparseView[]): number {
  let n = 0;
  for (const { count } of parts) for (let i = 0; i < count.length; i++) n += count[i] ?? 0;
  return n;
}

/** Samples in buckets above that of `us`. */
export function countOver(parts: readonly SparseView[], us: number): number {
  const limit = indexOf(us);
  let over = 0;
  for (const { index, count } of parts) {
    for (let i = 0; i < index.length; i++) if ((index[i] ?? 0) > limit) over += count[i] ?? 0;
  }
  return over;
}

/** Answered wrongly, not at all or not in time, or never sent. */
export function lostOf(tally: SecondTally | undefined): number {
  return tally ? tally.httpError + tally.timeout + tally.connectionError + tally.dropped : 0;
}
