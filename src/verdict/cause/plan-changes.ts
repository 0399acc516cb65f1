import { formatCount, formatMs } from '../../foundation/units.js';
import type { ServerSample, StatementCounts } from '../../model/observation.js';
import type { JudgedView } from '../judged-view.js';
import { quoted } from '../wording.js';
import { carries } from './carries.js';
import { overlapUs, type Span } from './spans.js';
import { statementShape } from './statement-shape.js';
import type { Suspect } from './suspect.js';

/**
 * A call by another plan takes this many times as long, and reads this many times as many blocks. A busy machine
 * makes statements slow, but makes none of them read more.
 */
const factor = 3;
/** Below this a call may be slower by chance, ms. */
const leastRiseMs = 0.2;
/** Fewer calls in the baseline say nothing of what is usual. */
const leastCalls = 20;

type Counts = Omit<StatementCounts, 'id' | 'text'>;
type Interval = Counts & Span;

interface Statement {
  text: string;
  intervals: Interval[];
}

/**
 * Statements of the traffic that take far longer a call than in the baseline because they read far more for the same
 * rows: what a lost index, a changed type or stale statistics do. Each is charged with the time that its calls took
 * beyond the usual, less what it was seen waiting for rows.
 */
export function planSuspects(view: JudgedView, endpoint: number, window: Span): Suspect[] {
  const baseline = view.phase('baseline');
  if (!baseline) return [];
  return [...statementsOf(view.result.server)].flatMap(([shape, { text, intervals }]): Suspect[] => {
    if (!isRunBy(view, endpoint, shape)) return [];
    const usual = sum(
      intervals.filter(({ fromUs, toUs }) => fromUs >= baseline.fromUs && toUs <= baseline.toUs),
    );
    if (usual.calls < leastCalls) return [];
    const changed = intervals.filter(
      (interval) =>
        interval.fromUs < window.toUs && interval.toUs > window.fromUs && hasAnotherPlan(interval, usual),
    );
    if (changed.length === 0) return [];
    // The first of them may hold calls by the plan of before as well.
    const now = sum(changed.length > 1 ? changed.slice(1) : changed);
    // A call is counted when it ends.
    const spans = changed.map(({ fromUs, toUs, ms, calls }) => ({
      fromUs: fromUs - (ms / calls) * 1000,
      toUs,
    }));
    const extraMs = changed.reduce(
      (ms, one) => ms + (one.ms - one.calls * a(usual, 'ms')) * shareIn(window, one),
      0,
    );
    const budgetMs = extraMs - rowWaitsMs(view, endpoint, shape, spans);
    if (budgetMs <= 0) return [];
    return [{ kind: 'plan', text: describe(text, now, usual), spans, budgetMs }];
  });
}

function hasAnotherPlan(now: Counts, usual: Counts): boolean {
  const slower = a(now, 'ms') >= a(usual, 'ms') * factor && a(now, 'ms') - a(usual, 'ms') >= leastRiseMs;
  const readsMore = a(now, 'blocks') / Math.max(1, a(usual, 'blocks'));
  const returnsMore = a(now, 'rows') / Math.max(1, a(usual, 'rows'));
  return slower && readsMore >= factor && returnsMore * 2 <= readsMore;
}

/** How much of an interval lies in the window, 0..1: its calls are taken to be spread evenly over it. */
function shareIn(window: Span, interval: Span): number {
  return overlapUs(interval, [window]) / (interval.toUs - interval.fromUs);
}

/** A call's share. */
function a(counts: Counts, what: 'ms' | 'blocks' | 'rows'): number {
  return counts[what] / counts.calls;
}

function sum(counts: readonly Counts[]): Counts {
  const total = { calls: 0, ms: 0, blocks: 0, rows: 0 };
  for (const { calls, ms, blocks, rows } of counts) {
    total.calls += calls;
    total.ms += ms;
    total.blocks += blocks;
    total.rows += rows;
  }
  return total;
}

function describe(text: string, now: Counts, usual: Counts): string {
  const blocks = (counts: Counts) => formatCount(Math.round(a(counts, 'blocks')));
  return `${quoted(text)}, whose plan has changed: ${formatMs(a(now, 'ms'))} and ${blocks(now)} blocks a call, ${formatMs(a(usual, 'ms'))} and ${blocks(usual)} in the baseline`;
}

/** By shape: a type or a table that was replaced gives the same text another id. */
function statementsOf(samples: readonly ServerSample[]): Map<string, Statement> {
  const shapes = new Map<string, { shape: string; text: string }>();
  const statements = new Map<string, Statement>();
  let fromUs: number | undefined;
  for (const { atUs, statements: counts } of samples.toSorted((one, other) => one.atUs - other.atUs)) {
    if (!counts) continue;
    for (const { id, text, ...rest } of counts) {
      if (text !== undefined) shapes.set(id, { shape: statementShape(text), text });
      const known = shapes.get(id);
      if (!known || fromUs === undefined) continue;
      const statement = statements.get(known.shape) ?? { text: known.text, intervals: [] };
      statement.intervals.push({ fromUs, toUs: atUs, ...rest });
      statements.set(known.shape, statement);
    }
    fromUs = atUs;
  }
  return statements;
}

/** The endpoint's own SQL; of a service, whatever neither an SQL endpoint nor a background job runs. */
function isRunBy(view: JudgedView, endpoint: number, shape: string): boolean {
  const { traffic, background } = view.result.plan.scenario;
  const sqlOf = (spec: (typeof traffic.endpoints)[string]) =>
    [spec, ...spec.variants].flatMap(({ sql }) => (sql ? [statementShape(sql.text)] : []));
  const own = traffic.endpoints[view.result.endpoints[endpoint] ?? ''];
  if (!own) return false;
  if (own.sql) return sqlOf(own).includes(shape);
  const others = [
    ...Object.values(traffic.endpoints).flatMap(sqlOf),
    ...Object.values(background).flatMap(({ sql }) => (sql ?? '').split(';').map(statementShape)),
  ];
  return !others.includes(shape);
}

/** What its sessions waited for rows meanwhile: executing, but for others. */
function rowWaitsMs(view: JudgedView, endpoint: number, shape: string, spans: readonly Span[]): number {
  return view.result.lockWaits
    .filter(
      ({ lockType, waiter }) =>
        (lockType === 'transactionid' || lockType === 'tuple') &&
        carries(view, endpoint, waiter.actor) &&
        (waiter.query === undefined || statementShape(waiter.query) === shape),
    )
    .reduce((ms, wait) => ms + overlapUs(wait, spans) / 1000, 0);
}
