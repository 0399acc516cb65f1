import type { ResultView } from '../model/result.js';
import type { Finding, RuleReport, Verdict, VerdictReport } from '../model/verdict.js';
import { rules } from './catalogue.js';
import { downtimeOf } from './downtime.js';
import { explainFindings } from './hazards/explain-findings.js';
import { judgedViewOf } from './judged-view.js';
import { lockStoryOf } from './locks/lock-story.js';
import type { Rule, RuleOutcome } from './rule.js';
import { rollbackReportOf } from './rollback-report.js';
import { applyWaivers } from './waivers.js';
import { plural } from './wording.js';

export { ruleCatalogue } from './catalogue.js';

/**
 * The verdict on a result: pure, from what is in the folder alone. A finding of NO-GO that nobody waived decides;
 * then one of INVALID (a rule that lacked its data is one); only then GO.
 */
export function judge(result: ResultView): VerdictReport {
  const view = judgedViewOf(result);
  const judged = rules.map((rule) => {
    const outcome = rule.judge(view);
    return { rule, outcome, findings: findingsOf(rule, outcome) };
  });
  const locks = lockStoryOf(view);
  const { findings, notes } = applyWaivers(
    explainFindings(
      view,
      locks,
      judged.flatMap((one) => one.findings),
    ),
    result.plan,
    result.manifest.startedAt,
  );
  const reports = judged.map(({ rule, outcome }) =>
    reportOf(
      rule,
      outcome,
      findings.filter((finding) => finding.rule === rule.id),
    ),
  );
  const all = [...findings, ...notes.map((note) => ({ rule: 'waiver', ...note }))].sort(
    (a, b) => rank(a) - rank(b),
  );
  const verdict = verdictOf(all);
  const rollback = rollbackReportOf(view);
  const downtime = downtimeOf(view);
  return {
    verdict,
    because: becauseOf(verdict, all, reports),
    findings: all,
    rules: reports,
    ...(downtime && { downtime }),
    ...(rollback && { rollback }),
    ...(locks && { locks }),
  };
}

function findingsOf({ id }: Rule, outcome: RuleOutcome): Finding[] {
  if ('notAsked' in outcome) return [];
  const unjudged =
    'noData' in outcome
      ? [{ what: outcome.noData, remedy: outcome.remedy, where: {} }]
      : (outcome.unjudged ?? []);
  const findings = 'noData' in outcome ? [] : outcome.findings;
  return [
    ...findings.map((finding) => ({ rule: id, ...finding })),
    ...unjudged.map(({ what, remedy, where = {} }) => ({
      rule: id,
      weight: 'INVALID' as const,
      what: `could not be judged: ${what}`,
      where,
      remedy,
    })),
  ];
}

function reportOf(rule: Rule, outcome: RuleOutcome, findings: readonly Finding[]): RuleReport {
  if ('notAsked' in outcome) return { rule: rule.id, state: 'not asked', summary: 'no objective set' };
  if ('noData' in outcome) return { rule: rule.id, state: 'no data', summary: outcome.noData };
  const standing = findings.filter(({ weight, waived }) => weight !== 'note' && !waived);
  const noData = standing.every(({ what }) => what.startsWith('could not be judged: '));
  const state = standing.length === 0 ? 'pass' : noData ? 'no data' : 'fail';
  const waived = findings.filter((finding) => finding.waived).length;
  return {
    rule: rule.id,
    state,
    summary: `${outcome.summary}${waived > 0 ? `; ${plural(waived, 'finding')} waived` : ''}`,
  };
}

/** NO-GO, INVALID, what was waived, notes. */
function rank({ weight, waived }: Finding): number {
  if (waived) return 2;
  return { 'NO-GO': 0, INVALID: 1, note: 3 }[weight];
}

function verdictOf(findings: readonly Finding[]): Verdict {
  const stands = (weight: Finding['weight']) =>
    findings.some((finding) => finding.weight === weight && !finding.waived);
  if (stands('NO-GO')) return 'NO-GO';
  return stands('INVALID') ? 'INVALID' : 'GO';
}

function becauseOf(verdict: Verdict, findings: readonly Finding[], reports: readonly RuleReport[]): string {
  const decisive = findings.filter(({ weight, waived }) => weight === verdict && !waived);
  const first = decisive[0];
  if (first) {
    const more = decisive.length > 1 ? ` (and ${decisive.length - 1} more)` : '';
    return verdict === 'NO-GO' ? `${first.what}${more}` : `it cannot be told: ${first.what}${more}`;
  }
  const passed = reports.filter(({ state }) => state === 'pass').length;
  const waived = findings.filter((finding) => finding.waived).length;
  return `${plural(passed, 'rule')} passed${waived > 0 ? `, ${plural(waived, 'finding')} waived` : ''}, none failed`;
}
