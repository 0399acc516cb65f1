import { parsePercentile } from '../foundation/units.js';
import { Counts } from '../histogram/counts.js';
import {
  sides,
  type CellSide,
  type ComparisonCell,
  type ComparisonSide,
  type RunVariance,
} from '../model/comparison.js';
import type { Phase } from '../model/scenario.js';
import { endpointsOf } from './comparability.js';
import { isGate, type GateFlag } from './gates.js';
import type { PairedRuns } from './pair-runs.js';
import { steadyPhases } from './profile/profile-run.js';
import { cellKey, type PhaseProfile } from './profile/run-profile.js';
import { logMs, testFewRuns } from './test-few-runs.js';
import { hasEnoughRuns, testRuns, type OpenTest, type RunDesign } from './test-runs.js';
import { BlockDraws } from './statistics/block-bootstrap.js';
import { quantileReader } from './statistics/quantile-reader.js';

/** Fewer samples expected beyond a quantile, on a side or in a run, and it is one of luck. */
export const fewestBeyond = 100;
const fewestBeyondARun = 5;

/** A cell whose test waits for the others' p. */
export type OpenCell = Omit<ComparisonCell, 'answer' | 'reason' | 'test' | 'counts'> & {
  /** What was found, or why the quantile is refused. */
  open: OpenTest | { refused: string };
};

export interface CellOptions {
  gates: readonly GateFlag[];
  variance: RunVariance | undefined;
  seed: number;
}

/** Endpoint × steady phase × percentile of the endpoints of both sides; of those of one side only the gates. */
export function openCells(runs: PairedRuns, design: RunDesign, options: CellOptions): OpenCell[] {
  const draws = new BlockDraws(options.seed);
  const judged = new Set(
    [...runs.baseline, ...runs.candidate].flatMap((run) =>
      run.judged.map(({ endpoint, percentile }) => `${percentile}|${endpoint}`),
    ),
  );
  const both = endpointsOf(runs).common.flatMap((endpoint) =>
    steadyPhases.flatMap((phase) => {
      const [a, b] = [
        profilesOf(runs.baseline, endpoint, phase),
        profilesOf(runs.candidate, endpoint, phase),
      ];
      if (a.every((one) => !one) && b.every((one) => !one)) return [];
      const pooled = { baseline: poolOf(a), candidate: poolOf(b) };
      const percentiles = [...new Set([...a, ...b].flatMap((one) => [...(one?.quantiles.keys() ?? [])]))];
      return percentiles.map((percentile): OpenCell => {
        const q = parsePercentile(percentile) ?? 1;
        const declared = phase !== 'baseline' && judged.has(`${percentile}|${endpoint}`);
        const gate = declared || isGate(options.gates, { endpoint, phase, percentile });
        const cell = {
          endpoint,
          phase,
          percentile,
          gate,
          baseline: sideOf(a, percentile, q, pooled.baseline),
          candidate: sideOf(b, percentile, q, pooled.candidate),
        };
        const refused = refusal(cell, [a, b], q);
        if (refused !== undefined) return { ...cell, open: { refused } };
        const open = hasEnoughRuns(design)
          ? testRuns(design, logsOf(a, percentile), logsOf(b, percentile), gate)
          : testFewRuns(
              design,
              { cell, q, sides: [a, b] as [PhaseProfile[], PhaseProfile[]] },
              { ...options, draws },
            );
        return { ...cell, open };
      });
    }),
  );
  return [...both, ...gatesOfOneSide(runs, options.gates)];
}

