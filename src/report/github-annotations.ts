import type { ResultView } from '../model/result.js';
import type { Finding, VerdictReport } from '../model/verdict.js';
import { findingGroups, type FindingGroup } from './finding-groups.js';
import { twinLines } from './finding-hazard.js';
import { findingPlace } from './finding-place.js';
import { waivedText } from './finding-text.js';
import { plain, plural, stepName } from './plain-text.js';
import type { SourcePath } from './source-path.js';

const commands = { 'NO-GO': 'error', INVALID: 'warning', note: 'notice' } as const;

/**
 * Workflow commands that GitHub shows as annotations on the lines they name, worst first: GitHub takes ten of each
 * kind from a step. What one statement broke is one annotation.
 */
export function renderGithubAnnotations(
  view: ResultView,
  report: VerdictReport,
  sourcePath: SourcePath,
): string[] {
  return findingGroups(report.findings).map((group) => annotationOf(view, group, sourcePath));
}

function annotationOf(view: ResultView, { step, findings }: FindingGroup, sourcePath: SourcePath): string {
  const first = findings[0] as Finding;
  const { file, line, column, endLine, endColumn } = findingPlace(view.plan, first);
  const about = findings.length > 1 ? plural(findings.length, 'finding') : first.rule;
  const at = step ?? first.where.step;
  const scenario = view.manifest.scenario;
  const title = `dten ${first.waived ? 'waived' : first.weight}: ${scenario}${at === undefined ? '' : `, ${stepName(at)}`}: ${about}`;
  const properties: Record<string, string | number | undefined> = {
    file: sourcePath(file),
    line,
    // Columns only within one line, as GitHub shows them.
    ...(endLine === line ? { col: column, endColumn } : { endLine }),
    title: plain(title),
  };
  const remedies = [...new Set(findings.map(({ remedy }) => plain(remedy)))];
  const twin = findings.find((finding) => finding.twin !== undefined);
  const message = [
    ...findings.map(({ rule, what }) => (findings.length > 1 ? `${rule}: ${plain(what)}` : plain(what))),
    ...(first.waived ? [waivedText(first) ?? ''] : remedies.map((remedy) => `try: ${remedy}`)),
    ...(twin && !first.waived ? ['instead:', ...twinLines(twin)] : []),
  ].join('\n');
  const told = Object.entries(properties).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${escapeProperty(String(value))}`],
  );
  const command = first.waived ? 'notice' : commands[first.weight];
  return `::${command} ${told.join(',')}::${escapeData(message)}`;
}

/** As actions/toolkit, core/src/command.ts, escapes a message. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** As it escapes a property, which `:` and `,` would end. */
function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
