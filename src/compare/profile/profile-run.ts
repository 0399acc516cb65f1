import { parsePercentile } from '../../foundation/units.js';
import { Counts } from '../../histogram/counts.js';
import { latencyLimits } from '../../model/latency-limits.js';
import type { ResultView } from '../../model/result.js';
import type { Phase } from '../../model/scenario.js';
import type { VerdictReport } from '../../model/verdict.js';
import { blockSeconds, fewestBlocks, type Block } from '../statistics/block-bootstrap.js';
import { quantileReader } from '../statistics/quantile-reader.js';
import { countOf, countOver, phaseSecondsOf, type PhaseSecond } from './phase-seconds.js';
import { runFacts } from './run-facts.js';
import { cellKey, type PhaseProfile, type PhaseQuantile, type RunProfile } from './run-profile.js';
import { transientsOf } from './transients.js';

/** Phases of one length and one state: their percentiles can be compared. Upgrade and rollback are transients. */
export const steadyPhases: readonly Phase[] = ['baseline', 'soak', 'recovery'];
const usualPercentiles = ['p50', 'p90', 'p99', 'p99.9'];

/**
 * One run for a comparison. `dir` is how it is named; `percentiles` are asked for beside the usual ones and those of
 * the objectives (`p99.5`). The view is not kept.
 */
export function profileRun(
  view: ResultView,
  verdict: VerdictReport,
  { dir, percentiles = [] }: { dir: string; percentiles?: readonly string[] },
): RunProfile {
  const seconds = phaseSecondsOf(view);
  const limits = latencyLimits(view);
  // The slowest request alone is no quantile: it has no samples beyond it.
  const judged = limits.filter(({ percentile }) => percentile !== 'max');
  const wanted = [
    ...new Set([...usualPercentiles, ...judged.map(({ percentile }) => percentile), ...percentiles]),
  ].sort((a, b) => (parsePercentile(a) ?? 1) - (parsePercentile(b) ?? 1));
  const { manifest, plan } = view;
  const profiles = view.endpoints.flatMap((endpoint, at) =>
    steadyPhases.flatMap((phase) => {
      const own = (seconds[at] ?? []).filter((one) => one.phase === phase);
      return own.length === 0 ? [] : [phaseProfile(endpoint, phase, own, wanted)];
    }),
  );
  return {
    run: {
      dir,
      id: manifest.id,
      scenario: manifest.scenario,
      startedAt: manifest.startedAt,
      seed: plan.seed,
      revision: manifest.revision ?? null,
      verdict: verdict.verdict,
      because: verdict.because,
      doubts: doubtsOf(view, verdict),
    },
    unfit: unfitness(view, verdict),
    plan,
    fingerprint: view.fingerprint,
    endpoints: view.endpoints,
    phases: new Map(profiles.map((profile) => [cellKey(profile.endpoint, profile.phase), profile])),
    judged: judged.map(({ endpointName, percentile }) => ({ endpoint: endpointName, percentile })),
    measures: [...transientsOf(view, seconds, limits), ...runFacts(view, verdict.verdict, seconds)],
  };
}

function phaseProfile(
  endpoint: string,
  phase: Phase,
  seconds: readonly PhaseSecond[],
  percentiles: readonly string[],
): PhaseProfile {
  const counts = Counts.of(...seconds.flatMap(({ response }) => response)).toSparse();
  const dropped = seconds.reduce((sum, { tally }) => sum + (tally?.dropped ?? 0), 0);
  const quantileUs = quantileReader(counts, dropped);
  const quantiles = new Map<string, PhaseQuantile>();
  for (const percentile of percentiles) {
    const us = quantileUs(parsePercentile(percentile) ?? 1);
    quantiles.set(percentile, { ms: us / 1000, blocks: Number.isFinite(us) ? blocksOf(seconds, us) : [] });
  }
  return { endpoint, phase, counts, dropped, samples: countOf([counts]) + dropped, quantiles };
}

/** Whole blocks of 20 s of the phase, from its first second on; none where they are too few to draw from. */
function blocksOf(seconds: readonly PhaseSecond[], us: number): Block[] {
  const first = seconds[0]?.second ?? 0;
  const length = (seconds.at(-1)?.second ?? first) + 1 - first;
  const whole = Math.floor(length / blockSeconds);
  if (whole < fewestBlocks) return [];
  const blocks = Array.from({ length: whole }, (): Block => ({ n: 0, over: 0 }));
  for (const { second, response, tally } of seconds) {
    // What is left over at the end goes to the last block.
    const block = blocks[Math.min(whole - 1, Math.floor((second - first) / blockSeconds))];
    if (!block) continue;
    const dropped = tally?.dropped ?? 0;
    block.n += countOf(response) + dropped;
    block.over += countOver(response, us) + dropped;
  }
  return blocks;
}

function unfitness(view: ResultView, verdict: VerdictReport): string | undefined {
  if (!view.complete) return 'incomplete: cut short before its result was written';
  if (view.ended !== 'complete')
    return `incomplete: ${view.ended}${view.endReason ? `, ${view.endReason}` : ''}`;
  if (verdict.verdict === 'INVALID') return `INVALID: ${verdict.because}`;
  return undefined;
}

/** A NO-GO stands although the harness was late; its latencies are then to be taken with care. */
function doubtsOf(view: ResultView, verdict: VerdictReport): string[] {
  const harness = verdict.findings.filter(({ rule, weight }) => rule === 'harness' && weight === 'INVALID');
  return [
    ...new Set([
      ...harness.map(({ what }) => what),
      ...(view.damage.length > 0 ? [`${view.damage.length} lines could not be read`] : []),
    ]),
  ];
}
