import { endpointSummaries } from '../histogram/endpoint-summaries.js';
import { lossTotals } from '../model/ledger-losses.js';
import { resultFiles, type ResultView } from '../model/result.js';
import type { RollbackComparison } from '../model/rollback.js';
import type { VerdictReport } from '../model/verdict.js';
import { worstFirst } from './finding-order.js';
import { lockGroups } from './lock-groups.js';
import { sizeRows } from './size-rows.js';
import { stepRows } from './step-rows.js';

export interface JsonReportExtra {
  /** The result folder. */
  dir: string;
  /** Of strategy `both`: this way back beside the other. */
  comparison?: RollbackComparison | undefined;
}

/**
 * The report for machines, schema `dten.report/1`. Durations are in ms, instants in µs since the run began; a
 * quantile that drops reach is the text "inf", one that too few requests stand behind is null. `locks` is null
 * where nothing watched: that is not "no waits".
 */
export function renderJson(view: ResultView, verdict: VerdictReport, extra: JsonReportExtra) {
  const watched = view.lockCoverage !== null || view.lockWaits.length > 0;
  return {
    schema: 'dten.report/1' as const,
    scenario: view.manifest.scenario,
    id: view.manifest.id,
    startedAt: view.manifest.startedAt,
    seed: view.plan.seed,
    complete: view.complete,
    ended: view.ended,
    endReason: view.endReason ?? null,
    verdict: verdict.verdict,
    because: verdict.because,
    findings: worstFirst(verdict.findings),
    rules: verdict.rules,
    phases: view.phases,
    endpoints: endpointSummaries(view),
    steps: stepRows(view).map(({ record, durationMs, causedMs, caused, ownMs }) => ({
      ...record,
      durationMs,
      longestWaitCausedMs: causedMs,
      waitsCaused: caused,
      longestOwnWaitMs: ownMs,
    })),
    locks: watched
      ? {
          coverage: view.lockCoverage,
          waits: view.lockWaits.length,
          longestMs: view.lockWaits.reduce((most, { durationMs }) => Math.max(most, durationMs), 0),
          blockedSeconds: view.lockWaits.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
          groups: lockGroups(view),
        }
      : null,
    gaps: view.gaps,
    ledger: { audits: view.audits, losses: lossTotals(view.audits) },
    rollback: verdict.rollback ?? null,
    rollbackTrials: view.rollbackTrials ?? null,
    rollbackComparison: extra.comparison ?? null,
    lockStory: verdict.locks ?? null,
    trace: view.trace,
    residue: view.residue,
    sizes: sizeRows(view),
    fingerprint: view.fingerprint,
    degraded: view.degraded,
    damage: view.damage,
    teardownFailures: view.teardownFailures,
    paths: { dir: extra.dir, ...resultFiles },
  };
}