/** A gate that the other side has no endpoint for is a gate without an answer, and no gate less. */
function gatesOfOneSide(runs: PairedRuns, gates: readonly GateFlag[]): OpenCell[] {
  const onlyIn = endpointsOf(runs);
  return sides.flatMap((side) =>
    onlyIn[side].flatMap((endpoint) =>
      steadyPhases.flatMap((phase) => {
        const own = profilesOf(runs[side], endpoint, phase);
        const percentiles = new Set(own.flatMap((one) => [...(one?.quantiles.keys() ?? [])]));
        return [...percentiles].flatMap((percentile): OpenCell[] => {
          const declared =
            phase !== 'baseline' && runs[side].some((run) => isNamed(run, endpoint, percentile));
          if (!declared && !isGate(gates, { endpoint, phase, percentile })) return [];
          const q = parsePercentile(percentile) ?? 1;
          const of = (which: ComparisonSide) => {
            const profiles = profilesOf(runs[which], endpoint, phase);
            return sideOf(profiles, percentile, q, poolOf(profiles));
          };
          const open = { refused: `only in the ${side}` };
          const values = { baseline: of('baseline'), candidate: of('candidate') };
          return [{ endpoint, phase, percentile, gate: true, ...values, open }];
        });
      }),
    ),
  );
}

/** By its name: what holds for all endpoints (`*`) asks for none in particular. */
function isNamed({ plan }: PairedRuns['baseline'][number], endpoint: string, percentile: string): boolean {
  return plan.scenario.objectives.latency.some(
    (objective) =>
      objective.endpoint === endpoint &&
      Object.entries(objective).some(([name, limit]) => name === percentile && limit !== undefined),
  );
}

function profilesOf(
  runs: PairedRuns['baseline'],
  endpoint: string,
  phase: Phase,
): (PhaseProfile | undefined)[] {
  return runs.map((run) => run.phases.get(cellKey(endpoint, phase)));
}

interface Pool {
  samples: number;
  dropped: number;
  quantileUs: (q: number) => number;
}

function poolOf(profiles: readonly (PhaseProfile | undefined)[]): Pool {
  const known = profiles.flatMap((one) => one ?? []);
  const dropped = known.reduce((sum, one) => sum + one.dropped, 0);
  return {
    dropped,
    samples: known.reduce((sum, { samples }) => sum + samples, 0),
    quantileUs: quantileReader(Counts.of(...known.map(({ counts }) => counts)).toSparse(), dropped),
  };
}

function sideOf(
  profiles: readonly (PhaseProfile | undefined)[],
  percentile: string,
  q: number,
  pool: Pool,
): CellSide {
  const values = profiles.map((one) => one?.quantiles.get(percentile)?.ms ?? Number.NaN);
  const logs = values.map(logMs);
  return {
    typicalMs: told(Math.exp(logs.reduce((sum, one) => sum + one, 0) / logs.length)),
    pooledMs: told(pool.quantileUs(q) / 1000),
    valuesMs: values.map(told),
    samples: pool.samples,
    dropped: pool.dropped,
    beyond: Math.round(pool.samples * (1 - q)),
  };
}

function refusal(
  { baseline, candidate }: { baseline: CellSide; candidate: CellSide },
  sides: readonly (readonly (PhaseProfile | undefined)[])[],
  q: number,
): string | undefined {
  const missing = sides.flat().filter((one) => !one || one.samples === 0).length;
  if (missing > 0) return `too few samples: ${missing} ${missing === 1 ? 'run has' : 'runs have'} none`;
  const least = Math.min(baseline.beyond, candidate.beyond);
  if (least < fewestBeyond) return `too few samples: ${least} beyond it on a side, ${fewestBeyond} needed`;
  const thinnest = Math.min(...sides.flat().map((one) => (one?.samples ?? 0) * (1 - q)));
  // 1 − 0.9 is a little less than 0.1.
  if (thinnest < fewestBeyondARun - 1e-6) {
    return `too few samples: ${Math.floor(thinnest + 1e-6)} beyond it in a run, ${fewestBeyondARun} needed`;
  }
  return undefined;
}

function logsOf(profiles: readonly (PhaseProfile | undefined)[], percentile: string): number[] {
  return profiles.map((one) => logMs(one?.quantiles.get(percentile)?.ms ?? Number.NaN));
}

function told(ms: number): CellSide['typicalMs'] {
  return ms === Infinity ? 'inf' : Number.isNaN(ms) ? null : ms;
}
