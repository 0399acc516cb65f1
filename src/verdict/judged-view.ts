import type { PlannedStep } from '../model/plan.js';
import type { PhaseSpan, ResultView } from '../model/result.js';
import type { Phase } from '../model/scenario.js';
import { blockedTraffic, type BlockedWait } from './blocked-traffic.js';
import { latencyLimits, type LatencyLimit } from '../model/latency-limits.js';
import { cellsOf, usPerSecond, type Cell } from './seconds.js';
import { statementRuns, type StatementRun } from './statement-runs.js';
import { findTrafficTables, type TrafficTables } from './traffic-tables.js';

/** The phases whose traffic is judged against the objectives: one stretch, from the upgrade's start on. */
export const judgedPhases: readonly Phase[] = ['upgrade', 'soak', 'rollback', 'recovery'];

/** Whether some of these phases are judged: an audit after none of them saw what was so before the upgrade. */
export function anyJudged(some: readonly Phase[]): boolean {
  return some.some((phase) => judgedPhases.includes(phase));
}

/** A result with what several rules derive from it, each derived once. */
export interface JudgedView {
  readonly result: ResultView;
  /** By endpoint index. */
  readonly cells: readonly (readonly Cell[])[];
  readonly limits: readonly LatencyLimit[];
  readonly blocked: readonly BlockedWait[];
  readonly runs: readonly StatementRun[];
  readonly trafficTables: TrafficTables;
  /** Start of the upgrade phase; undefined when it never began. */
  readonly upgradeFromUs: number | undefined;
  /** When the last request was offered: the end of the last phase. */
  readonly trafficEndUs: number;
  phase(phase: Phase): PhaseSpan | undefined;
  /** The plan's step of an id. */
  step(id: string): PlannedStep | undefined;
}

export function judgedViewOf(result: ResultView): JudgedView {
  const steps = new Map([...result.plan.upgrade, ...result.plan.rollback].map((step) => [step.id, step]));
  const span = (phase: Phase) => result.phases.find((candidate) => candidate.phase === phase);
  return {
    result,
    cells: cellsOf(result),
    limits: latencyLimits(result),
    blocked: blockedTraffic(result),
    runs: statementRuns(result),
    trafficTables: findTrafficTables(result),
    upgradeFromUs: span('upgrade')?.fromUs,
    trafficEndUs: Math.max(0, ...result.phases.map(({ toUs }) => toUs)),
    phase: span,
    step: (id) => steps.get(id),
  };
}

/** The cells of one endpoint that are judged, and the seconds [from, to) they lie in. */
export function judgedStretch(
  view: JudgedView,
  endpoint: number,
): { cells: Cell[]; fromSecond: number; toSecond: number } | undefined {
  const spans = view.result.phases.filter(({ phase }) => judgedPhases.includes(phase));
  if (spans.length === 0) return undefined;
  const cells = (view.cells[endpoint] ?? []).filter(({ phase }) => judgedPhases.includes(phase));
  return { cells, ...secondsIn(spans) };
}

/** The intended seconds that some phases overlap. */
export function secondsIn(spans: readonly { fromUs: number; toUs: number }[]): {
  fromSecond: number;
  toSecond: number;
} {
  const fromUs = Math.min(...spans.map((span) => span.fromUs));
  const toUs = Math.max(...spans.map((span) => span.toUs));
  return { fromSecond: Math.floor(fromUs / usPerSecond), toSecond: Math.ceil(toUs / usPerSecond) };
}

/** The phase at an instant; the later one where two meet. */
export function phaseAt(view: JudgedView, us: number): Phase | undefined {
  return view.result.phases.findLast(({ fromUs, toUs }) => fromUs <= us && us < toUs)?.phase;
}
