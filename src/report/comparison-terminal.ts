import type { Answer, Comparison } from '../model/comparison.js';
import {
  comparisonSections,
  runTexts,
  unansweredGates,
  type ComparisonSection,
} from './comparison-sections.js';
import {
  changeText,
  designText,
  intervalText,
  rowName,
  rowNote,
  sideTexts,
  type Row,
} from './comparison-text.js';
import { plain, plural } from './plain-text.js';
import { labelled, terminalStyle, type TerminalStyle } from './terminal-style.js';
import { table, type Cell } from './text-table.js';
import { wrap } from './text-width.js';

export interface ComparisonTerminalOptions {
  color: boolean;
  width: number;
  /** Only the verdict, the gates, and what regressed. */
  quiet?: boolean;
}

const verdictText: Record<Comparison['verdict'], string> = {
  regressed: 'REGRESSED',
  'nothing worse': 'NOTHING WORSE',
  'could not tell': 'COULD NOT TELL',
};

/** What a reviewer reads: the verdict and why, whether the two can be compared, then the tables, worst first. */
export function renderComparison(comparison: Comparison, options: ComparisonTerminalOptions): string {
  const style = terminalStyle(options);
  const sections = comparisonSections(comparison);
  const shown = options.quiet
    ? sections.flatMap((one) => {
        const rows =
          one.title === 'Gates' ? one.rows : one.rows.filter(({ answer }) => answer === 'regressed');
        return rows.length === 0 ? [] : [{ ...one, rows, rest: '' }];
      })
    : sections;
  return [
    head(comparison, style),
    differenceLines(comparison, style),
    ...shown.map((one) => sectionLines(one, comparison, style)),
    options.quiet ? [] : endpointLines(comparison, style),
    runLines(comparison, style, options.quiet ?? false),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function head(comparison: Comparison, style: TerminalStyle): string[] {
  const { verdict, because, runs } = comparison;
  const paint = { regressed: style.red, 'nothing worse': style.green, 'could not tell': style.yellow }[
    verdict
  ];
  const scenario = [...new Set(runs.map((run) => run.scenario))].join(', ');
  const open = unansweredGates(comparison);
  return [
    `${style.bold(paint(verdictText[verdict]))}  ${plain(scenario)}: ${designText(comparison)}`,
    ...because.flatMap((text) => lines(plain(text), '  ', style)),
    ...(open.length > 0
      ? lines(
          `${plural(open.length, 'gate')} without an answer: this is not a pass of them`,
          '  ',
          style,
        ).map(style.yellow)
      : []),
  ];
}

function differenceLines({ differences }: Comparison, style: TerminalStyle): string[] {
  if (differences.length === 0) return [];
  const paint = { void: style.red, warning: style.yellow, note: style.dim };
  return [
    `${style.bold('Not alike')} ${style.dim('beside what was measured')}`,
    ...differences.flatMap(({ weight, what, baseline, candidate }) =>
      labelled(
        {
          label: `${weight.padEnd(8)}`,
          text: plain(`${what}: ${baseline} → ${candidate}`),
          paint: paint[weight],
        },
        '  ',
        style.width,
      ),
    ),
  ];
}

const answerText: Record<Answer, string> = {
  regressed: 'REGRESSED',
  improved: 'improved',
  equivalent: 'equivalent',
  inconclusive: 'inconclusive',
  refused: 'no answer',
};

function sectionLines(section: ComparisonSection, comparison: Comparison, style: TerminalStyle): string[] {
  const { title, about, rows, rest } = section;
  const columns = [
    { title: '', least: 16 },
    { title: 'baseline', align: 'right' as const },
    { title: 'candidate', align: 'right' as const },
    { title: 'change', align: 'right' as const },
    { title: '95% interval', align: 'right' as const },
    { title: 'answer' },
  ];
  const notes = rows.flatMap((row) => rowNote(row, comparison) ?? []);
  return [
    `${style.bold(title)} ${style.dim(about)}`,
    ...(rows.length > 0
      ? table(
          columns,
          rows.map((row) => cellsOf(row, style)),
          { width: style.width, indent: '  ', dim: style.dim },
        )
      : []),
    ...notes.flatMap((note) => lines(note, '  ', style).map(style.dim)),
    ...(rest === ''
      ? []
      : lines(`${rows.length > 0 ? 'the others: ' : ''}${rest}`, '  ', style).map(style.dim)),
  ];
}

function cellsOf(row: Row, style: TerminalStyle): Cell[] {
  const paint = {
    regressed: style.red,
    improved: style.green,
    equivalent: String,
    inconclusive: style.yellow,
    refused: style.yellow,
  }[row.answer];
  const shown = !row.counts && row.answer === 'regressed' ? 'worse' : answerText[row.answer];
  return [rowName(row), ...sideTexts(row), changeText(row), intervalText(row), { text: shown, style: paint }];
}

function endpointLines({ onlyIn }: Comparison, style: TerminalStyle): string[] {
  return (['baseline', 'candidate'] as const).flatMap((side) =>
    onlyIn[side].length === 0
      ? []
      : lines(plain(`Only in the ${side}: ${onlyIn[side].join(', ')}`), '', style),
  );
}

function runLines(comparison: Comparison, style: TerminalStyle, quiet: boolean): string[] {
  const worth = (text: string) => !quiet || text.includes(' — ');
  return (['baseline', 'candidate'] as const).flatMap((side) => {
    const texts = runTexts(comparison, side).filter(worth);
    if (texts.length === 0) return [];
    return [
      style.dim(`Runs of the ${side}`),
      ...texts.flatMap((text) => lines(plain(text), '  ', style).map(style.dim)),
    ];
  });
}

function lines(text: string, indent: string, { width }: TerminalStyle): string[] {
  return wrap(text, width - indent.length).map((line) => `${indent}${line}`);
}
