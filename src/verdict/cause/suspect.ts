import type { Span } from './spans.js';

/** What a latency rise can be tied to, from what was observed; the most direct first. */
export const causeKinds = [
  'lock',
  'database down',
  'service',
  'plan',
  'pool',
  'connections',
  'meanwhile',
  'checkpoint',
  'autovacuum',
  'cpu',
] as const;
export type CauseKind = (typeof causeKinds)[number];

/** Something that was going on, and when. */
export interface Suspect {
  kind: CauseKind;
  text: string;
  spans: Span[];
  /** It cannot have cost more than this in all, ms: the time that was seen being lost to it. */
  budgetMs?: number;
  /** Of `pool` and `connections`: what most of those that had a connection were busy with. */
  behind?: 'locks' | 'plan';
}
