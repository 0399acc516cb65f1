import type { Comparison } from '../../../model/comparison.js';
import type { PageTable } from '../../../model/page-data.js';
import {
  changeText,
  intervalText,
  isCell,
  neededText,
  quantileText,
  rowName,
  sideTexts,
  testText,
  valueText,
  type Row,
} from '../../comparison-text.js';
import { plain } from '../../plain-text.js';

/** Any number of rows as a table, each run's figure beside the means. */
export function comparedTable(caption: string, rows: readonly Row[], comparison: Comparison): PageTable {
  return {
    caption,
    columns: [
      { title: 'what', about: 'What is compared.', wide: true },
      { title: 'answer', about: 'Inconclusive and no answer are not a pass.' },
      { title: 'change', about: 'From the baseline to the candidate.', numeric: true },
      { title: '95% interval', about: 'Of this change by itself.', numeric: true },
      { title: 'baseline', about: 'Quantiles: geometric mean over the runs. Else: mean.', numeric: true },
      { title: 'candidate', about: 'Quantiles: geometric mean over the runs. Else: mean.', numeric: true },
      {
        title: 'why',
        about: 'What the answer rests on, and how many runs one would take where there is none.',
        wide: true,
      },
      {
        title: 'baseline runs',
        about: 'Each run’s own figure, in the order of the runs below.',
        wide: true,
      },
      {
        title: 'candidate runs',
        about: 'Each run’s own figure, in the order of the runs below.',
        wide: true,
      },
    ],
    rows: rows.map((row) => {
      const runs = runTextsOf(row);
      return {
        ...(row.answer === 'regressed' && row.counts && { bad: true }),
        cells: [
          rowName(row),
          answerOf(row),
          changeText(row),
          intervalText(row),
          ...sideTexts(row),
          noteOf(row, comparison),
          runs.baseline,
          runs.candidate,
        ],
      };
    }),
    notes: [],
  };
}

/** A word and a mark; what is worse but counts for nothing is no regression. */
export function answerOf({ answer, counts }: Pick<Row, 'answer' | 'counts'>): string {
  switch (answer) {
    case 'regressed':
      return counts ? '✗ regressed' : '▲ worse, not counted';
    case 'improved':
      return '✓ improved';
    case 'equivalent':
      return '= equivalent';
    case 'inconclusive':
      return '? inconclusive';
    case 'refused':
      return '– no answer';
  }
}

/** Why, by which test, and how many runs an answer would take. */
export function noteOf({ answer, reason, test }: Row, { design }: Pick<Comparison, 'design'>): string {
  const parts = [reason, testText(test), answer === 'inconclusive' ? neededText(test, design) : ''];
  return plain(parts.filter((part) => part !== '').join('; '));
}

export function runTextsOf(row: Row): { baseline: string; candidate: string } {
  if (isCell(row)) {
    const told = (side: 'baseline' | 'candidate') => row[side].valuesMs.map(quantileText).join(', ');
    return { baseline: told('baseline'), candidate: told('candidate') };
  }
  const told = (side: 'baseline' | 'candidate') =>
    row[side].values.map((value) => valueText(value, row.unit)).join(', ');
  return { baseline: told('baseline'), candidate: told('candidate') };
}
