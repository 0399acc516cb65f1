import type { RunVariance } from '../model/comparison.js';
import { steadyPhases } from './profile/profile-run.js';
import { cellKey, type RunProfile } from './profile/run-profile.js';
import { mean } from './statistics/difference.js';
import { logMs } from './test-few-runs.js';

/**
 * How much runs of one and the same scenario differ: the standard deviation of ln(quantile) over them, of every cell
 * that all of them can name. What `--aa` reads. The runs are taken to be alike: the caller knows that they are.
 */
export function runVariance(runs: readonly RunProfile[]): RunVariance {
  const [first] = runs;
  const cells = (first?.endpoints ?? []).flatMap((endpoint) =>
    steadyPhases.flatMap((phase) => {
      const profiles = runs.flatMap((run) => run.phases.get(cellKey(endpoint, phase)) ?? []);
      const percentiles = [...(profiles[0]?.quantiles.keys() ?? [])];
      return percentiles.flatMap((percentile) => {
        const logs = profiles.flatMap((profile) => {
          const ms = profile.quantiles.get(percentile)?.ms;
          return ms !== undefined && Number.isFinite(ms) ? [logMs(ms)] : [];
        });
        if (logs.length < 2 || logs.length < runs.length) return [];
        const middle = mean(logs);
        const sdLog = Math.sqrt(logs.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (logs.length - 1));
        return [{ endpoint, phase, percentile, sdLog, df: logs.length - 1 }];
      });
    }),
  );
  return { schema: 'dten.run-variance/1', scenario: first?.run.scenario ?? '', runs: runs.length, cells };
}
