import type { ResultWriter } from '../model/contracts.js';
import type { LockCoverage } from '../model/observation.js';
import type { Fingerprint, ResultJson, ResultView } from '../model/result.js';
import { secondUpgradeOf } from '../model/second-upgrade.js';
import { summarise } from '../results/summarise.js';
import { judge } from '../verdict/judge.js';
import type { OwnedContext } from './context.js';
import { openResult } from './open-result.js';

/** What a run learns beside its files. */
export interface RunFacts {
  fingerprint: Fingerprint | null;
  lockCoverage: LockCoverage | null;
  ended: ResultJson['ended'];
  endReason?: string;
  teardownFailures: string[];
}

/**
 * Flushes, reads the folder back, judges what was written (not what is in memory: a later `dten report` judges
 * the very same data), and seals the result.
 */
export async function conclude(
  ctx: OwnedContext,
  writer: ResultWriter,
  facts: RunFacts,
): Promise<{ result: ResultJson; view: ResultView }> {
  await writer.flush();
  const read = await openResult(writer.dir);
  const view: ResultView = { ...read, ...facts, complete: true };
  const summary = summarise(view);
  const again = secondUpgradeOf(view.events);
  const result: ResultJson = {
    ...view.manifest,
    endedAt: new Date((ctx.clock.zeroEpochUs + ctx.clock.now()) / 1000).toISOString(),
    ended: facts.ended,
    ...(facts.endReason !== undefined && { endReason: facts.endReason }),
    fingerprint: facts.fingerprint,
    phases: view.phases,
    steps: view.steps,
    endpoints: summary.endpoints,
    lockCoverage: facts.lockCoverage,
    locks: summary.locks,
    trace: view.trace,
    audits: view.audits,
    residue: view.residue,
    ...(again && { secondUpgrade: again }),
    conservationError: summary.conservationError,
    degraded: view.degraded,
    teardownFailures: facts.teardownFailures,
    verdict: judge(view),
  };
  await writer.seal(result);
  return { result, view };
}
