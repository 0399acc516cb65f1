import type { ScenarioTrend, Trend, TrendRun, TrendValue } from '../model/trend.js';
import { plain, plural } from './plain-text.js';
import { sparkline } from './sparkline.js';
import { changeLines, mostRows } from './terminal-trend-changes.js';
import { labelled, terminalStyle, type TerminalStyle } from './terminal-style.js';
import { table } from './text-table.js';
import { formatValue, runName } from './trend-text.js';

export interface TrendTerminalOptions {
  color: boolean;
  width: number;
}

const mostLeftOut = 5;
/** A measure that is in none of so many is not measured any more. */
const newestRuns = 3;

/** Changes first, those for the worse before those for the better; then every measure in a row. */
export function renderTrend(trend: Trend, options: TrendTerminalOptions): string {
  const style = terminalStyle(options);
  return trend.scenarios.map((one) => scenarioLines(one, trend.method, style).join('\n')).join('\n\n');
}

function scenarioLines(one: ScenarioTrend, method: Trend['method'], style: TerminalStyle): string[] {
  const way = one.way === 'snapshot' ? ' (back by snapshot)' : '';
  const [first, last] = [one.runs[0], one.runs.at(-1)];
  const span = first && last ? `, ${dayOf(first)} to ${dayOf(last)}` : '';
  const unread = one.unread > 0 ? `, ${plural(one.unread, 'older one', 'older ones')} not read` : '';
  return [
    style.bold(`${plain(one.scenario)}${way}: ${plural(one.runs.length, 'run')}${span}${unread}`),
    ...leftOutLines(one, style),
    ...(one.because === undefined ? [] : [`  ${style.yellow('?')} could not tell: ${plain(one.because)}`]),
    ...(one.measures.some(({ state }) => state === 'told')
      ? changeLines(one, method, style)
      : tooFewLines(one, method, style)),
    ...measureLines(one, style),
    ...silentLines(one, style),
  ];
}

function leftOutLines({ leftOut }: ScenarioTrend, style: TerminalStyle): string[] {
  const more = leftOut.length - mostLeftOut;
  return [
    ...leftOut
      .slice(-mostLeftOut)
      .flatMap(({ dir, why }) =>
        labelled(
          { label: 'left out  ', text: `${plain(runName(dir))}: ${plain(why)}`, paint: style.dim },
          '  ',
          style.width,
        ),
      ),
    ...(more > 0 ? [`  ${style.dim('left out')}  and ${more} more before these`] : []),
  ];
}

function tooFewLines(one: ScenarioTrend, { leastRuns, p }: Trend['method'], style: TerminalStyle): string[] {
  const most = one.measures.reduce((n, { values }) => Math.max(n, values.filter(isKnown).length), 0);
  const text =
    one.measures.length === 0
      ? 'no measure: nothing can be told'
      : `too few runs to tell: ${most} of the ${leastRuns} that a change at p = ${p} needs`;
  return [`  ${style.yellow('?')} ${text}`];
}

function measureLines({ measures }: ScenarioTrend, style: TerminalStyle): string[] {
  if (measures.length === 0) return [];
  const rows = [...measures].sort((a, b) => Math.sign(b.changes.length) - Math.sign(a.changes.length));
  const more = rows.length - mostRows;
  const sparkCells = Math.max(10, Math.min(40, style.width - 70));
  return [
    ...table(
      [
        { title: 'measure', least: 24 },
        { title: 'values', align: 'right' },
        { title: 'median', align: 'right' },
        { title: 'newest', align: 'right' },
        { title: 'oldest to newest' },
      ],
      rows.slice(0, mostRows).map(({ measure, unit, values, median, changes, state }) => {
        const known = values.filter(isKnown);
        const newest = known.at(-1);
        const paint = changes.some(({ stands }) => stands) ? style.red : String;
        return [
          { text: plain(measure), style: state === 'too few' ? style.dim : paint },
          String(known.length),
          median === null ? '–' : formatValue(median, unit),
          newest === undefined ? '–' : formatValue(newest, unit),
          { text: sparkline(values, sparkCells), style: paint },
        ];
      }),
      { width: style.width, indent: '  ', dim: style.dim },
    ),
    ...(more > 0 ? [`  ${style.dim(`and ${plural(more, 'measure')} more: --measure GLOB, or --json`)}`] : []),
  ];
}

/** Measures that were known, and are in none of the newest runs: their level is of the past. */
function silentLines({ measures, runs }: ScenarioTrend, style: TerminalStyle): string[] {
  const silent = measures.flatMap(({ measure, values }) => {
    const last = runs[values.findLastIndex(isKnown)];
    return last && !values.slice(-newestRuns).some(isKnown) ? [{ measure, last }] : [];
  });
  const more = silent.length - mostRows;
  return [
    ...silent.slice(0, mostRows).flatMap(({ measure, last }) => {
      const text = `${plain(measure)}: not measured since ${plain(runName(last.dir))}`;
      return labelled({ label: '? ', text, paint: style.yellow }, '  ', style.width);
    }),
    ...(more > 0 ? [`  ${style.dim(`and ${plural(more, 'measure')} more not measured since`)}`] : []),
  ];
}

function isKnown(value: TrendValue | null): value is TrendValue {
  return value !== null;
}

function dayOf({ startedAt }: TrendRun): string {
  return plain(startedAt.slice(0, 10));
}
