import type { RunProfile } from './profile/run-profile.js';

export interface PairedRuns {
  pairing: 'paired by seed' | 'two samples' | 'one run a side' | 'none';
  /** In the order of their pairs, or of their start. */
  baseline: RunProfile[];
  candidate: RunProfile[];
  /** False: all of one side ran before all of the other. */
  interleaved: boolean;
}

/**
 * Pairs where both sides have the same seeds, each as often: the runs of one seed by their order. Runs of one seed
 * offer the same load, so that their difference is free of it. Otherwise two samples, in the order of their start.
 */
export function pairRuns(baseline: readonly RunProfile[], candidate: readonly RunProfile[]): PairedRuns {
  const bySeed = {
    baseline: baseline.toSorted((a, b) => a.run.seed - b.run.seed || byStart(a, b)),
    candidate: candidate.toSorted((a, b) => a.run.seed - b.run.seed || byStart(a, b)),
  };
  const seedsOf = (runs: readonly RunProfile[]) => runs.map(({ run }) => run.seed).join(' ');
  const agree = seedsOf(bySeed.baseline) === seedsOf(bySeed.candidate);
  const interleaved = !isApart(baseline, candidate) && !isApart(candidate, baseline);
  if (baseline.length === 0 || candidate.length === 0) {
    return { pairing: 'none', ...bySeed, interleaved: false };
  }
  if (baseline.length === 1 && candidate.length === 1) {
    return { pairing: 'one run a side', ...bySeed, interleaved: false };
  }
  if (agree) return { pairing: 'paired by seed', ...bySeed, interleaved };
  return {
    pairing: 'two samples',
    baseline: baseline.toSorted(byStart),
    candidate: candidate.toSorted(byStart),
    interleaved,
  };
}

function byStart(a: RunProfile, b: RunProfile): number {
  return a.run.startedAt < b.run.startedAt ? -1 : a.run.startedAt > b.run.startedAt ? 1 : 0;
}

/** Every run of `first` began before every run of `second`. */
function isApart(first: readonly RunProfile[], second: readonly RunProfile[]): boolean {
  const starts = (runs: readonly RunProfile[]) => runs.map(({ run }) => run.startedAt).sort();
  return (starts(first).at(-1) ?? '') < (starts(second)[0] ?? '');
}
