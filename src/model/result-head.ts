import { revisionSchema, type Revision } from './revision.js';
import { z } from 'zod';
import { verdicts } from './verdict.js';

/**
 * What a list shows of a result. It stands first in result.json (`head`), so that a list of thousands reads a few
 * kilobytes of each.
 */
export const resultHeadSchema = z.object({
  scenario: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  endedAt: z.string(),
  ended: z.enum(['complete', 'interrupted', 'broken']),
  verdict: z.enum(verdicts),
  /** Why, in one line; cut where it is long. */
  because: z.string(),
  /** Of the repository that the scenario stood in; missing or null: not known. */
  revision: revisionSchema.nullish(),
});
export type ResultHead = z.infer<typeof resultHeadSchema>;

/** A result in a list. */
export interface ResultEntry {
  /** `<scenario folder>/<result folder>`: how it is named in addresses. */
  id: string;
  dir: string;
  scenario: string;
  /** From the folder's name where nothing else tells. ISO 8601, UTC; null: not known. */
  startedAt: string | null;
  durationMs: number | null;
  /**
   * `running`: it has no end yet, and was written to within the last seconds. `incomplete`: it has no end, and nobody
   * writes to it. `unreadable`: see `because`.
   */
  state: ResultHead['ended'] | 'running' | 'incomplete' | 'unreadable';
  verdict: ResultHead['verdict'] | null;
  because: string | null;
  revision: Revision | null;
}
