import { formatMs } from '../../foundation/units.js';
import type { StepRecord } from '../../model/result.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { plural, quoted, stepName } from '../wording.js';

/** objectives.steps: the longest a step may take, retries and its own lock waits included. NO-GO. */
export const stepDuration: Rule = {
  id: 'step-duration',
  title: 'Step durations',
  doc: 'A step took longer than objectives.steps allows (its id, else its name, else *), retries and its own waits for locks included: NO-GO.',
  judge(view) {
    const limits = view.result.plan.scenario.objectives.steps;
    if (Object.keys(limits).length === 0) return notAsked;
    const findings: RuleFinding[] = [];
    const ran = view.result.steps.filter(({ outcome }) => outcome === 'ok' || outcome === 'failed');
    let closest: { share: number; text: string } | undefined;
    for (const step of ran) {
      const limitMs = limits[step.step] ?? limits[stepName(step.step)] ?? limits['*'];
      if (limitMs === undefined) continue;
      const ms = (step.toUs - step.fromUs) / 1000;
      const text = `${stepName(step.step)} took ${formatMs(ms)}, limit ${formatMs(limitMs)}`;
      if (!closest || ms / limitMs > closest.share) closest = { share: ms / limitMs, text };
      if (ms > limitMs) findings.push(findingOf(view, step, text, ms, limitMs));
    }
    const unjudged = unknownSteps(view, Object.keys(limits));
    return {
      findings,
      unjudged,
      summary: closest
        ? `closest: ${closest.text}; ${plural(ran.length, 'step')} ran`
        : 'none of the named steps ran',
    };
  },
};

function findingOf(
  view: JudgedView,
  step: StepRecord,
  text: string,
  ms: number,
  limitMs: number,
): RuleFinding {
  const own = view.result.lockWaits
    .filter(
      ({ waiter, step: during }) =>
        during === step.step && (waiter.actor.kind === 'upgrade' || waiter.actor.kind === 'rollback'),
    )
    .toSorted((a, b) => b.durationMs - a.durationMs);
  const waitedMs = own.reduce((sum, wait) => sum + wait.durationMs, 0);
  const longest = own[0];
  const attempts = step.attempts.length > 1 ? `${step.attempts.length} attempts; ` : '';
  const waited = longest
    ? `${formatMs(waitedMs)} of it waiting for locks (longest ${formatMs(longest.durationMs)} for ${longest.relation ?? longest.target}${longest.root?.query === undefined ? '' : ` behind ${quoted(longest.root.query, 60)}`})`
    : 'none of it seen waiting for a lock';
  return {
    weight: 'NO-GO',
    what: text,
    where: { phase: step.side, step: step.step, fromUs: step.fromUs, toUs: step.toUs },
    measured: ms,
    limit: limitMs,
    unit: 'ms',
    why: `${attempts}${waited}`,
    remedy: 'shorten it, or plan the window for it and raise objectives.steps',
  };
}

function unknownSteps(view: JudgedView, names: readonly string[]): Unjudged[] {
  const known = [...view.result.plan.upgrade, ...view.result.plan.rollback];
  return names
    .filter((name) => name !== '*' && !known.some((step) => step.id === name || step.name === name))
    .map((name) => ({
      what: `objectives.steps names "${name}", which is no step`,
      remedy: `name one of: ${known.map(({ id }) => id).join(', ')}`,
    }));
}
