import type { SparseView } from '../../histogram/counts.js';
import type { ComparedRun, ComparisonMeasure } from '../../model/comparison.js';
import type { RunPlan } from '../../model/plan.js';
import type { Fingerprint } from '../../model/result.js';
import type { Phase } from '../../model/scenario.js';
import type { Block } from '../statistics/block-bootstrap.js';

/** A percentile of one endpoint in one phase of one run. */
export interface PhaseQuantile {
  /** ms; Infinity where drops reach it; NaN without a sample. */
  ms: number;
  /** Blocks of 20 s, for a bootstrap within the run; empty for phases too short for it. */
  blocks: Block[];
}

export interface PhaseProfile {
  endpoint: string;
  phase: Phase;
  /** Response time from the intended start, µs. */
  counts: SparseView;
  dropped: number;
  /** Drops included. */
  samples: number;
  quantiles: Map<string, PhaseQuantile>;
}

/** A measure of one run; null: not known, which is not 0. */
export type MeasureOfRun = Pick<ComparisonMeasure, 'group' | 'name' | 'endpoint' | 'unit' | 'better'> & {
  gate: boolean;
  counts: boolean;
  value: number | null;
};

/** What a comparison needs of one run: without its seconds, so that many runs fit into memory. */
export interface RunProfile {
  run: Omit<ComparedRun, 'side' | 'leftOut'>;
  /** Why it should not count; undefined: it should. */
  unfit: string | undefined;
  plan: RunPlan;
  fingerprint: Fingerprint | null;
  endpoints: string[];
  /** By `cellKey`. */
  phases: Map<string, PhaseProfile>;
  /** What the scenario's objectives judge: percentiles by endpoint. */
  judged: { endpoint: string; percentile: string }[];
  measures: MeasureOfRun[];
}

export function cellKey(endpoint: string, phase: Phase): string {
  return `${phase}|${endpoint}`;
}
