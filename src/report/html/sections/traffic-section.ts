import { formatCount, formatMs } from '../../../foundation/units.js';
import { endpointSummaries } from '../../../histogram/endpoint-summaries.js';
import type { PageSection, PageTableRow } from '../../../model/page-data.js';
import type { EndpointSummary, ResultView } from '../../../model/result.js';
import { latencyNotes, latencyRow } from '../../latency-rows.js';
import { plain } from '../../plain-text.js';
import { figure, heading, line, row, section, text } from './section-parts.js';

/** Phases × endpoints, with what went wrong by reason. */
export function trafficSection(view: ResultView): PageSection {
  const summaries = endpointSummaries(view);
  const parts = {
    id: 'traffic',
    title: 'Response time by phase',
    about: 'From the intended start of each request to its end, dropped requests as ∞.',
  };
  if (summaries.length === 0) return section({ ...parts, lines: [line('No request was made.', 'unknown')] });
  const rows: PageTableRow[] = [];
  const notes: string[] = [];
  for (const span of view.phases) {
    const ofPhase = summaries.filter(({ phase }) => phase === span.phase);
    if (ofPhase.length === 0) continue;
    rows.push(heading(`${span.phase}, ${formatMs((span.toUs - span.fromUs) / 1000)}`));
    for (const summary of ofPhase) {
      const { bad, ...cells } = latencyRow(summary, span);
      rows.push(row(Object.values(cells), { bad }));
      for (const note of latencyNotes(summary))
        notes.push(plain(`${summary.endpoint}, ${span.phase}: ${note}`));
    }
  }
  notes.push('–: too few requests to name it (p50 needs 2, p99 100, p99.9 1 000)');
  return section({
    ...parts,
    tables: [
      {
        caption: 'Response time by phase and endpoint',
        columns: [
          text('endpoint', 'The named kind of request.'),
          figure('rate', 'Requests meant to start a second, whatever became of them.'),
          figure('p50', 'Half of the requests took no longer than this.'),
          figure('p99', '99 of 100 requests took no longer than this.'),
          figure('p99.9', '999 of 1 000 requests took no longer than this.'),
          figure('max', 'The slowest request; ∞ where any was dropped.'),
          figure('errors', 'Answered wrongly, not at all, or not in time.'),
          figure('dropped', 'Never sent, since too many were under way: they count as ∞.'),
        ],
        rows,
        notes,
      },
    ],
  });
}

/** Attempts beyond the first: of clients, by endpoint and phase, and of steps. */
export function retriesSection(view: ResultView): PageSection {
  const clients = endpointSummaries(view).filter(({ retries }) => retries > 0);
  const steps = view.steps.filter(({ attempts }) => attempts.length > 1);
  return section({
    id: 'retries',
    title: 'Retries',
    about: 'Attempts beyond the first, of the traffic’s clients and of the steps.',
    lines: [
      ...(clients.length === 0 ? [line('No client tried a request again.')] : []),
      ...(steps.length === 0 ? [line('No step was tried again.')] : []),
    ],
    tables: [
      ...(clients.length > 0 ? [clientTable(clients)] : []),
      ...(steps.length > 0
        ? [
            {
              caption: 'Steps that were tried more than once',
              columns: [
                text('step', 'Of the upgrade or the rollback.'),
                figure('attempt', 'Its number.'),
                figure('took', 'From its start to its end.'),
                text('came to', 'How it ended; the code is Postgres’s SQLSTATE where it is one.'),
              ],
              rows: steps.flatMap(({ step, attempts }) =>
                attempts.map(({ attempt, fromUs, toUs, ok, code, message }) =>
                  row(
                    [
                      step,
                      String(attempt),
                      formatMs((toUs - fromUs) / 1000),
                      ok ? 'done' : `${code ?? ''} ${message ?? 'no end of it is recorded'}`.trim(),
                    ],
                    { bad: !ok },
                  ),
                ),
              ),
              notes: [],
            },
          ]
        : []),
    ],
  });
}

function clientTable(clients: readonly EndpointSummary[]) {
  return {
    caption: 'Requests that clients tried again',
    columns: [
      text('endpoint', 'The named kind of request.'),
      text('phase', 'That the request was meant to start in.'),
      figure('retries', 'Attempts beyond the first; a request counts once, with its last outcome.'),
    ],
    rows: clients.map(({ endpoint, phase, retries }) => row([endpoint, phase, formatCount(retries)])),
    notes: [],
  };
}
