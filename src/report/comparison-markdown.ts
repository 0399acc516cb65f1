import type { Comparison } from '../model/comparison.js';
import {
  comparisonSections,
  runTexts,
  unansweredGates,
  type ComparisonSection,
} from './comparison-sections.js';
import { changeText, designText, intervalText, rowName, rowNote, sideTexts } from './comparison-text.js';
import { escapeMarkdown, markdownTable } from './markdown-text.js';
import { plural } from './plain-text.js';

const badges: Record<Comparison['verdict'], string> = {
  regressed: '🔴 Regressed',
  'nothing worse': '🟢 Nothing worse',
  'could not tell': '🟡 Could not tell',
};
const answerText = {
  regressed: '**regressed**',
  improved: 'improved',
  equivalent: 'equivalent',
  inconclusive: 'inconclusive',
  refused: 'no answer',
} as const;

/** For a pull request: the verdict, what is not alike and the gates open, the rest folded. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const { verdict, because, runs, onlyIn } = comparison;
  const scenario = [...new Set(runs.map((run) => run.scenario))].join(', ');
  const open = unansweredGates(comparison).length;
  const [gates, others] = [
    comparisonSections(comparison).filter(({ title }) => title === 'Gates'),
    comparisonSections(comparison).filter(({ title }) => title !== 'Gates'),
  ];
  const only = (['baseline', 'candidate'] as const)
    .filter((side) => onlyIn[side].length > 0)
    .map((side) => `Only in the ${side}: ${escapeMarkdown(onlyIn[side].join(', '))}`);
  return [
    `### ${badges[verdict]}: ${escapeMarkdown(scenario)}`,
    escapeMarkdown(designText(comparison)),
    because.map((text) => `- ${escapeMarkdown(text)}`).join('\n'),
    ...(open > 0 ? [`⚠️ ${plural(open, 'gate')} without an answer: this is not a pass of them.`] : []),
    ...differences(comparison),
    ...gates.map((one) => sectionText(one, comparison)),
    ...others.map((one) => {
      const worse = one.rows.filter((row) => row.answer === 'regressed' && row.counts).length;
      const told = worse > 0 ? `, ${worse} regressed` : '';
      return `<details${worse > 0 ? ' open' : ''}><summary>${one.title}${told}</summary>\n\n${sectionText(one, comparison)}\n\n</details>`;
    }),
    ...only,
    `<details><summary>Runs</summary>\n\n${(['baseline', 'candidate'] as const)
      .flatMap((side) => runTexts(comparison, side).map((text) => `- ${side}: ${escapeMarkdown(text)}`))
      .join('\n')}\n\n</details>`,
    '',
  ].join('\n\n');
}

function differences(comparison: Comparison): string[] {
  if (comparison.differences.length === 0) return [];
  const rows = comparison.differences.map(({ weight, what, baseline, candidate }) =>
    [weight, what, baseline, candidate].map(escapeMarkdown),
  );
  const text = markdownTable(['', 'not alike', 'baseline', 'candidate'], rows);
  const heavy = comparison.differences.some(({ weight }) => weight !== 'note');
  return [
    `<details${heavy ? ' open' : ''}><summary>Not alike: ${rows.length}</summary>\n\n${text}\n\n</details>`,
  ];
}

function sectionText({ title, about, rows, rest }: ComparisonSection, comparison: Comparison): string {
  const body = rows.map((row) => [
    ...[rowName(row), ...sideTexts(row), changeText(row), intervalText(row)].map(escapeMarkdown),
    !row.counts && row.answer === 'regressed' ? 'worse' : answerText[row.answer],
  ]);
  const head = ['', 'baseline', 'candidate', 'change', '95% interval', 'answer'];
  const notes = rows
    .flatMap((row) => rowNote(row, comparison) ?? [])
    .map((note) => `- ${escapeMarkdown(note)}`);
  return [
    `**${title}** (${about})`,
    ...(rows.length > 0 ? [markdownTable(head, body, [1, 2, 3, 4])] : []),
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...(rest === '' ? [] : [`${rows.length > 0 ? 'The others: ' : ''}${rest}.`]),
  ].join('\n\n');
}
