import type { LockQueue } from './lock-queue.js';
import type { PageBand, PageFindingGroup, PageTraffic, PageUpdate } from './page-data.js';
import type { StampedEvent } from './observation.js';
import type { Phase } from './scenario-words.js';
import type { Verdict } from './verdict.js';

/** Of each gauge what a page says of it, without values: those come a sample at a time. */
export interface GaugeTitle {
  id: string;
  title: string;
  unit: string;
  about: string;
}

/** What a page is told first, and can draw its axes from. */
export interface LiveBegin {
  type: 'begin';
  scenario: string;
  id: string;
  /** ISO 8601, UTC: run zero. */
  startedAt: string;
  subject: string;
  endpoints: string[];
  limits: PageTraffic['limits'];
  /** How long phases of fixed length last, ms. */
  phaseMs: Partial<Record<Phase, number>>;
}

/**
 * The history of a running rehearsal, each with an id: a reader that comes back says the last one it had, and is told
 * what came after it. A `second` may come again, whole, when something of it came late: the later one stands.
 */
export type LiveEntry =
  | LiveBegin
  | Extract<PageUpdate, { type: 'second' | 'wait' | 'blocked' }>
  | {
      type: 'gauges';
      of: 'server' | 'health';
      atMs: number;
      titles?: GaugeTitle[];
      values: (number | null)[];
    }
  /** `line`: how a log tells it; absent for what is too frequent to tell. */
  | { type: 'event'; event: StampedEvent; line?: string }
  /** More waits ended than a page draws: this many are not told here. The result has all. */
  | { type: 'waits left out'; count: number }
  /** Came too late to be drawn. The result has it. */
  | { type: 'late'; second: number }
  | {
      type: 'end';
      ended: 'complete' | 'interrupted' | 'broken';
      verdict: Verdict | null;
      because: string | null;
    };

/** What holds now: without an id, since only the newest of each type says anything. */
export type LiveState =
  | { type: 'queue'; queue: LockQueue }
  | { type: 'bands'; bands: PageBand[]; asOfUs: number }
  /** Judged on what was recorded up to `asOfUs`: a verdict exists at the end only. */
  | { type: 'findings so far'; findings: PageFindingGroup[]; asOfUs: number }
  /** The way to the findings is broken, with why. */
  | { type: 'no findings'; why: string }
  /** The rehearsal has been told to stop, and is torn down. */
  | { type: 'aborting' };

export type LiveMessage = LiveEntry | LiveState;
