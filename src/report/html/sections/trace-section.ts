import { formatMs } from '../../../foundation/units.js';
import type { PageSection, PageTableRow } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import { oneLine, plain, stepName } from '../../plain-text.js';
import { traceRows } from '../../trace-rows.js';
import { code, figure, heading, line, row, section, text } from './section-parts.js';

/** The id of a traced statement's row: made of numbers where a name could not be one. */
export function statementAnchor({ step, index }: { step: string; index: number }): string {
  return `statement-${[...step].map((character) => character.codePointAt(0)?.toString(36)).join('')}-${index}`;
}

/** What each statement locks, rewrites and scans, as traced on the traffic-free clone. */
export function traceSection({ trace, plan }: ResultView): PageSection {
  const parts = {
    id: 'trace',
    title: 'Statement trace',
    about:
      'What each statement locks, rewrites and scans: traced on a clone without traffic, so that looking never lengthens a lock that is measured.',
  };
  const reason = trace.reason === undefined ? '' : `: ${plain(trace.reason)}`;
  if (trace.state === 'off') {
    const asked = [...plan.upgrade, ...plan.rollback].some(({ kind }) => kind === 'sql');
    const why = asked ? `Not traced${reason}.` : 'No step runs SQL that dten could trace.';
    return section({ ...parts, lines: [line(why, asked ? 'unknown' : undefined)] });
  }
  const rows: PageTableRow[] = [];
  let step: string | undefined;
  for (const [at, traced] of traceRows(trace.statements).entries()) {
    if (traced.step !== step) rows.push(heading(stepName(traced.step)));
    step = traced.step;
    const { index = at } = trace.statements[at] ?? {};
    rows.push(
      row(
        [
          String(traced.line),
          oneLine(traced.statement),
          traced.lock,
          traced.failed === undefined ? traced.work : `failed: ${traced.failed}`,
          `${formatMs(traced.heldMs)}${traced.polled ? '*' : ''}`,
        ],
        { id: statementAnchor({ step: traced.step, index }), bad: traced.failed !== undefined },
      ),
    );
  }
  const polled = trace.statements.some((one) => one.polled);
  return section({
    ...parts,
    lines: [
      ...(trace.state === 'failed' ? [line(`The trace failed${reason}.`, 'unknown')] : []),
      ...(rows.length === 0 ? [line('No statement was traced.', 'unknown')] : []),
    ],
    tables:
      rows.length === 0
        ? []
        : [
            {
              caption: 'Statements as traced',
              columns: [
                figure('line', 'Of the statement’s first character in its file.'),
                code('statement', 'As the step sends it.'),
                text('strongest lock', 'Newly taken by the statement, on what was there before.'),
                text('rewrite or scan', 'Work in proportion to the table’s size.'),
                figure('held', 'From the statement’s start to the end of its transaction, on the clone.'),
              ],
              rows,
              notes: polled
                ? ['* polled while it ran (it refuses a transaction): brief locks may be missing']
                : [],
            },
          ],
  });
}
