import { formatCount, formatMs, formatRatio } from '../foundation/units.js';
import type {
  ChangePoint,
  MeasureUnit,
  ScenarioTrend,
  Trend,
  TrendMeasure,
  TrendRun,
  TrendValue,
} from '../model/trend.js';
import { plain, plural } from './plain-text.js';
import { sparkline } from './sparkline.js';
import { table } from './text-table.js';
import { labelled, terminalStyle, type TerminalStyle } from './terminal-style.js';

export interface TrendTerminalOptions {
  color: boolean;
  width: number;
}

const mostRows = 40;
const mostLeftOut = 5;
const mostFacts = 4;

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
    ...(one.state === 'too few' ? tooFewLines(one, method, style) : changeLines(one, method, style)),
    ...measureLines(one, style),
  ];
}

function leftOutLines({ leftOut }: ScenarioTrend, style: TerminalStyle): string[] {
  const more = leftOut.length - mostLeftOut;
  return [
    ...leftOut
      .slice(-mostLeftOut)
      .flatMap(({ dir, why }) =>
        labelled(
          { label: 'left out  ', text: `${plain(nameOf(dir))}: ${plain(why)}`, paint: style.dim },
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

interface Change {
  measure: TrendMeasure;
  change: ChangePoint;
}

function changeLines(one: ScenarioTrend, method: Trend['method'], style: TerminalStyle): string[] {
  const changes = one.measures.flatMap((measure) =>
    measure.changes.map((change): Change => ({ measure, change })),
  );
  const told = one.measures.filter(({ state }) => state === 'told').length;
  const untold = one.measures.length - told;
  const among = `of ${plural(told, 'measure')}${untold > 0 ? `, ${untold} more with too few values` : ''}`;
  const test = `p ≤ ${method.p}, ≥ ${formatRatio(method.leastMagnitude)}`;
  if (changes.length === 0) return [`  ${style.green('✓')} no change ${among} (${test})`];
  return [
    `  ${plural(changes.length, 'change')} ${among} (${test})`,
    ...nights(changes).flatMap((together) => nightLines(one, together, style)),
  ];
}

/** What changed between the same two runs stands together; nights with a change that stands first, newest first. */
function nights(changes: readonly Change[]): Change[][] {
  const byRuns = new Map<string, Change[]>();
  for (const one of changes) {
    const key = `${one.change.before} ${one.change.at}`;
    byRuns.set(key, [...(byRuns.get(key) ?? []), one]);
  }
  const worst = (together: readonly Change[]) => Math.min(...together.map(({ change }) => rankOf(change)));
  const latest = (together: readonly Change[]) => together[0]?.change.at ?? 0;
  return [...byRuns.values()]
    .map((together) => together.toSorted((a, b) => rankOf(a.change) - rankOf(b.change)))
    .sort((a, b) => worst(a) - worst(b) || latest(b) - latest(a));
}

/** Those that stand, those that are mended, those for the better. */
function rankOf({ direction, stands }: ChangePoint): number {
  return stands ? 0 : direction === 'worse' ? 1 : 2;
}

function nightLines({ runs }: ScenarioTrend, together: readonly Change[], style: TerminalStyle): string[] {
  const { before = 0, at = 0, alsoChanged = [] } = together[0]?.change ?? {};
  const facts = alsoChanged.slice(0, mostFacts).map(plain);
  const more = alsoChanged.length - facts.length;
  const details = [
    { label: 'before  ', text: sideText(runs[before]) },
    { label: 'after   ', text: sideText(runs[at]) },
    ...(facts.length > 0
      ? [{ label: 'also    ', text: [...facts, ...(more > 0 ? [`${more} more`] : [])].join('; ') }]
      : []),
  ];
  return [
    ...details.flatMap((detail) => labelled({ ...detail, paint: style.dim }, '  ', style.width)),
    ...together.slice(0, mostRows).flatMap((one) => oneChange(one, style)),
    ...(together.length > mostRows ? [`    and ${together.length - mostRows} more`] : []),
  ];
}

function oneChange({ measure: { measure, unit }, change }: Change, style: TerminalStyle): string[] {
  const { direction, stands, medianBefore, medianAfter, magnitude, p } = change;
  const paint = stands ? style.red : direction === 'worse' ? style.yellow : style.green;
  const sign = direction === 'worse' ? '+' : '−';
  const by = magnitude === null ? '' : ` (${sign}${formatRatio(magnitude)})`;
  const mended = direction === 'worse' && !stands ? ', mended since' : '';
  const levels = `${formatValue(medianBefore, unit)} → ${formatValue(medianAfter, unit)}${by}`;
  const runs = `${change.runsBefore} and ${change.runsAfter} runs`;
  const text = `${direction}${mended}: ${plain(measure)}  ${levels}, p ${Number(p.toPrecision(2))}, ${runs}`;
  return labelled({ label: `${direction === 'worse' ? '✗' : '✓'} `, text, paint }, '    ', style.width);
}

function sideText(run: TrendRun | undefined): string {
  if (!run) return 'unknown';
  const { revision } = run;
  const dirty = revision?.dirty === true ? ', changed files' : '';
  const at = revision ? `revision ${plain(revision.commit).slice(0, 12)}${dirty}` : 'revision unknown';
  return `${plain(nameOf(run.dir))}, ${at}`;
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

function isKnown(value: TrendValue | null): value is TrendValue {
  return value !== null;
}

function formatValue(value: TrendValue, unit: MeasureUnit): string {
  if (value === 'inf') return '∞';
  switch (unit) {
    case 'ms':
      return formatMs(value);
    case 's':
      return formatMs(value * 1000);
    case 'ratio':
      return formatRatio(value);
    case 'count':
      return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(3)));
  }
}

function nameOf(dir: string): string {
  return dir.split('/').at(-1) ?? dir;
}

function dayOf({ startedAt }: TrendRun): string {
  return plain(startedAt.slice(0, 10));
}
