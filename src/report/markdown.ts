import { endpointSummaries } from '../histogram/endpoint-summaries.js';
import type { ResultView } from '../model/result.js';
import type { Finding, VerdictReport } from '../model/verdict.js';
import { worstFirst } from './finding-order.js';
import { measureText, statementText, waivedText, whereText } from './finding-text.js';
import { isAudited } from '../model/ledger.js';
import { auditRows, invariantTexts, ledgerNotes, lossTexts } from './ledger-rows.js';
import { latencyNotes, latencyRow } from './latency-rows.js';
import { coverageText, lockHeadline } from './lock-coverage-text.js';
import { hazardSections, lockStorySection } from './markdown-locks.js';
import { rollbackFacts } from './rollback-facts.js';
import { rulesDetails, sizesTable, stepsTable } from './markdown-evidence.js';
import { residueSection } from './markdown-residue.js';
import { escapeMarkdown, prose, proseLines, row } from './markdown-text.js';
import { endLines, subject } from './subject.js';
import { cut } from './text-width.js';

const mostFindings = 30;
const mostStatement = 300;

/** A summary for a pull request or a CI job ($GITHUB_STEP_SUMMARY): verdict, findings, latency, steps, lock waits, sizes, rules. */
export function renderMarkdown(view: ResultView, report: VerdictReport): string {
  const icon = { GO: '✅', 'NO-GO': '❌', INVALID: '⚠️' }[report.verdict];
  const missing = [...view.degraded.map(({ source, lost }) => `${source}: ${lost}`), ...view.damage];
  const sections = [
    `## ${icon} ${report.verdict}: ${escapeMarkdown(view.manifest.scenario)}`,
    `**${prose(report.because)}**`,
    escapeMarkdown(subject(view)),
    ...endLines(view).map((line) => `> ${escapeMarkdown(line)}`),
    findingsTable(report.findings),
    hazardSections(report.findings, escapeMarkdown),
    latencyTable(view),
    stepsTable(view),
    ledgerSection(view),
    rollbackTable(report),
    view.plan.scenario.environment.database === undefined && view.lockWaits.length === 0
      ? '### Lock waits\n\nNot watched: the scenario names no database.'
      : `### Lock waits\n\n${escapeMarkdown(lockHeadline(view))} ${escapeMarkdown(coverageText(view))}`,
    lockStorySection(report.locks, escapeMarkdown),
    residueSection(view),
    sizesTable(view),
    rulesDetails(report),
    missing.length === 0
      ? ''
      : `### Missing from this result\n\n${missing.map((line) => `- ${escapeMarkdown(line)}`).join('\n')}`,
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function findingsTable(findings: readonly Finding[]): string {
  if (findings.length === 0) return '### Findings\n\nNone.';
  const shown = worstFirst(findings).slice(0, mostFindings);
  const left = findings.length - shown.length;
  const rows = shown.map((finding) => {
    const statement = statementText(finding);
    const what = [
      prose(finding.what),
      ...optional(measureText(finding)),
      ...(statement === undefined ? [] : [`<code>${escapeMarkdown(cut(statement, mostStatement))}</code>`]),
    ];
    const why = [
      ...(finding.why === undefined ? [] : [proseLines(finding.why)]),
      ...optional(waivedText(finding)),
    ];
    return row([
      finding.waived ? `waived ${finding.weight}` : finding.weight,
      escapeMarkdown(finding.rule),
      what.join('<br>'),
      escapeMarkdown(whereText(finding) ?? ''),
      why.join('<br>'),
      prose(finding.remedy),
    ]);
  });
  const head = [
    row(['', 'rule', 'what', 'where', 'why', 'try']),
    row(['---', '---', '---', '---', '---', '---']),
  ];
  const more = left > 0 ? `\n\n… and ${left} more.` : '';
  return `### Findings\n\n${[...head, ...rows].join('\n')}${more}`;
}

function latencyTable(view: ResultView): string {
  const summaries = endpointSummaries(view);
  if (summaries.length === 0) return '### Response time\n\nNo request was made.';
  const rows: string[] = [];
  const notes: string[] = [];
  for (const summary of summaries) {
    const span = view.phases.find(({ phase }) => phase === summary.phase);
    const { endpoint, rate, p50, p99, p999, max, errors, dropped } = latencyRow(summary, span);
    const cells = [summary.phase, endpoint, rate, p50, p99, p999, max, errors, dropped];
    rows.push(row(cells.map(escapeMarkdown)));
    for (const note of latencyNotes(summary)) {
      notes.push(`- ${escapeMarkdown(`${endpoint}, ${summary.phase}: ${note}`)}`);
    }
  }
  const head = [
    row(['phase', 'endpoint', 'rate', 'p50', 'p99', 'p99.9', 'max', 'errors', 'dropped']),
    row(['---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '--:']),
  ];
  const below = notes.length === 0 ? '' : `\n\n${notes.join('\n')}`;
  return `### Response time\n\nFrom the intended start; dropped requests count as ∞.\n\n${[...head, ...rows].join('\n')}${below}`;
}

function ledgerSection(view: ResultView): string {
  if (!isAudited(view.plan.scenario)) return '';
  const rows = auditRows(view).map((one) =>
    row(
      [
        ...[one.after, one.entity, one.keys, one.acknowledged, one.rejected, one.indeterminate, one.landed],
        ...[one.lost, one.changed, one.discarded, one.pace],
      ].map(escapeMarkdown),
    ),
  );
  const head = [
    row([
      'after',
      'entity',
      'keys',
      'acknowledged',
      'rejected',
      'maybe',
      'had',
      'lost',
      'changed',
      'discarded',
      'audited',
    ]),
    row(['---', '---', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '--:', '---']),
  ];
  const notes = [
    ...lossTexts(view, 3).flatMap(({ head: text, examples }) => [text, ...examples]),
    ...ledgerNotes(view),
    ...invariantTexts(view).map(({ text, state }) => `invariant ${state}: ${text}`),
  ].map((line) => `- ${escapeMarkdown(line)}`);
  if (rows.length === 0 && notes.length === 0) return '### Ledger\n\nNo audit was made.';
  return [
    `### Ledger`,
    ...(rows.length > 0 ? [[...head, ...rows].join('\n')] : []),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
  ].join('\n\n');
}

function rollbackTable({ rollback }: VerdictReport): string {
  if (!rollback) return '';
  const rows = rollbackFacts(rollback).map(({ label, text }) => row([label, prose(text)]));
  return `### Rollback\n\n${[row(['', '']), row(['---', '---']), ...rows].join('\n')}`;
}

function optional(text: string | undefined): string[] {
  return text === undefined ? [] : [prose(text)];
}
