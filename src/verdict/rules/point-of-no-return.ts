import type { NoReturn, RollbackTrial, RollbackTrials } from '../../model/rollback.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { discardsOf, noReturnsOf } from '../no-return.js';
import { notAsked, type Rule } from '../rule.js';
import { lostBeyond, presupposes } from '../trial-kinds.js';
import { plural, quoted, some, stepName } from '../wording.js';

/** Names the upgrade step after which there is no way back. */
export const pointOfNoReturn: Rule = {
  id: 'point-of-no-return',
  title: 'Point of no return',
  doc: 'The rollback, tried on clones from each step of the upgrade, loses data or fails from some step on: NO-GO, waivable. One that names what a later step makes, and what the run and the ledger saw (other rules judge it), are notes.',
  judge(view) {
    const { plan, rollbackTrials: report } = view.result;
    if (plan.rollback.length === 0) return notAsked;
    const found = noReturnsOf(view);
    const findings = [
      ...found.map((one) => findingOf(one, report)),
      ...(report ? trialNotes(view, report, found) : []),
    ];
    const unjudged: Unjudged[] = [];
    if (
      plan.scenario.rollback.fromEachStep === true &&
      plan.rollbackWay !== 'snapshot' &&
      report?.state !== 'complete'
    ) {
      unjudged.push({
        what: `the rollback from each step of the upgrade: ${report?.reason ?? 'it was not tried'}`,
        remedy: 'make the steps run on a clone; or leave rollback.fromEachStep out',
      });
    }
    const first = found[0];
    const tried = report?.trials.filter(({ outcome }) => outcome !== 'not tried').length ?? 0;
    const ledgerLooked = view.result.audits.some(
      ({ after, entities }) => entities.length > 0 && after.some((phase) => isAfterRollback(phase)),
    );
    // Nothing was tried, and nobody looked for the writes: none found is no news.
    if (findings.length === 0 && unjudged.length === 0 && tried === 0 && !ledgerLooked) return notAsked;
    const summary = first
      ? `after ${stepName(first.step)} (seen by the ${first.seenBy})`
      : `none found; tried from ${plural(tried, 'step')}${ledgerLooked ? ', and the ledger looked for the writes' : ''}`;
    return { findings, unjudged, summary };
  },
};

function isAfterRollback(phase: string): boolean {
  return phase === 'rollback' || phase === 'recovery';
}

function findingOf(
  { step, seenBy, how, because }: NoReturn,
  report: RollbackTrials | undefined,
): RuleFinding {
  const trial = report?.trials.find(({ afterStep }) => afterStep === step);
  // A tool that failed without saying why may only have been asked for more than there was to take back.
  const unsure =
    trial?.outcome === 'failed' && trial.sqlState === undefined && trial !== report?.trials.at(-1);
  const judged = seenBy === 'clone' && !unsure;
  return {
    weight: judged ? 'NO-GO' : 'note',
    what: `point of no return: once upgrade step ${stepName(step)} has run, the rollback ${how === 'loses' ? 'loses data' : 'fails'}`,
    where: {
      step,
      ...(seenBy === 'clone' &&
        trial?.outcome === 'failed' &&
        trial.statement !== undefined && { statement: trial.statement }),
    },
    why: because,
    remedy:
      how === 'loses'
        ? 'keep what the step takes away (rename, or a copy to come back to) until nobody needs the way back; or give it up knowingly: rollback.discards'
        : 'make the rollback go through from there, or plan to go on from this step, not back',
  };
}

/** What the trials show beside the point itself. */
function trialNotes(view: JudgedView, report: RollbackTrials, found: readonly NoReturn[]): RuleFinding[] {
  const notes: RuleFinding[] = [];
  for (const trial of report.trials) if (presupposes(trial, report)) notes.push(tooEarly(trial));
  const discards = discardsOf(view);
  for (const trial of report.trials.filter(({ lost }) => lost.length > 0)) {
    if (lostBeyond(trial, discards).length > 0 || found.some(({ step }) => step === trial.afterStep))
      continue;
    notes.push({
      weight: 'note',
      what: `rolled back after ${stepName(trial.afterStep)}, data is lost that rollback.discards gives up: ${some(trial.lost, 3)}`,
      where: { step: trial.afterStep },
      remedy: 'none needed, if that is meant',
    });
  }
  const whole = report.trials.at(-1);
  if (whole && whole.outcome !== 'failed' && whole.differences.length > 0) {
    notes.push({
      weight: 'note',
      what: `after upgrade and rollback the schema is not what it was: ${some(whole.differences, 4)}`,
      where: { step: whole.afterStep },
      remedy: 'let the rollback take it back as well',
    });
  }
  if (report.state === 'failed') {
    notes.push({
      weight: 'note',
      what: `the rollback could not be tried from every step: ${report.reason ?? 'it is not known why'}`,
      where: {},
      remedy: 'see the trace of the statements: it runs the same steps',
    });
  }
  return notes;
}

function tooEarly(trial: RollbackTrial): RuleFinding {
  const at = trial.statement === undefined ? '' : ` at ${quoted(trial.statement)}`;
  const step =
    trial.failedStep === undefined ? 'the rollback' : `rollback step ${stepName(trial.failedStep)}`;
  return {
    weight: 'note',
    what: `if the upgrade stops after ${stepName(trial.afterStep)}, ${step} fails${at}: it is written for the whole upgrade`,
    where: { step: trial.afterStep },
    why: `${(trial.message ?? '').split('\n')[0] ?? ''} (${trial.sqlState ?? 'no SQLSTATE'})`,
    remedy: 'IF EXISTS and IF NOT EXISTS, or a tool that takes back only what has run',
  };
}
