import type { ResultView } from '../model/result.js';
import type { Finding, RuleReport, VerdictReport } from '../model/verdict.js';
import { worstFirst } from './finding-order.js';
import { measureText, statementText, waivedText, whereText } from './finding-text.js';
import { endLines } from './subject.js';

interface TestCase {
  name: string;
  state: 'passed' | 'failure' | 'error' | 'skipped';
  /** Type of the failure, error: the verdict it stands for. */
  type: string;
  message: string;
  text: string;
  /** What is told of a case besides: waived findings, notes, measures. */
  output: string;
}

/**
 * JUnit's XML as CI systems read it: a test case a rule, its NO-GO findings a failure, what could not be judged an
 * error, rules that were not asked skipped; and a case for the verdict itself, which fails whenever it is not GO.
 */
export function renderJunit(view: ResultView, report: VerdictReport): string {
  const cases = [verdictCase(view, report), ...ruleNames(report).flatMap((rule) => ruleCases(rule, report))];
  const count = (state: TestCase['state']) => cases.filter((one) => one.state === state).length;
  const lastUs = view.phases.reduce((last, { toUs }) => Math.max(last, toUs), 0);
  const seconds = ((lastUs - (view.phases[0]?.fromUs ?? 0)) / 1_000_000).toFixed(3);
  const suite = escapeXml(`dten.${view.manifest.scenario}`);
  const totals = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  // JUnit's timestamp has no zone and no fraction; it is UTC.
  const timestamp = escapeXml(view.manifest.startedAt.replace(/(\.\d+)?Z$/, ''));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="dten" ${totals} time="${seconds}">`,
    `  <testsuite name="${suite}" ${totals} skipped="${count('skipped')}" time="${seconds}" timestamp="${timestamp}">`,
    ...cases.flatMap((one) => caseLines(one, suite)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function verdictCase(view: ResultView, { verdict, because }: VerdictReport): TestCase {
  const state = verdict === 'GO' ? 'passed' : verdict === 'NO-GO' ? 'failure' : 'error';
  return {
    name: 'verdict',
    state,
    type: verdict,
    message: `${verdict}: ${because}`,
    text: [because, ...endLines(view)].join('\n'),
    output: state === 'passed' ? [because, ...endLines(view)].join('\n') : '',
  };
}

/** The rules in their order, then those that only a finding names. */
function ruleNames({ rules, findings }: VerdictReport): string[] {
  return [...new Set([...rules.map(({ rule }) => rule), ...findings.map(({ rule }) => rule)])];
}

function ruleCases(rule: string, report: VerdictReport): TestCase[] {
  const ruleReport = report.rules.find((one) => one.rule === rule);
  const findings = worstFirst(report.findings.filter((finding) => finding.rule === rule));
  const standing = findings.filter(({ waived }) => !waived);
  const noGo = standing.filter(({ weight }) => weight === 'NO-GO');
  const invalid = standing.filter(({ weight }) => weight === 'INVALID');
  const others = findings.filter((finding) => !noGo.includes(finding) && !invalid.includes(finding));
  const output = [...(ruleReport ? [ruleReport.summary] : []), ...others.map(describe)].join('\n\n');

  const cases: TestCase[] = [];
  if (noGo.length > 0) cases.push(failing(rule, 'failure', noGo, output));
  if (invalid.length > 0) {
    const name = noGo.length > 0 ? `${rule} (could not be judged)` : rule;
    cases.push(failing(name, 'error', invalid, noGo.length > 0 ? '' : output));
  }
  return cases.length > 0 ? cases : [withoutFindings(rule, ruleReport, findings, output)];
}

function failing(
  name: string,
  state: 'failure' | 'error',
  findings: readonly Finding[],
  output: string,
): TestCase {
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return {
    name,
    state,
    type: state === 'failure' ? 'NO-GO' : 'INVALID',
    message: `${findings[0]?.what ?? ''}${more}`,
    text: findings.map(describe).join('\n\n'),
    output,
  };
}

/** A rule that failed although all its findings are waived has passed; one without any finding has not. */
function withoutFindings(
  name: string,
  rule: RuleReport | undefined,
  findings: readonly Finding[],
  output: string,
): TestCase {
  const waived = findings.some((finding) => finding.waived);
  const summary = rule?.summary ?? '';
  const state =
    rule?.state === 'not asked'
      ? 'skipped'
      : rule?.state === 'no data' && !waived
        ? 'error'
        : rule?.state === 'fail' && !waived
          ? 'failure'
          : 'passed';
  return {
    name,
    state,
    type: state === 'error' ? 'INVALID' : 'NO-GO',
    message: summary,
    text: summary,
    output,
  };
}

function describe(finding: Finding): string {
  const lines = [
    `${finding.weight}: ${finding.what}`,
    ...labelled('where', whereText(finding)),
    ...labelled('measured', measureText(finding)),
    ...labelled('statement', statementText(finding)),
    ...labelled('why', finding.why),
    ...labelled('try', finding.remedy),
    ...labelled('note', waivedText(finding)),
  ];
  return lines.join('\n');
}

function labelled(label: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${label}: ${text}`];
}

function caseLines(one: TestCase, suite: string): string[] {
  const inner: string[] = [];
  if (one.state === 'failure' || one.state === 'error') {
    inner.push(
      `      <${one.state} type="${one.type}" message="${escapeXml(one.message)}">${escapeXml(one.text)}</${one.state}>`,
    );
  }
  if (one.state === 'skipped')
    inner.push(`      <skipped message="${escapeXml(one.message || 'not asked')}"/>`);
  if (one.output !== '') inner.push(`      <system-out>${escapeXml(one.output)}</system-out>`);
  const head = `    <testcase classname="${suite}" name="${escapeXml(one.name)}" time="0"`;
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, '    </testcase>'];
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** For text and attributes alike; what XML 1.0 does not allow at all (control characters, lone surrogates) is dropped. */
function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (character) => (/[\t\n\r]/.test(character) ? character : ''))
    .replace(/[&<>"']/g, (character) => entities[character] ?? '')
    .replace(/\r\n?/g, '\n');
}
