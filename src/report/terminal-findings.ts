import { formatMs } from '../foundation/units.js';
import type { Finding } from '../model/verdict.js';
import { findingGroups, type FindingGroup } from './finding-groups.js';
import { hazardText, hintTexts, twinLines } from './finding-hazard.js';
import { measureText, statementText, waivedText, whereText } from './finding-text.js';
import { plain, plainLines, plural } from './plain-text.js';
import { labelled, type TerminalStyle } from './terminal-style.js';
import { cut } from './text-width.js';

const marks = { 'NO-GO': '✗', INVALID: '?', note: '·' } as const;
export const noteMark = marks.note;

/** The findings, worst first: what, where, how bad, why, what to try; what one statement broke under its name. */
export function findingLines(findings: readonly Finding[], style: TerminalStyle): string[] {
  if (findings.length === 0) return [];
  const standing = findings.filter(({ waived, weight }) => !waived && weight !== 'note').length;
  const waived = findings.filter((finding) => finding.waived).length;
  const notes = findings.filter(({ waived, weight }) => !waived && weight === 'note').length;
  const count = [
    plural(standing, 'finding'),
    ...(waived > 0 ? [`${waived} waived`] : []),
    ...(standing === 0 && notes > 0 ? [plural(notes, 'note')] : []),
  ].join(', ');
  // Findings about one statement have one twin: it is written out once.
  const twins = new Set<string>();
  return [
    style.bold(`Findings (${count})`),
    ...findingGroups(findings).flatMap((group) => {
      const [only, ...more] = group.findings;
      if (only && more.length === 0) return oneFinding(only, style, twins);
      return groupLines(group, style, twins);
    }),
  ];
}

interface Detail {
  label: string;
  text: string | undefined;
}

function oneFinding(finding: Finding, style: TerminalStyle, twins: Set<string>): string[] {
  return [
    ...headLines(finding, style, '  '),
    ...detailLines(
      [
        { label: 'where   ', text: whereText(finding) },
        { label: 'how bad ', text: measureText(finding) },
        { label: 'sql     ', text: cutStatement(statementText(finding), style) },
        { label: 'why     ', text: whyText(finding) },
        { label: 'hazard  ', text: hazardText(finding) },
        { label: 'try     ', text: finding.waived ? undefined : plain(finding.remedy) },
        ...(finding.waived ? [] : hintTexts(finding).map((text) => ({ label: 'squawk  ', text }))),
        { label: 'note    ', text: waivedText(finding) },
      ],
      style,
    ),
    ...(finding.waived ? [] : insteadLines(finding, style, twins)),
  ];
}

/** Each finding with what is its own; what is all of theirs (hazard, remedies, hints, twin) once, below. */
function groupLines({ step, findings }: FindingGroup, style: TerminalStyle, twins: Set<string>): string[] {
  const statement = cutStatement(statementText(findings[0] as Finding), style);
  const name = [...(step === undefined ? [] : [`step ${plain(step)}`]), ...(statement ? [statement] : [])];
  const told: string[] = [];
  const sharesToldOf = new Set<string>();
  const own = findings.flatMap((finding) => {
    const why = whyText(finding);
    const fresh = why === undefined ? undefined : without(why, told);
    if (why !== undefined) told.push(why);
    const sharesTold = sharesToldOf.has(finding.rule);
    if (finding.excess) sharesToldOf.add(finding.rule);
    const details = [
      { label: 'where   ', text: whereText({ ...finding, where: whereWithin(finding) }) },
      { label: 'how bad ', text: measureText(finding) },
      { label: 'why     ', text: (sharesTold ? excessText(finding) : undefined) ?? fresh },
    ];
    return [...headLines(finding, style, '    '), ...detailLines(details, style, '        ')];
  });
  const each = (texts: (finding: Finding) => (string | undefined)[], label: string): Detail[] =>
    [...new Set(findings.flatMap(texts))].map((text) => ({ label, text }));
  const twin = findings.find((finding) => finding.twin !== undefined);
  return [
    ...labelled(
      { label: '', text: `${plural(findings.length, 'finding')}: ${name.join(' · ')}` },
      '  ',
      style.width,
    ).map(style.bold),
    ...own,
    ...detailLines(
      [
        ...each((finding) => [hazardText(finding)], 'hazard  '),
        ...each((finding) => [plain(finding.remedy)], 'try     '),
        ...each(hintTexts, 'squawk  '),
      ],
      style,
      '    ',
    ),
    ...(twin ? insteadLines(twin, style, twins, '    ') : []),
  ];
}

/** What the time was spent on by kind alone, where a finding of the group told it in full. */
function excessText({ excess }: Finding): string | undefined {
  if (!excess) return undefined;
  const { excessMs, requests, usualMs, parts } = excess;
  const byKind = new Map<string, number>();
  for (const { kind, share } of parts) byKind.set(kind, (byKind.get(kind) ?? 0) + share);
  const shares = [...byKind]
    .filter(([kind, share]) => share >= 0.005 || kind === 'unexplained')
    .map(([kind, share]) => `${kind} ${Math.round(share * 100)}%`);
  return `as above; of the ${formatMs(excessMs)} that ${plural(requests, 'request')} lost against the usual ${formatMs(usualMs)}: ${shares.join(', ')}`;
}

/** What the group's title says already is left out. */
function whereWithin({ where }: Finding): Finding['where'] {
  const rest = { ...where };
  delete rest.step;
  delete rest.statement;
  return rest;
}

/** A cause that was told in these very words is not told again. */
function without(why: string, told: readonly string[]): string | undefined {
  if (told.some((text) => text.includes(why))) return undefined;
  const [own = '', ...common] = why.split('; ');
  const rest = common.join('; ');
  return rest !== '' && told.some((text) => text.includes(rest)) ? `${own}; as above` : why;
}

function headLines(finding: Finding, style: TerminalStyle, indent: string): string[] {
  const paint = finding.waived
    ? style.dim
    : { 'NO-GO': style.red, INVALID: style.yellow, note: style.dim }[finding.weight];
  const mark = finding.waived ? '~' : marks[finding.weight];
  const title = `${finding.waived ? 'waived ' : ''}${finding.weight} ${plain(finding.rule)}: `;
  const text = `${title}${plain(finding.what)}`;
  return labelled({ label: `${mark} `, text, paint }, indent, style.width).map((line, at) =>
    at === 0 ? line.replace(title, () => paint(title)) : line,
  );
}

function detailLines(details: readonly Detail[], style: TerminalStyle, indent = '      '): string[] {
  return details.flatMap(({ label, text }) =>
    text === undefined ? [] : labelled({ label, text, paint: style.dim }, indent, style.width),
  );
}

function whyText({ why }: Finding): string | undefined {
  return why === undefined ? undefined : plainLines(why).join('\n');
}

function insteadLines(
  finding: Finding,
  style: TerminalStyle,
  twins: Set<string>,
  indent = '      ',
): string[] {
  const { twin } = finding;
  if (twin === undefined) return [];
  if (twins.has(twin)) return [`${indent}${style.dim('instead ')}as above`];
  twins.add(twin);
  return twinLines(finding).map(
    (line, at) => `${indent}${at === 0 ? style.dim('instead ') : ' '.repeat(8)}${line}`,
  );
}

/** A statement may be pages long: two lines of it tell which one it is. */
function cutStatement(statement: string | undefined, style: TerminalStyle): string | undefined {
  return statement === undefined ? undefined : cut(statement, 2 * (style.width - 15));
}
