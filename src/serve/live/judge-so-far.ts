import { judge, readResult, type Finding, type ResultView } from '../../index.js';
import type { LockCoverage } from '../../model/observation.js';
import type { PageFindingGroup } from '../../model/page-data.js';
import type { Fingerprint } from '../../model/result.js';
import { pageFindings } from '../../report/html/page-findings.js';

/**
 * Rules whose NO-GO rests on what has happened, not on what has not: while a run lasts, everything that is still to
 * come looks as if it were missing.
 */
const standing: ReadonlySet<string> = new Set([
  'step-failed',
  'latency',
  'errors',
  'dropped',
  'ledger',
  'invariant',
  'lock-wait',
  'blocked',
  'forbidden-lock',
  'extrapolation',
  'step-duration',
  'window',
  'service-died',
]);

export interface SoFar {
  dir: string;
  /** What the folder does not hold until its end. */
  fingerprint: Fingerprint | null;
  lockCoverage: LockCoverage | null;
}

/** What the folder of a run in progress proves already: the findings that no rule would take back. */
export async function judgeSoFar({
  dir,
  ...facts
}: SoFar): Promise<{ findings: PageFindingGroup[]; asOfUs: number }> {
  const read = await readResult(dir);
  const view: ResultView = { ...read, ...facts, complete: true, ended: 'complete' };
  const { findings } = judge(view);
  return {
    findings: pageFindings(findings.filter(stands), { view, locks: null }),
    asOfUs: view.events.reduce((last, { atUs }) => Math.max(last, atUs), lastSecondUs(view)),
  };
}

function stands({ rule, weight }: Finding): boolean {
  return weight === 'NO-GO' && standing.has(rule);
}

function lastSecondUs({ seconds }: ResultView): number {
  return seconds.reduce((last, { second }) => Math.max(last, (second + 1) * 1_000_000), 0);
}
