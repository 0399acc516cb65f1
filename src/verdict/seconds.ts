import { generatorLate, type SecondTally, type SparseCounts } from '../model/observation.js';
import type { ResultView } from '../model/result.js';
import { addTallies } from '../model/second-tally.js';
import { phases, type Phase } from '../model/scenario.js';
import { indexOf } from '../histogram/layout.js';
import { countAll } from './exceedance.js';

export const usPerSecond = 1_000_000;

/** What one endpoint's requests of one phase and one intended second came to. */
export interface Cell {
  endpoint: number;
  phase: Phase;
  second: number;
  tally: SecondTally | undefined;
  response: SparseCounts[];
  fromDue: SparseCounts[];
  lag: SparseCounts[];
}

/** The cells of every endpoint, in the order of their seconds. */
export function cellsOf(view: ResultView): Cell[][] {
  const byEndpoint = view.endpoints.map(() => new Map<string, Cell>());
  const cellAt = (endpoint: number, phaseIndex: number, second: number): Cell | undefined => {
    const phase = phases[phaseIndex];
    const cells = byEndpoint[endpoint];
    if (phase === undefined || cells === undefined) return undefined;
    const key = `${second} ${phaseIndex}`;
    let cell = cells.get(key);
    if (!cell) {
      cell = { endpoint, phase, second, tally: undefined, response: [], fromDue: [], lag: [] };
      cells.set(key, cell);
    }
    return cell;
  };
  for (const { second, tallies } of view.seconds) {
    for (const tally of tallies) {
      const cell = cellAt(tally.endpoint, tally.phase, second);
      // A second may be written more than once: a late line adds to it.
      if (cell) cell.tally = cell.tally ? addTallies(cell.tally, tally) : tally;
    }
  }
  for (const series of view.series) {
    if (series.kind === 'service') continue;
    cellAt(series.endpoint, series.phase, series.second)?.[series.kind].push(series);
  }
  return byEndpoint.map((cells) => [...cells.values()].sort((a, b) => a.second - b.second));
}

/** Requests that failed: their errors, not the harness's drops or the end of the run. */
export function failedOf(tally: SecondTally | undefined): number {
  return tally ? tally.httpError + tally.timeout + tally.connectionError : 0;
}

/** One second of an endpoint, whichever phases it holds; ready for windows. */
export interface SecondSamples {
  second: number;
  cells: Cell[];
  response: SparseCounts[];
  fromDue: SparseCounts[];
  /** Drops: +∞ in every quantile. */
  infinite: number;
  /** Of them, those that the pacer fired: the rest the harness was too late for. */
  infiniteFromDue: number;
  /** Samples in all, drops included. */
  n: number;
}

/**
 * The seconds [fromSecond, toSecond) of some cells, none left out. A request that the end of the traffic cut off
 * (`aborted`) counts at what it had certainly waited by then: a stall that outlasts the run is not forgotten.
 */
export function secondsOf(
  cells: readonly Cell[],
  fromSecond: number,
  toSecond: number,
  trafficEndUs: number,
): SecondSamples[] {
  const seconds: SecondSamples[] = [];
  for (let second = fromSecond; second < toSecond; second++) {
    seconds.push({ second, cells: [], response: [], fromDue: [], infinite: 0, infiniteFromDue: 0, n: 0 });
  }
  for (const cell of cells) {
    const at = seconds[cell.second - fromSecond];
    if (!at) continue;
    const cut = cutOff(cell, trafficEndUs);
    at.cells.push(cell);
    at.response.push(...cell.response, ...cut);
    at.fromDue.push(...cell.fromDue, ...cut);
    const dropped = cell.tally?.dropped ?? 0;
    at.infinite += dropped;
    at.infiniteFromDue += dropped - (cell.tally?.missed[generatorLate] ?? 0);
  }
  for (const at of seconds) at.n = countAll(at.response) + at.infinite;
  return seconds;
}

function cutOff(cell: Cell, trafficEndUs: number): SparseCounts[] {
  const { intended = 0, dropped = 0, aborted = 0 } = cell.tally ?? {};
  // What was cut off has no latency of its own; no more than the latencies that are missing.
  const cut = Math.min(aborted, intended - dropped - countAll(cell.response));
  if (cut <= 0) return [];
  const waitedUs = Math.max(0, trafficEndUs - (cell.second + 1) * usPerSecond);
  return [{ index: [indexOf(waitedUs)], count: [cut] }];
}
