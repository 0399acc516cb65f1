import type { Comparison, ComparisonMeasure } from '../../../model/comparison.js';
import type { ComparedGroup, ComparisonPage } from '../../../model/comparison-page.js';
import type { PageNotice, PageTable } from '../../../model/page-data.js';
import { unansweredGates, worstFirst } from '../../comparison-sections.js';
import { designText, type Row } from '../../comparison-text.js';
import { plain, plural } from '../../plain-text.js';
import { comparedEndpoints } from './compared-endpoints.js';
import { comparedTable } from './compared-rows.js';

/** The page of a comparison. Pure: the same comparison gives the same page. */
export function comparisonPageOf(comparison: Comparison): ComparisonPage {
  const { verdict, because, design, runs, cells, measures } = comparison;
  const all: Row[] = [...cells, ...measures];
  const gates = worstFirst(all.filter(({ gate }) => gate));
  const changed = worstFirst(
    all.filter(({ gate, answer }) => !gate && (answer === 'regressed' || answer === 'improved')),
  );
  return {
    schema: 'dten.comparison-page/1',
    verdict,
    scenario: plain([...new Set(runs.map(({ scenario }) => scenario))].join(', ')),
    isVoid: comparison.differences.some(({ weight }) => weight === 'void'),
    because: because.map(plain),
    restsOn: plain(designText(comparison)),
    notices: notices(comparison),
    gates: gates.length === 0 ? null : comparedTable('What objectives and --gate name', gates, comparison),
    changed: changed.length === 0 ? null : comparedTable('Changed beside the gates', changed, comparison),
    marginRatio: 1 + design.margin,
    endpoints: comparedEndpoints(comparison),
    groups: groupsOf(comparison),
    differences: differencesOf(comparison),
    runs: runsOf(comparison),
    onlyIn: (['baseline', 'candidate'] as const).flatMap((side) => {
      const names = comparison.onlyIn[side];
      return names.length === 0 ? [] : [plain(`Only in the ${side}, and not compared: ${names.join(', ')}`)];
    }),
  };
}

/** What must be known before any figure is believed, the weightiest first. */
function notices(comparison: Comparison): PageNotice[] {
  const { design, differences, runs, cells } = comparison;
  const bad = (text: string): PageNotice => ({ weight: 'bad', text: plain(text) });
  const told = (weight: 'void' | 'warning') => differences.filter((one) => one.weight === weight);
  const open = unansweredGates(comparison).length;
  const left = runs.filter(({ leftOut }) => leftOut !== undefined);
  const doubted = runs.filter(({ leftOut, doubts }) => leftOut === undefined && doubts.length > 0).length;
  const warnings = told('warning').map(({ what }) => what);
  const isGated = cells.some(({ gate }) => gate) || comparison.measures.some(({ gate }) => gate);
  return [
    ...told('void').map(({ what, baseline, candidate }) =>
      bad(`VOID: the two cannot be compared. ${what} differs: ${baseline} against ${candidate}`),
    ),
    ...(open > 0 ? [bad(`${plural(open, 'gate')} without an answer: this is not a pass of them`)] : []),
    ...(isGated || cells.length === 0
      ? []
      : [bad('No gate: neither an objective nor --gate names a quantile of both sides')]),
    ...(design.pairing === 'one run a side'
      ? [
          bad(
            'One run a side: how much one run differs from the next is not known, and a difference may be that alone',
          ),
        ]
      : []),
    ...(!design.interleaved && (design.pairing === 'paired by seed' || design.pairing === 'two samples')
      ? [
          bad(
            'All runs of one side came before all of the other: a drift of the machine would look like a change',
          ),
        ]
      : []),
    ...(warnings.length > 0
      ? [bad(`Not alike, and it may be the cause of what is seen: ${warnings.join(', ')}`)]
      : []),
    ...(left.length > 0 ? [bad(`${plural(left.length, 'run')} left out: see the runs`)] : []),
    ...(doubted > 0
      ? [
          {
            weight: 'note' as const,
            text: `${plural(doubted, 'run')} with a doubt that ${doubted === 1 ? 'counts' : 'count'} all the same: see the runs`,
          },
        ]
      : []),
  ];
}

const groupTexts: { id: string; title: string; about: string; of: ComparisonMeasure['group'][] }[] = [
  {
    id: 'transients',
    title: 'While upgrade and rollback ran',
    about: 'And 10 s after, against each run’s own baseline; without an endpoint: all together.',
    of: ['upgrade transient', 'rollback transient'],
  },
  { id: 'locks', title: 'Lock waits', about: 'Means of the runs.', of: ['locks'] },
  { id: 'steps', title: 'Step durations', about: 'Means of the runs.', of: ['steps'] },
  {
    id: 'correctness',
    title: 'Correctness',
    about: 'Counted, not averaged: what was in no baseline run and is in the candidate.',
    of: ['correctness'],
  },
  { id: 'errors', title: 'Errors', about: 'Shares of the requests.', of: ['errors'] },
  { id: 'server', title: 'Server', about: 'Shown for its own sake: never a regression.', of: ['server'] },
];

function groupsOf(comparison: Comparison): ComparedGroup[] {
  return groupTexts.flatMap(({ id, title, about, of }): ComparedGroup[] => {
    const rows = comparison.measures.filter(({ group }) => of.includes(group));
    return rows.length === 0
      ? []
      : [
          {
            id,
            title,
            about,
            table: comparedTable(`${title}: all that was compared`, worstFirst(rows), comparison),
          },
        ];
  });
}

function differencesOf({ differences }: Comparison): PageTable | null {
  if (differences.length === 0) return null;
  return {
    caption: 'Not alike, beside what was measured',
    columns: [
      { title: 'what', about: 'What differs between the sides.' },
      {
        title: 'weight',
        about:
          'Void: the two cannot be compared. Warning: it may be the cause of what is seen. Note: it is said.',
      },
      { title: 'baseline', about: 'As the runs of the baseline have it.' },
      { title: 'candidate', about: 'As the runs of the candidate have it.' },
    ],
    rows: differences.map(({ weight, what, baseline, candidate }) => ({
      ...(weight === 'void' && { bad: true }),
      cells: [what, weight, baseline, candidate].map(plain),
    })),
    notes: [],
  };
}

function runsOf({ runs }: Comparison): PageTable {
  return {
    caption: 'Every result that was named',
    columns: [
      { title: 'side', about: 'Baseline or candidate.' },
      { title: 'counts', about: 'Whether it is part of any figure.' },
      { title: 'result', about: 'Its folder.', wide: true },
      { title: 'started', about: 'UTC.' },
      { title: 'seed', about: 'Of its schedule and data: what runs are paired by.', numeric: true },
      { title: 'revision', about: 'The commit it was made of.' },
      { title: 'verdict', about: 'Its own.', wide: true },
      { title: 'to be said', about: 'Why it is left out, or what is to be held against it.', wide: true },
    ],
    rows: runs.map(({ side, leftOut, dir, startedAt, seed, revision, verdict, because, doubts }) => ({
      cells: [
        side,
        leftOut === undefined ? 'yes' : 'LEFT OUT',
        plain(dir),
        plain(startedAt),
        String(seed),
        revision
          ? plain(`${revision.commit.slice(0, 10)}${revision.dirty === true ? ' (dirty)' : ''}`)
          : 'not known',
        plain(`${verdict}: ${because}`),
        plain([...(leftOut === undefined ? [] : [leftOut]), ...doubts].join('; ')),
      ],
    })),
    notes: ['Within each side, what counts stands in the order of the figures of the runs.'],
  };
}
