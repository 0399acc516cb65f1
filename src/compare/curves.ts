import { Counts } from '../histogram/counts.js';
import { lowestOf } from '../histogram/layout.js';
import { sides, type ComparisonCurve } from '../model/comparison.js';
import { endpointsOf } from './comparability.js';
import type { PairedRuns } from './pair-runs.js';
import { steadyPhases } from './profile/profile-run.js';
import { cellKey } from './profile/run-profile.js';
import { quantileReader } from './statistics/quantile-reader.js';

/** Bins an octave. */
const binsAnOctave = 8;
/** Ever nearer to 1, as HDR percentile plots space them. */
const shares = [
  0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.9975,
  0.999, 0.9995, 0.9999, 1,
];

/** The response times of all requests of one side, for drawing. */
export function curvesOf(runs: PairedRuns): ComparisonCurve[] {
  return endpointsOf(runs).common.flatMap((endpoint) =>
    steadyPhases.flatMap((phase) =>
      sides.flatMap((side): ComparisonCurve[] => {
        const profiles = runs[side].flatMap((run) => run.phases.get(cellKey(endpoint, phase)) ?? []);
        const samples = profiles.reduce((sum, one) => sum + one.samples, 0);
        if (samples === 0) return [];
        const dropped = profiles.reduce((sum, one) => sum + one.dropped, 0);
        const counts = Counts.of(...profiles.map((one) => one.counts)).toSparse();
        const bins = new Map<number, number>();
        for (const [i, index] of counts.index.entries()) {
          const bin = Math.floor(Math.log2(Math.max(lowestOf(index), 1)) * binsAnOctave);
          bins.set(bin, (bins.get(bin) ?? 0) + (counts.count[i] ?? 0));
        }
        const quantileUs = quantileReader(counts, dropped);
        return [
          {
            endpoint,
            phase,
            side,
            samples,
            dropped,
            bins: [...bins].map(([bin, n]): [number, number] => [2 ** (bin / binsAnOctave) / 1000, n]),
            quantiles: shares.map((share): [number, number | 'inf'] => {
              const us = quantileUs(share);
              return [share, us === Infinity ? 'inf' : us / 1000];
            }),
          },
        ];
      }),
    ),
  );
}
