import { formatRatio } from '../foundation/units.js';
import type { ChangePoint, ScenarioTrend, Trend, TrendMeasure, TrendRun } from '../model/trend.js';
import { plain, plural } from './plain-text.js';
import { labelled, type TerminalStyle } from './terminal-style.js';
import { formatValue, runName } from './trend-text.js';

/** Rows of one table or list. */
export const mostRows = 40;
const mostFacts = 4;

interface Change {
  measure: TrendMeasure;
  change: ChangePoint;
}

/** Where the measures changed, night by night; or that none did, of how many. */
export function changeLines(one: ScenarioTrend, method: Trend['method'], style: TerminalStyle): string[] {
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
  return `${plain(runName(run.dir))}, ${at}`;
}
