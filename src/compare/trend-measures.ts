import { lossTotals } from '../model/ledger-losses.js';
import type { EndpointSummary } from '../model/result.js';
import type { MeasureUnit, TrendValue } from '../model/trend.js';
import type { TrendSource } from './trend-source.js';

export interface Measured {
  unit: MeasureUnit;
  value: TrendValue;
}

/** Of warm-up nothing is told: it is there to be thrown away. */
const phases: readonly EndpointSummary['phase'][] = ['baseline', 'upgrade', 'soak', 'rollback', 'recovery'];

/**
 * The measures of one rehearsal, by name; lower is better in all of them. What was not measured is not there: a
 * percentile that too few requests stand behind, lock waits that nobody watched, a step that did not run to its end.
 */
export function measuresOf(result: TrendSource): Map<string, Measured> {
  const measures = new Map<string, Measured>();
  const put = (name: string, unit: MeasureUnit, value: TrendValue | null | undefined) => {
    if (value !== null && value !== undefined) measures.set(name, { unit, value });
  };
  for (const { endpoint, phase, responseWithDropsMs } of result.endpoints) {
    if (!phases.includes(phase)) continue;
    for (const percentile of ['p50', 'p99'] as const) {
      put(`latency/${endpoint}/${phase}/${percentile}`, 'ms', responseWithDropsMs[percentile]);
    }
  }
  putFailures(result.endpoints, put);
  put('locks/longest wait', 'ms', result.locks?.longestMs);
  put('locks/blocked', 's', result.locks?.blockedSeconds);
  for (const { step, outcome, fromUs, toUs, attempts } of result.steps) {
    if (outcome !== 'ok') continue;
    put(`steps/${step}/duration`, 'ms', (toUs - fromUs) / 1000);
    put(`steps/${step}/retries`, 'count', Math.max(0, attempts.length - 1));
  }
  const { downtime, rollback } = result.verdict;
  put('downtime', 's', inSeconds(downtime?.downMs));
  put('rollback/downtime', 's', inSeconds(rollback?.downMs));
  put('rollback/residue', 'count', rollback?.residue);
  if (result.audits.length > 0) {
    const lost = lossTotals(result.audits).filter(({ discarded }) => !discarded);
    put(
      'ledger/lost',
      'count',
      lost.reduce((sum, { count }) => sum + count, 0),
    );
  }
  return measures;
}

/** From the upgrade on: the share of an endpoint's requests that failed, and of all that were dropped. */
function putFailures(
  endpoints: TrendSource['endpoints'],
  put: (name: string, unit: MeasureUnit, value: number | null) => void,
): void {
  const judged = endpoints.filter(({ phase }) => phases.includes(phase) && phase !== 'baseline');
  const byEndpoint = new Map<string, { failed: number; intended: number }>();
  let dropped = 0;
  let intended = 0;
  for (const { endpoint, tally } of judged) {
    const sums = byEndpoint.get(endpoint) ?? { failed: 0, intended: 0 };
    sums.failed += tally.httpError + tally.timeout + tally.connectionError;
    sums.intended += tally.intended;
    byEndpoint.set(endpoint, sums);
    dropped += tally.dropped;
    intended += tally.intended;
  }
  for (const [endpoint, sums] of byEndpoint) {
    put(`errors/${endpoint}`, 'ratio', sums.intended > 0 ? sums.failed / sums.intended : null);
  }
  put('dropped', 'ratio', intended > 0 ? dropped / intended : null);
}

function inSeconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1000;
}
