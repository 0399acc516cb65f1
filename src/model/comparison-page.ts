import type { Answer, Comparison, ComparisonSide } from './comparison.js';
import type { PageNotice, PageTable } from './page-data.js';
import type { Phase } from './scenario-words.js';

/**
 * Everything the page of a comparison shows, made of the `Comparison` alone. Texts are plain, and not escaped for any
 * markup. Ratios are candidate ÷ baseline: 1.1 is 10% more.
 */
export interface ComparisonPage {
  schema: 'dten.comparison-page/1';
  verdict: Comparison['verdict'];
  /** The two cannot be compared: nothing was. */
  isVoid: boolean;
  scenario: string;
  because: string[];
  /** What it rests on: `8 runs against 8 of the baseline, paired by seed, interleaved, margin 10%` */
  restsOn: string;
  notices: PageNotice[];
  /** Whole, worst first. Null: there is none. */
  gates: PageTable | null;
  /** What regressed or improved beside the gates. */
  changed: PageTable | null;
  /** The smallest ratio that matters, above 1; the band is from 1 ÷ it to it. */
  marginRatio: number;
  endpoints: ComparedEndpoint[];
  groups: ComparedGroup[];
  differences: PageTable | null;
  runs: PageTable;
  /** Sentences: which endpoints are on one side only. */
  onlyIn: string[];
}

/** A part of the page beside the latencies. */
export interface ComparedGroup {
  id: string;
  title: string;
  about: string;
  table: PageTable;
}

export interface ComparedEndpoint {
  name: string;
  /** `2 regressed, 3 equivalent` */
  tally: string;
  worst: Answer;
  /** What is worst is a gate. */
  gate: boolean;
  phases: ComparedPhase[];
}

export interface ComparedPhase {
  phase: Phase;
  curves: ComparedCurve[];
  rows: ComparedQuantile[];
}

export interface ComparedCurve {
  side: ComparisonSide;
  /** Requests that ended. */
  samples: number;
  drops: number;
  /** [share of requests, ms]; null: ∞, drops reach it. Only shares that at least one request lies beyond, and 1. */
  quantiles: [number, number | null][];
}

export interface RatioInterval {
  low: number;
  high: number;
}

/** One percentile of both sides: what is drawn of it (null: nothing to draw) and all that is said. */
export interface ComparedQuantile {
  percentile: string;
  gate: boolean;
  answer: Answer;
  ratio: number | null;
  /** 95% */
  interval: RatioInterval | null;
  /** 90%, what "equivalent" is judged by. */
  equivalence: RatioInterval | null;
  /** `4 ms → 5.2 ms` */
  values: string;
  /** `+30%`; empty: there is none. */
  change: string;
  intervalText: string;
  /** Why, by which test, how many runs an answer would take; may be empty. */
  note: string;
  /** Each run's own figure, in the order of the runs. */
  runs: Record<ComparisonSide, string>;
}
