import { isAudited } from '../../../model/ledger.js';
import type { PageSection, PageTable } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import { auditRows, invariantTexts, ledgerNotes, lossTexts, type AuditRow } from '../../ledger-rows.js';
import { plain } from '../../plain-text.js';
import { figure, line, row, section, text } from './section-parts.js';

const mostExamples = 10;

/** Acknowledged writes and what became of them. */
export function ledgerSection(view: ResultView): PageSection {
  const parts = {
    id: 'ledger',
    title: 'Ledger',
    about: 'Every write that the system acknowledged, looked for again with the load paused.',
  };
  if (!isAudited(view.plan.scenario)) {
    return section({
      ...parts,
      lines: [
        line('Not recorded: the scenario declares no ledger. Nothing is known of lost writes.', 'unknown'),
      ],
    });
  }
  const rows = auditRows(view);
  const invariants = invariantTexts(view);
  if (rows.length === 0 && invariants.length === 0) {
    return section({
      ...parts,
      lines: [line('No audit was made: nothing is known of lost writes.', 'unknown')],
    });
  }
  const marks = { held: 'good', broken: 'bad', unread: 'unknown' } as const;
  const losses = lossTexts(view, mostExamples);
  return section({
    ...parts,
    lines: [
      ...losses.map(({ head, discarded }) => line(head, discarded ? undefined : 'bad')),
      ...(losses.length === 0 && rows.length > 0
        ? [line('No audit found a loss among what it looked at.', 'good')]
        : []),
      ...ledgerNotes(view).map((note) => line(note)),
      ...invariants.map((invariant) => line(invariant.text, marks[invariant.state])),
    ],
    tables: [
      ...(rows.length > 0 ? [auditTable(rows)] : []),
      ...(losses.length > 0
        ? [
            {
              caption: 'Examples of what was lost or changed',
              columns: [
                text('kind', 'What is wrong with it.'),
                text('example', 'The key, what was expected, what was found, and the write it belongs to.'),
              ],
              rows: losses.flatMap(({ head, examples, discarded }) =>
                examples.map((example) => row([head.split(':')[0] ?? head, example], { bad: !discarded })),
              ),
              notes: [],
            },
          ]
        : []),
    ],
  });
}

function auditTable(rows: readonly AuditRow[]): PageTable {
  const paces = [...new Set(rows.map(({ pace }) => pace))].filter((pace) => pace !== '');
  return {
    caption: 'Audits of acknowledged writes',
    columns: [
      text('after', 'The phases before the audit.'),
      text('entity', 'What was written, as the scenario names it.'),
      figure('keys', 'Different keys that were written.'),
      figure('acknowledged', 'Writes that the system said it had made.'),
      figure('rejected', 'Writes that it refused.'),
      figure('maybe', 'Writes without an answer: they may have happened.'),
      figure('had', 'Of those, the ones that are known to have happened.'),
      figure('lost', 'Gone, or back at what was before, as this audit found it.'),
      figure('changed', 'There, and not as any order of the writes explains.'),
      figure('discarded', 'Given up on purpose: rollback.discards names it.'),
    ],
    rows: rows.map((one) =>
      row(
        [
          one.after.split('+').at(-1) ?? '',
          one.entity,
          one.keys,
          one.acknowledged,
          one.rejected,
          one.indeterminate,
          one.landed,
          one.lost,
          one.changed,
          one.discarded,
        ],
        { bad: one.bad },
      ),
    ),
    notes: paces.length > 0 ? [plain(`Audited at ${paces.join('; at ')}.`)] : [],
  };
}
