import type { LockStory } from '../../model/lock-story.js';
import type { StatementTrace } from '../../model/observation.js';
import { isStatement } from '../../model/same-statement.js';
import type { Finding } from '../../model/verdict.js';
import type { JudgedView } from '../judged-view.js';
import { explainTraced, type StatementHazard } from './explain.js';
import { judgeHints } from './judge-hints.js';
import { cachedPlanOf, deadlockOf, queueOf } from './run-hazards.js';

/** Rules about a statement's lock, whose remedy is the hazard's. */
const lockRules: readonly string[] = [
  'lock-wait',
  'blocked',
  'forbidden-lock',
  'extrapolation',
  'latency',
  'errors',
];
/** Rules whose own remedy stands, and the twin beside it. */
const alsoExplained: readonly string[] = [
  'toy-size',
  'queue-hazard-not-exercised',
  'step-failed',
  'step-duration',
  'window',
];

/**
 * Puts to each finding about a statement which hazard that is, the safe twin, and the linter's hints. What a finding
 * says was measured stays as it is; of the rules about locks the remedy becomes the hazard's.
 */
export function explainFindings(
  view: JudgedView,
  story: LockStory | undefined,
  findings: readonly Finding[],
): Finding[] {
  return findings.map((finding) => explainOne(view, story, finding));
}

function explainOne(view: JudgedView, story: LockStory | undefined, finding: Finding): Finding {
  const { rule } = finding;
  const cachedPlan = rule === 'errors' ? cachedPlanOf(finding) : undefined;
  if (cachedPlan) return withHazard(finding, cachedPlan);
  const deadlock = ['errors', 'step-failed', 'lock-wait', 'blocked'].includes(rule)
    ? deadlockOf(story, finding)
    : undefined;
  if (deadlock) {
    const why = [finding.why, deadlock.sides].filter((text) => text !== undefined && text !== '').join('; ');
    return withHazard({ ...finding, ...(why !== '' && { why }) }, deadlock);
  }
  if (!lockRules.includes(rule) && !alsoExplained.includes(rule)) return finding;
  const traced = tracedOf(view, finding);
  if (!traced) return finding;
  const own = explainTraced(view.result.trace, traced);
  const hints = judgeHints(traced, view.step(traced.step));
  const isLockRule = lockRules.includes(rule);
  // Also a heavy statement does its harm in the queue first, where somebody older stood in its way.
  const queue = ['lock-wait', 'blocked', 'latency', 'errors'].includes(rule)
    ? queueOf(view, finding)
    : undefined;
  const hazard = queue ?? own;
  return {
    ...finding,
    ...(hazard && { hazard: { number: hazard.number, name: hazard.name, explanation: hazard.explanation } }),
    ...(own?.twin !== undefined && helps(own, traced) && { twin: own.twin }),
    ...(hints.length > 0 && { hints }),
    ...(isLockRule && hazard && { remedy: remedyOf(view, hazard.remedy, traced) }),
  };
}

function withHazard(finding: Finding, { number, name, explanation, remedy }: StatementHazardLike): Finding {
  return { ...finding, hazard: { number, name, explanation }, remedy };
}

type StatementHazardLike = Pick<StatementHazard, 'number' | 'name' | 'explanation' | 'remedy'>;

/** A twin that is the statement itself, and no more, is no advice. */
function helps({ twin = '' }: StatementHazard, { statement }: StatementTrace): boolean {
  const squeeze = (text: string) =>
    text
      .replaceAll(/[\s;]+/g, ' ')
      .trim()
      .toLowerCase();
  return squeeze(twin) !== squeeze(statement);
}

/** A statement that others follow in its transaction keeps its lock for them. */
function remedyOf(view: JudgedView, remedy: string, traced: StatementTrace): string {
  const kept = view.result.trace.statements.some(
    ({ step, index, transaction }) =>
      step === traced.step &&
      index > traced.index &&
      transaction !== undefined &&
      transaction === traced.transaction,
  );
  return kept && traced.heldAfterMs > traced.durationMs
    ? `${remedy}; and commit sooner: its lock was kept for later statements of the same transaction`
    : remedy;
}

/** The traced statement a finding names. */
function tracedOf(view: JudgedView, { where }: Finding): StatementTrace | undefined {
  const { step, statement } = where;
  if (statement === undefined) return undefined;
  return view.result.trace.statements.find(
    (traced) => (step === undefined || traced.step === step) && isStatement(statement, traced.statement),
  );
}
