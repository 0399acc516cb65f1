import { formatBytes, formatCount, formatMs } from '../foundation/units.js';
import type { ResultView } from '../model/result.js';
import type { VerdictReport } from '../model/verdict.js';
import { escapeMarkdown, markdownTable, prose } from './markdown-text.js';
import { sizeRows } from './size-rows.js';
import { stepRows } from './step-rows.js';

/** What each step took and what it did to others; empty where there are none. */
export function stepsTable(view: ResultView): string {
  const rows = stepRows(view).map(({ record, durationMs, causedMs, caused, ownMs }) => {
    const ran = record.attempts.length > 0;
    return [
      escapeMarkdown(record.step),
      record.kind,
      ran ? formatMs(durationMs) : '',
      ran ? String(record.attempts.length) : '',
      record.outcome === 'failed' ? '**failed**' : record.outcome,
      causedMs === null ? (ran ? 'none seen' : '') : `${formatMs(causedMs)} (${formatCount(caused)})`,
      ownMs === null ? (ran ? 'none seen' : '') : formatMs(ownMs),
    ];
  });
  if (rows.length === 0) return '';
  const head = ['step', 'kind', 'took', 'attempts', 'outcome', 'worst wait caused', 'own wait'];
  return `### Steps\n\n${markdownTable(head, rows, [2, 3, 5, 6])}`;
}

const mostTables = 10;

/** Truth 1: a reader must see how far the rehearsed size is from production. */
export function sizesTable(view: ResultView): string {
  const sizes = sizeRows(view);
  if (sizes.length === 0) return '';
  const rows = sizes
    .slice(0, mostTables)
    .map(({ table, rehearsed, production, factor }) => [
      escapeMarkdown(table),
      rehearsed ? formatCount(rehearsed.rows) : 'not there',
      rehearsed ? formatBytes(rehearsed.bytes) : '',
      production?.rows === undefined ? 'not declared' : formatCount(production.rows),
      production?.bytes === undefined ? 'not declared' : formatBytes(production.bytes),
      factor === undefined ? '' : `× ${factor < 10 ? Number(factor.toPrecision(2)) : formatCount(factor)}`,
    ]);
  const head = ['table', 'rows here', 'size here', 'rows in production', 'size in production', 'factor'];
  const left = sizes.length - mostTables;
  const more = left > 0 ? `\n\n… and ${left} more.` : '';
  return `### Production beside rehearsed\n\n${markdownTable(head, rows, [1, 2, 3, 4, 5])}${more}`;
}

/** How every rule came out, folded: a pass is worth what it was judged on. */
export function rulesDetails({ rules }: VerdictReport): string {
  const asked = rules.filter(({ state }) => state !== 'not asked');
  if (asked.length === 0) return '';
  const rows = asked.map(({ rule, state, summary }) => [escapeMarkdown(rule), state, prose(summary)]);
  return `<details><summary>All ${asked.length} rules that were asked</summary>\n\n${markdownTable(['rule', '', 'measured'], rows)}\n\n</details>`;
}
