import { formatCount, formatMs } from '../../../foundation/units.js';
import type { PageSection, PageTableRow } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import { plain, stepName } from '../../plain-text.js';
import { stepRows, type StepRow } from '../../step-rows.js';
import { figure, heading, line, row, section, text } from './section-parts.js';

/** What each step took, and what it did to others. */
export function stepsSection(view: ResultView): PageSection {
  const steps = stepRows(view);
  const parts = { id: 'steps', title: 'Steps' };
  if (steps.length === 0) return section({ ...parts, lines: [line('The scenario has no steps.')] });
  const rows: PageTableRow[] = [];
  for (const side of ['upgrade', 'rollback'] as const) {
    const ofSide = steps.filter(({ record }) => record.side === side);
    if (ofSide.length > 0) rows.push(heading(side), ...ofSide.map(stepRow));
  }
  return section({
    ...parts,
    tables: [
      {
        caption: 'Steps of the upgrade and the rollback',
        columns: [
          text('step', 'In the order in which they run.'),
          text('kind', 'What the step does.'),
          figure('took', 'From its first attempt’s start to its last one’s end.'),
          figure('attempts', 'How often it was tried.'),
          text('outcome', 'How the last attempt ended.'),
          figure(
            'worst wait caused',
            'The longest lock wait of somebody else with this step in front, and how many there were.',
          ),
          figure('own wait', 'The longest lock wait of the step’s own session.'),
        ],
        rows,
        notes: steps.flatMap(({ record, failure }) =>
          failure === undefined
            ? []
            : [plain(`${record.step}: ${record.outcome === 'ok' ? 'a failed attempt: ' : ''}${failure}`)],
        ),
      },
    ],
  });
}

function stepRow({ record, durationMs, causedMs, caused, ownMs }: StepRow): PageTableRow {
  const ran = record.attempts.length > 0;
  const none = ran ? 'none seen' : '';
  return row(
    [
      stepName(record.step),
      record.kind,
      ran ? formatMs(durationMs) : '',
      ran ? String(record.attempts.length) : '',
      record.outcome,
      causedMs === null ? none : `${formatMs(causedMs)} (${formatCount(caused)})`,
      ownMs === null ? none : formatMs(ownMs),
    ],
    { bad: record.outcome === 'failed' || record.outcome === 'interrupted' },
  );
}
