import type { PageSection } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import type { VerdictReport } from '../../../model/verdict.js';
import { cleanupText, residueHeadline, residueRows } from '../../residue-rows.js';
import { rollbackFacts } from '../../rollback-facts.js';
import { code, line, row, section, text } from './section-parts.js';

/** What the way back took and cost. */
export function rollbackSection({ rollback }: VerdictReport): PageSection {
  const parts = { id: 'rollback', title: 'Rollback' };
  if (!rollback) {
    return section({
      ...parts,
      lines: [line('Not recorded: there is no rollback in this result.', 'unknown')],
    });
  }
  return section({
    ...parts,
    tables: [
      {
        caption: 'What the way back took and cost',
        columns: [text('', 'What is told.'), text('measured', 'Unknown where it was not measured.')],
        rows: rollbackFacts(rollback).map((fact) => row([fact.label, fact.text])),
        notes: [],
      },
    ],
  });
}

/** What is there after the rollback and was not before the upgrade. */
export function residueSection({ residue }: ResultView): PageSection {
  const parts = {
    id: 'residue',
    title: 'Left behind',
    about: 'What is there after the rollback and was not before the upgrade.',
  };
  if (!residue) {
    return section({
      ...parts,
      lines: [line('Not recorded: no probe was read. What was left behind is not known.', 'unknown')],
    });
  }
  const rows = residueRows(residue);
  const doubtful = residue.probes.some(({ state }) => state === 'unknown' || state === 'unstable');
  const mark = rows.length > 0 ? 'bad' : doubtful ? 'unknown' : 'good';
  return section({
    ...parts,
    lines: [line(residueHeadline(residue), mark), ...cleanupText(residue).map((one) => line(one))],
    tables:
      rows.length === 0
        ? []
        : [
            {
              caption: 'What was left behind',
              columns: [
                text('path', 'The probe and the item: what a waiver names.'),
                text('change', 'Against before the upgrade.'),
                text('by', 'Whose doing it is, where that can be told.'),
                text('what', 'Before → after.'),
                code('clean with', 'The command that removes it.'),
              ],
              rows: rows.map(({ path, change, origin, what, command = '' }) =>
                row([path, change, origin, what, command], { bad: origin === 'the upgrade' }),
              ),
              notes: [],
            },
          ],
  });
}
