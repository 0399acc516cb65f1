import { z } from 'zod';

/** What the scenario's git repository stood at when a rehearsal began. */
export const revisionSchema = z.object({
  /** Full hash of HEAD. */
  commit: z.string(),
  /** Null: a detached HEAD. */
  branch: z.string().nullable(),
  /** Tracked files differ from the commit; null: git did not say in time. */
  dirty: z.boolean().nullable(),
});
export type Revision = z.infer<typeof revisionSchema>;
