import type { Comparison, ComparisonCell, ComparisonMeasure } from '../model/comparison.js';
import { isCell, tallyText, type Row } from './comparison-text.js';

/** A table of a comparison: what is shown of it, worst first, and how the rest came out. */
export interface ComparisonSection {
  title: string;
  /** What the figures are, in a few words. */
  about: string;
  rows: Row[];
  /** Of rows that are not shown; empty: all are. */
  rest: string;
}

const mostRows = 20;
export const answerOrder: Record<Row['answer'], number> = {
  regressed: 0,
  improved: 1,
  inconclusive: 2,
  refused: 3,
  equivalent: 4,
};

/** The gates whole; of all else what changed, and of transients and correctness the totals. */
export function comparisonSections(comparison: Comparison): ComparisonSection[] {
  const { cells, measures } = comparison;
  const gates: Row[] = [...cells, ...measures].filter(({ gate }) => gate);
  const beside = cells.filter(({ gate }) => !gate);
  const of = (...groups: ComparisonMeasure['group'][]) =>
    measures.filter(({ group, gate }) => groups.includes(group) && !gate);
  const transients = of('upgrade transient', 'rollback transient');
  return [
    section('Gates', 'what the objectives and --gate name, Holm’s correction', gates, () => true),
    section('Beside the gates', 'Benjamini–Hochberg’s correction', beside, hasChanged),
    section(
      'While upgrade and rollback ran',
      'and 10 s after, against each run’s own baseline',
      transients,
      (row) => hasChanged(row) || ('name' in row && row.endpoint === undefined),
    ),
    section('Correctness', 'counted, not averaged', of('correctness'), () => true),
    section('Steps and locks', 'means of the runs', of('steps', 'locks'), isWorthALine),
    section('Errors', 'shares of the requests', of('errors'), isWorthALine),
    section('Server', 'shown, never a regression', of('server'), isWorthALine),
  ].filter(({ rows, rest }) => rows.length > 0 || rest !== '');
}

function section(
  title: string,
  about: string,
  all: readonly Row[],
  shows: (row: Row) => boolean,
): ComparisonSection {
  const shown = worstFirst(all.filter(shows));
  const rows = shown.slice(0, mostRows);
  const kept = new Set(rows);
  const rest = all.filter((row) => !kept.has(row));
  return { title, about, rows, rest: rest.length === 0 ? '' : tallyText(rest) };
}

/** By answer, and within one by how much it changed. */
export function worstFirst<T extends Row>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => answerOrder[a.answer] - answerOrder[b.answer] || changeOf(b) - changeOf(a));
}

function hasChanged({ answer }: Row): boolean {
  return answer === 'regressed' || answer === 'improved';
}

/** A count that is 0 in every run fills no line. */
function isWorthALine(row: Row): boolean {
  return isCell(row) || row.answer !== 'equivalent' || row.test?.method !== 'counted';
}

function changeOf(row: Row): number {
  const change = Math.abs(row.test?.change ?? 0);
  if (isCell(row)) return change;
  const usual = Math.abs(row.baseline.mean ?? 0);
  return usual === 0 ? change : change / usual;
}

/** The runs of one side as named, with what is to be said of each. */
export function runTexts({ runs }: Comparison, side: 'baseline' | 'candidate'): string[] {
  return runs
    .filter((run) => run.side === side)
    .map(({ dir, verdict, leftOut, doubts, seed, revision }) => {
      const at = revision
        ? `, ${revision.commit.slice(0, 10)}${revision.dirty === true ? ' (dirty)' : ''}`
        : '';
      const said = [
        ...(leftOut === undefined ? [] : [`LEFT OUT, ${leftOut}`]),
        ...(doubts.length > 0 && leftOut === undefined ? [`doubts: ${doubts.join('; ')}`] : []),
      ];
      return `${dir}: ${verdict}, seed ${seed}${at}${said.length > 0 ? ` — ${said.join('; ')}` : ''}`;
    });
}

/** Gates of the cells come with their own call for more runs. */
export function unansweredGates({ cells, measures }: Comparison): (ComparisonCell | ComparisonMeasure)[] {
  return [...cells, ...measures].filter(
    ({ gate, answer }) => gate && (answer === 'inconclusive' || answer === 'refused'),
  );
}
