import type { PageColumn } from './page-column.js';
import type { PageLocks, PageParty, PageWait } from './page-locks.js';
import type { Phase } from './scenario-words.js';
import type { Finding, Verdict } from './verdict.js';

/**
 * Everything a page shows, as the server side hands it to the browser: of a finished result whole, of a running
 * rehearsal as it grows (`PageUpdate`). Instants are µs since run zero; what was not recorded is null or absent, and
 * is said: never 0. Texts are plain, and not escaped for any markup.
 */
export interface PageData {
  schema: 'dten.page/1';
  /** `running`: live; the others as the result ended. `incomplete`: killed before its result was written. */
  state: 'running' | 'complete' | 'incomplete' | 'interrupted' | 'broken';
  scenario: string;
  id: string;
  /** ISO 8601, UTC: run zero. */
  startedAt: string;
  /** `orders · started … · seed 1 · …` */
  subject: string;
  /** What the reader must know first: that the run was cut short, what is damaged, what was not observed. */
  notices: PageNotice[];
  /** Null while running: a verdict exists at the end only. */
  verdict: { verdict: Verdict; because: string } | null;
  findings: PageFindingGroup[];
  /** What production may do in that hour and this run did not. */
  notRehearsed: string[];
  rules: PageRule[];
  /** What the time axis covers. */
  span: { fromUs: number; toUs: number };
  bands: PageBand[];
  traffic: PageTraffic;
  curves: PageCurve[];
  /** Null: nothing watched, and nothing was seen. That is not "no waits". */
  locks: PageLocks | null;
  /** Null: no sample was written. */
  server: PageGauges | null;
  health: PageGauges | null;
  sections: PageSection[];
}

export interface PageNotice {
  weight: 'bad' | 'note';
  text: string;
}

export interface PageFinding {
  /** `finding-3`: unique on the page, to be linked to. */
  id: string;
  rule: string;
  weight: Finding['weight'];
  waived?: string;
  what: string;
  where?: string;
  howBad?: string;
  statement?: string;
  /** Lines. */
  why: string[];
  /** Where the time went: shares of 1, worst first. */
  parts: { kind: string; text: string; ms: number; share: number }[];
  hazard?: string;
  remedy: string;
  hints: string[];
  /** SQL to copy, with line breaks. */
  twin?: string;
  evidence: PageEvidence;
}

/** Where on the page a finding is proven; every part may be missing. */
export interface PageEvidence {
  fromUs?: number;
  toUs?: number;
  /** Index into `traffic.endpoints`. */
  endpoint?: number;
  /** Index into `locks.waits`. */
  wait?: number;
  /** Id of a section, or of a row in one. */
  anchor?: string;
}

export interface PageFindingGroup {
  /** What all of them have in common, where there are several. */
  step?: string;
  statement?: string;
  findings: PageFinding[];
}

export interface PageRule {
  rule: string;
  state: 'pass' | 'fail' | 'no data' | 'not asked';
  summary: string;
  /** It passed, but noted what it left out. */
  noted: boolean;
}

/** A stretch of the run with a name. */
export interface PageBand {
  kind: 'phase' | 'step' | 'statement' | 'background' | 'load gap' | 'lock gap' | 'event';
  label: string;
  fromUs: number;
  toUs: number;
  /** What it failed with. */
  failed?: string;
  /** `attempt 2`, the statement's text, the purpose of a gap. */
  detail?: string;
  side?: 'upgrade' | 'rollback';
  phase?: Phase;
}

/**
 * The traffic, by the intended second. Point i of every column is the second `firstSecond + i × secondsPerPoint`.
 * With `secondsPerPoint` above 1, two points stand for twice as many seconds: their lowest and their highest second,
 * in the order in which they came, of each column by itself, so that no extreme is lost.
 */
export interface PageTraffic {
  firstSecond: number;
  secondsPerPoint: number;
  /** How many points each column has. */
  points: number;
  /** All endpoints together. */
  all: PageSeries;
  endpoints: ({ name: string } & PageSeries)[];
  /** What the objectives allow; judged over a sliding window, not on a single second. */
  limits: { endpoint: number; percentile: string; ms: number }[];
}

/** Requests that were meant to start in a second, and how they ended. Null: nothing of that second was recorded. */
export interface PageSeries {
  intended: PageColumn;
  ok: PageColumn;
  /** http errors, timeouts and connection errors. */
  failed: PageColumn;
  dropped: PageColumn;
  /** Response time from the intended start, drops as +∞; see `latencyCode`. Null: no request ended. */
  p50: PageColumn;
  p99: PageColumn;
  p999: PageColumn;
}
export const seriesColumns = ['intended', 'ok', 'failed', 'dropped', 'p50', 'p99', 'p999'] as const;

/** A latency is the index of its HdrHistogram bucket (histogram/layout): exact in 16 bits. This one is +∞: drops. */
export const infiniteCode = 0xfffe;

/**
 * A percentile curve of endpoint × phase × kind: the latency (as its code) at each of `percentileSteps(samples +
 * drops)`, of histogram/percentile-steps. Drops are +∞ in `response`; `service` has none.
 */
export interface PageCurve {
  endpoint: number;
  phase: Phase;
  kind: 'response' | 'service';
  samples: number;
  drops: number;
  codes: PageColumn;
}

/** Gauges that were sampled together. */
export interface PageGauges {
  /** Milliseconds since run zero. */
  atMs: PageColumn;
  gauges: PageGauge[];
}
export interface PageGauge {
  id: string;
  title: string;
  unit: '/s' | 'B/s' | 'ratio' | 'sessions' | 'ms' | 'requests' | 'B' | '';
  /** What it measures, in a sentence. */
  about: string;
  values: PageColumn;
}

/** A part of the page that is text and tables. */
export interface PageSection {
  id: string;
  title: string;
  about?: string;
  /** Told first; or all that is told, where nothing was recorded. */
  lines: { text: string; mark?: 'good' | 'bad' | 'unknown' }[];
  tables: PageTable[];
  /** Long text to be shown as it is, such as the plan. */
  code?: string;
  collapsed: boolean;
}

export interface PageTable {
  caption: string;
  /** `wide`: running text, or a list of figures. */
  columns: { title: string; about: string; numeric?: boolean; code?: boolean; wide?: boolean }[];
  rows: PageTableRow[];
  notes: string[];
}
export interface PageTableRow {
  /** A heading over the rows after it: then `cells` has one text. */
  heading?: boolean;
  id?: string;
  bad?: boolean;
  cells: string[];
}

/** What a live feed adds. Seconds come in order and once each; `bands`, `findings`, `notices` replace. */
export type PageUpdate =
  | {
      type: 'second';
      second: number;
      all: PageSecond;
      /** By endpoint, in order; null: no request of it was intended. */
      endpoints: (PageSecond | null)[];
    }
  | { type: 'wait'; wait: PageWait; parties: PageParty[] }
  | { type: 'gauges'; of: 'server' | 'health'; atMs: number; values: (number | null)[] }
  /** Most sessions waiting for a lock at once in that second, and of those behind a step. */
  | { type: 'blocked'; second: number; waiting: number; behindSteps: number }
  | { type: 'bands'; bands: PageBand[] }
  | { type: 'findings'; findings: PageFindingGroup[]; notices: PageNotice[] }
  | { type: 'state'; state: PageData['state']; verdict: PageData['verdict'] };

/** One second in the order of `seriesColumns`; latencies as codes, null: no request ended. */
export type PageSecond = [number, number, number, number, number | null, number | null, number | null];
