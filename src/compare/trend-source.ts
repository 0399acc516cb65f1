import type { z } from 'zod';
import { resultSchema } from '../model/result.js';
import { verdictReportSchema } from '../model/verdict.js';

/** What a trend takes from a result.json; the rest of it (plan, traces, findings) is not looked at. */
export const trendSourceSchema = resultSchema
  .pick({
    schema: true,
    id: true,
    scenario: true,
    startedAt: true,
    ended: true,
    plan: true,
    revision: true,
    fingerprint: true,
    phases: true,
    steps: true,
    endpoints: true,
    locks: true,
    audits: true,
  })
  .extend({
    verdict: verdictReportSchema.pick({ verdict: true, because: true, rollback: true, downtime: true }),
  });
export type TrendSource = z.infer<typeof trendSourceSchema>;
