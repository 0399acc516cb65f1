import { formatBytes, formatCount, formatMs } from '../foundation/units.js';
import type { ResultView } from '../model/result.js';
import { coverageText, lockHeadline } from './lock-coverage-text.js';
import { lockGroups, type LockGroup } from './lock-groups.js';
import { oneLine, plain, plural } from './plain-text.js';
import { sizeRows } from './size-rows.js';
import { indented } from './terminal-traffic.js';
import type { TerminalStyle } from './terminal-style.js';
import { table, type Cell } from './text-table.js';
import { cut } from './text-width.js';
import { traceRows } from './trace-rows.js';

const mostGroups = 8;

/** Lock waits by lock and root blocker; never without what could and could not be seen. */
export function lockLines(view: ResultView, style: TerminalStyle): string[] {
  if (view.plan.scenario.environment.database === undefined && view.lockWaits.length === 0) {
    return [style.bold('Lock waits'), '  Not watched: the scenario names no database.'];
  }
  const groups = lockGroups(view);
  const shown = groups.slice(0, mostGroups);
  const left = groups.slice(mostGroups).reduce((sum, { waits }) => sum + waits, 0);
  return [
    style.bold('Lock waits'),
    ...indented(lockHeadline(view), '  ', style),
    ...indented(coverageText(view), '  ', style).map(style.dim),
    ...shown.flatMap((group) => groupLines(group, style)),
    ...(left > 0
      ? [
          style.dim(
            `  … and ${plural(left, 'more wait')} of ${plural(groups.length - mostGroups, 'other kind')}`,
          ),
        ]
      : []),
  ];
}

function groupLines(group: LockGroup, style: TerminalStyle): string[] {
  const head =
    `${formatCount(group.waits)} × ${group.lock}: longest ${formatMs(group.longestMs)}, ` +
    `blocked ${formatMs(group.blockedMs)} in all, waited: ${group.waiters.join(', ')}`;
  const party = (label: string, { who, query }: { who: string; query?: string }) => {
    const text = `      ${label} ${who}${query === undefined ? '' : `: ${query}`}`;
    return style.dim(cut(text, style.width));
  };
  return [
    ...indented(head, '    ', style).map((line, at) =>
      at === 0 && group.whose === 'behind a step' ? style.yellow(line) : line,
    ),
    ...(group.via ? [party('behind', group.via)] : []),
    group.root
      ? party(group.via ? 'which waited for' : 'behind', group.root)
      : style.dim('      behind a session that was not seen'),
  ];
}

/** What each statement locks, rewrites and scans, as traced on the traffic-free clone. */
export function traceLines({ trace, plan }: ResultView, style: TerminalStyle): string[] {
  const title = `${style.bold('Statements')} ${style.dim('traced on a clone without traffic')}`;
  const reason = trace.reason === undefined ? '' : `: ${plain(trace.reason)}`;
  if (trace.state === 'off') {
    const asked = [...plan.upgrade, ...plan.rollback].some(({ kind }) => kind === 'sql');
    return asked ? [title, ...indented(`not traced${reason}`, '  ', style)] : [];
  }
  const rows = traceRows(trace.statements);
  const body: (Cell[] | string)[] = [];
  let step: string | undefined;
  for (const row of rows) {
    if (row.step !== step) body.push(style.cyan(plain(row.step)));
    step = row.step;
    const heavy = /^(Access)?Exclusive|^ShareLock|^ShareRow/.test(row.lock) ? style.yellow : String;
    body.push([
      `  ${row.line}`,
      oneLine(row.statement),
      { text: row.lock, style: heavy },
      row.failed === undefined ? row.work : { text: `failed: ${row.failed}`, style: style.red },
      `${formatMs(row.heldMs)}${row.polled ? '*' : ''}`,
    ]);
  }
  const columns = [
    { title: '  line' },
    { title: 'statement', least: 18 },
    { title: 'strongest lock', least: 20 },
    { title: 'rewrite or scan', least: 15 },
    { title: 'held', align: 'right' as const },
  ];
  return [
    title,
    ...(trace.state === 'failed' ? indented(`the trace failed${reason}`, '  ', style).map(style.yellow) : []),
    ...(body.length > 0 ? table(columns, body, { width: style.width, indent: '  ', dim: style.dim }) : []),
    ...(rows.some(({ polled }) => polled)
      ? indented(
          '* polled while it ran (it refuses a transaction): brief locks may be missing',
          '  ',
          style,
        ).map(style.dim)
      : []),
  ];
}

const mostTables = 10;

/** Production beside rehearsed. */
export function sizeLines(view: ResultView, style: TerminalStyle): string[] {
  const rows = sizeRows(view);
  if (rows.length === 0) return [];
  const none = view.plan.scenario.production === undefined;
  const body = rows
    .slice(0, mostTables)
    .map(({ table: name, rehearsed, production, factor }): Cell[] => [
      plain(name),
      rehearsed ? formatCount(rehearsed.rows) : 'not there',
      rehearsed ? formatBytes(rehearsed.bytes) : '',
      production?.rows === undefined ? 'not declared' : formatCount(production.rows),
      production?.bytes === undefined ? (production ? 'not declared' : '') : formatBytes(production.bytes),
      factor === undefined ? '' : `× ${factor < 10 ? Number(factor.toPrecision(2)) : formatCount(factor)}`,
    ]);
  const columns = [
    { title: 'table', least: 10 },
    { title: 'rows here', align: 'right' as const },
    { title: 'size here', align: 'right' as const },
    { title: 'rows in production', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'factor', align: 'right' as const },
  ];
  return [
    style.bold('Production beside rehearsed'),
    ...table(columns, body, { width: style.width, indent: '  ', dim: style.dim }),
    ...(rows.length > mostTables ? [style.dim(`  … and ${rows.length - mostTables} more tables`)] : []),
    ...(none
      ? indented('The scenario declares no production sizes: nothing is extrapolated.', '  ', style).map(
          style.dim,
        )
      : []),
  ];
}
