import { formatMs } from '../foundation/units.js';
import { endpointSummaries } from '../histogram/endpoint-summaries.js';
import type { ResultView } from '../model/result.js';
import { latencyNotes, latencyRow } from './latency-rows.js';
import { plain, plainLines, stepName } from './plain-text.js';
import { stepRows, type StepRow } from './step-rows.js';
import type { TerminalStyle } from './terminal-style.js';
import { table, type Cell } from './text-table.js';
import { wrap } from './text-width.js';

/** Phases × endpoints. */
export function latencyLines(view: ResultView, style: TerminalStyle): string[] {
  const summaries = endpointSummaries(view);
  const title = `${style.bold('Response time')} ${style.dim('from the intended start, dropped requests as ∞')}`;
  if (summaries.length === 0) return [title, '  No request was made.'];
  const rows: (Cell[] | string)[] = [];
  const notes: string[] = [];
  let thin = false;
  for (const span of view.phases) {
    const ofPhase = summaries.filter(({ phase }) => phase === span.phase);
    if (ofPhase.length === 0) continue;
    rows.push(`${style.cyan(span.phase)} ${style.dim(formatMs((span.toUs - span.fromUs) / 1000))}`);
    for (const summary of ofPhase) {
      const row = latencyRow(summary, span);
      const paint = row.bad ? style.yellow : String;
      thin ||= [row.p50, row.p99, row.p999].includes('–');
      rows.push([
        `  ${row.endpoint}`,
        row.rate,
        row.p50,
        row.p99,
        row.p999,
        row.max,
        { text: row.errors, style: paint },
        { text: row.dropped, style: paint },
      ]);
      for (const note of latencyNotes(summary)) notes.push(`${row.endpoint}, ${span.phase}: ${note}`);
    }
  }
  if (thin) notes.push('–: too few requests to name it (p50 needs 2, p99 100, p99.9 1 000)');
  const columns = [
    { title: '  endpoint', least: 10 },
    ...['rate', 'p50', 'p99', 'p99.9', 'max', 'errors', 'dropped'].map((name) => right(name)),
  ];
  return [
    title,
    ...table(columns, rows, { width: style.width, indent: '  ', dim: style.dim }),
    ...notes.flatMap((note) => indented(note, '  ', style).map(style.dim)),
  ];
}

const outcomeText = { ok: 'ok', failed: 'FAILED', skipped: 'skipped', interrupted: 'interrupted' } as const;

export function stepLines(view: ResultView, style: TerminalStyle): string[] {
  const rows = stepRows(view);
  if (rows.length === 0) return [];
  const body: (Cell[] | string)[] = [];
  for (const side of ['upgrade', 'rollback'] as const) {
    const ofSide = rows.filter(({ record }) => record.side === side);
    if (ofSide.length > 0) body.push(style.cyan(side));
    for (const row of ofSide) body.push(stepCells(row, style));
  }
  const failures = rows.flatMap(({ record, failure }) =>
    failure === undefined
      ? []
      : [`${record.step}: ${record.outcome === 'ok' ? 'a failed attempt: ' : ''}${failure}`],
  );
  const columns = [
    { title: '  step', least: 10 },
    { title: 'kind' },
    right('took'),
    right('attempts'),
    { title: 'outcome' },
    right('worst wait caused'),
    right('own wait'),
  ];
  return [
    style.bold('Steps'),
    ...table(columns, body, { width: style.width, indent: '  ', dim: style.dim }),
    ...failures.flatMap((text) =>
      plainLines(text).flatMap((line, at) => indented(line, at === 0 ? '  ' : '    ', style).map(style.dim)),
    ),
  ];
}

function stepCells({ record, durationMs, causedMs, caused, ownMs }: StepRow, style: TerminalStyle): Cell[] {
  const ran = record.attempts.length > 0;
  const paint = { ok: style.green, failed: style.red, skipped: style.dim, interrupted: style.yellow }[
    record.outcome
  ];
  return [
    `  ${plain(stepName(record.step))}`,
    record.kind,
    ran ? formatMs(durationMs) : '',
    ran ? String(record.attempts.length) : '',
    { text: outcomeText[record.outcome], style: paint },
    causedMs === null ? (ran ? 'none seen' : '') : `${formatMs(causedMs)} (${caused})`,
    ownMs === null ? (ran ? 'none seen' : '') : formatMs(ownMs),
  ];
}

function right(title: string) {
  return { title, align: 'right' as const };
}

export function indented(text: string, indent: string, { width }: TerminalStyle): string[] {
  return wrap(text, width - indent.length).map((line) => `${indent}${line}`);
}
