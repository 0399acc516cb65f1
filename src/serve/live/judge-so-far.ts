import { judge, readResult, type Finding, type ResultView } from '../../index.js';
import type { LockCoverage } from '../../model/observation.js';
import type { PageFindingGroup } from '../../model/page-data.js';
import type { Fingerprint } from '../../model/result.js';
import { pageFindings } from '../../report/html/page-findings.js';

/**
 * Rules whose NO-GO rests on what has happened, not on what has not: while a run lasts, everything that is still to
 * come looks as if it were missing. Rules on how long a lock was held are not among them: a step's own wait, which is
 * no hold, is told only after it ended.
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
  'step-duration',
  'window',
  'service-died',
]);

/** Of these, a window that is not full yet may still pass. */
const windowed: ReadonlySet<string> = new Set(['latency', 'errors', 'dropped', 'window']);
const leastWindowMs = 10_000;
/** Lock waits, and events of other threads, are told so much later. */
const toldLateUs = 6_000_000;

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
  const asOfUs = judgedUntilUs(view);
  const { latency, errors, dropped } = view.plan.scenario.objectives;
  const overMs = [...latency, ...errors, ...(dropped ? [dropped] : [])].map(({ over }) => over);
  const fullUs = asOfUs - Math.max(leastWindowMs, ...overMs) * 1000;
  const stands = ({ rule, weight, where }: Finding) =>
    weight === 'NO-GO' &&
    standing.has(rule) &&
    (!windowed.has(rule) || (where.toUs !== undefined && where.toUs <= fullUs));
  return { findings: pageFindings(findings.filter(stands), { view, locks: null }), asOfUs };
}

/** Up to where everything is told: seconds come once they are settled, which a stall puts off. */
function judgedUntilUs(view: ResultView): number {
  const events = view.events.reduce((last, { atUs }) => Math.max(last, atUs), 0) - toldLateUs;
  const seconds = lastSecondUs(view);
  return Math.max(0, seconds > 0 ? Math.min(seconds, events) : events);
}

function lastSecondUs({ seconds }: ResultView): number {
  return seconds.reduce((last, { second }) => Math.max(last, (second + 1) * 1_000_000), 0);
}
