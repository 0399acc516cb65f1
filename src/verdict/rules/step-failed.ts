import { formatMs } from '../../foundation/units.js';
import type { StepRecord } from '../../model/result.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import type { Rule } from '../rule.js';
import { plural, some, stepName } from '../wording.js';

/** Truth 5: a failed upgrade or rollback step is always NO-GO. */
export const stepFailed: Rule = {
  id: 'step-failed',
  title: 'Steps',
  doc: 'A step of the upgrade or the rollback failed, or was skipped because of that: NO-GO, and no waiver helps. Steps that the end of the run cut off are INVALID.',
  judge(view) {
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = [];
    for (const side of ['upgrade', 'rollback'] as const) {
      const records = view.result.steps.filter((step) => step.side === side);
      const failed = records.filter(({ outcome }) => outcome === 'failed');
      const skipped = records.filter(({ outcome }) => outcome === 'skipped');
      for (const step of failed) findings.push(findingOf(view, step, skipped));
      const cut = records.filter(({ outcome }) => outcome === 'interrupted');
      const lost = view.result.plan[side].filter(({ id }) => !records.some(({ step }) => step === id));
      const unrun = [
        ...cut.map(({ step }) => step),
        ...(failed.length === 0 ? skipped.map(({ step }) => step) : []),
        ...lost.map(({ id }) => id),
      ];
      if (unrun.length > 0) {
        unjudged.push({
          what: `${plural(unrun.length, `${side} step`)} did not run to the end: ${some(unrun.map(stepName))}`,
          remedy: 'rehearse again, to the end',
          ...(unrun[0] !== undefined && { where: { step: unrun[0] } }),
        });
      }
    }
    const ok = view.result.steps.filter(({ outcome }) => outcome === 'ok').length;
    return { findings, unjudged, summary: `${ok} of ${plural(view.result.steps.length, 'step')} ok` };
  },
};

function findingOf(view: JudgedView, step: StepRecord, skipped: readonly StepRecord[]): RuleFinding {
  const last = step.attempts.at(-1);
  const tried = step.attempts.length > 1 ? ` after ${step.attempts.length} attempts` : '';
  const after = skipped.length > 0 ? `; ${plural(skipped.length, 'step')} after it did not run` : '';
  const statement = view.runs.findLast((run) => run.step === step.step && !run.ok);
  const text = view.step(step.step)?.source?.statements.find(({ index }) => index === statement?.index)?.text;
  const code = last?.code === undefined ? '' : ` (${last.code})`;
  return {
    weight: 'NO-GO',
    what: `${step.side} step ${stepName(step.step)} failed${tried}${after}`,
    where: {
      phase: step.side,
      step: step.step,
      ...(text !== undefined && { statement: text }),
      fromUs: step.fromUs,
      toUs: step.toUs,
    },
    measured: (step.toUs - step.fromUs) / 1000,
    unit: 'ms',
    ...(last?.message !== undefined && { why: whyOf(last.message, code, (last.toUs - last.fromUs) / 1000) }),
    remedy: remedyFor(last?.code),
  };
}

/** The error, and below it what else there is to say: a command's last lines, what the attempt left behind. */
function whyOf(message: string, code: string, afterMs: number): string {
  const [error = '', ...more] = message.split('\n');
  return [`${error}${code}, ${formatMs(afterMs)} into the attempt`, ...more].join('\n');
}

/** By SQLSTATE (PostgreSQL, appendix A). */
const remedies: Record<string, string> = {
  '55P03':
    'somebody held the lock longer than all attempts: more retries, a longer retryDelay, or find the holder (lock waits)',
  '57014': 'the statement ran into a timeout: do the work in batches, or raise statementTimeout',
  '40P01':
    'a deadlock with traffic: take locks in the order the traffic does, in smaller transactions, with retries',
  '42501':
    'the role may not do this: see environment.database.roles (owns), and the role the migrations have in production',
  '42P07':
    'it exists already: an earlier attempt left it behind (an invalid index after CREATE INDEX CONCURRENTLY?)',
  '2BP01': 'other objects depend on it: drop them in order, each knowingly',
  '22001': 'values are longer than the new type: written since the upgrade, they cannot go back as they are',
  '23502': 'rows without a value: fill them first, in batches',
  '23514': 'rows that break the new constraint: find and mend them first',
  '23505': 'duplicates: find and mend them first',
  '55P04': 'a new enum label cannot be used in the transaction that adds it: commit between',
};

function remedyFor(code: string | undefined): string {
  const known = code === undefined ? undefined : remedies[code];
  return known ?? 'see the error and the logs of the step; the rollback was rehearsed from here';
}
