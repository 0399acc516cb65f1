import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import { placeOf, worstByOnset, worstByPlace } from '../attribution.js';
import { baselineErrors } from '../baseline.js';
import {
  byKind,
  describeReasons,
  errorWindows,
  endedOf,
  worstErrorWindow,
  type ErrorWindow,
} from '../error-windows.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { outsideGaps } from '../gaps.js';
import { judgedStretch, type JudgedView } from '../judged-view.js';
import { errorLimits, unknownEndpoints, type ErrorLimit } from '../limits.js';
import { notAsked, type Rule } from '../rule.js';
import { failedOf, secondsOf, usPerSecond, type Cell, type SecondSamples } from '../seconds.js';
import { whyIn } from '../why.js';

/** Error ratio of an endpoint, on the worst sliding window. NO-GO. */
export const errors: Rule = {
  id: 'errors',
  title: 'Errors',
  doc: 'More than the allowed ratio of an endpoint’s requests failed (HTTP error, timeout, connection error) in a sliding window: NO-GO. Drops and requests that the end of the run cut off are not errors; where they could hide a violation: INVALID.',
  judge(view) {
    if (view.result.plan.scenario.objectives.errors.length === 0) return notAsked;
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = unknownEndpoints(view.result, 'errors');
    const limits = errorLimits(view.result);
    let worst: { ratio: number; text: string } | undefined;
    let apart = 0;
    for (const limit of limits) {
      const seconds = errorSeconds(view, limit.endpoint);
      apart += cutOffIn(seconds);
      const windows = errorWindows(seconds, limit);
      if (windows.length === 0) {
        unjudged.push(tooFew(limit, seconds));
        continue;
      }
      const found = findingsOf(view, limit, windows);
      findings.push(...found);
      if (found.length === 0) unjudged.push(...unended(view, limit, seconds));
      for (const window of windows) {
        if (!worst || window.ratio > worst.ratio) {
          worst = { ratio: window.ratio, text: measureOf(limit, window) };
        }
      }
    }
    const cut =
      apart > 0 ? `; ${formatCount(apart)} dropped or cut off by the end of the run, not counted` : '';
    return { findings, unjudged, summary: `${worst ? `worst: ${worst.text}` : 'nothing judged'}${cut}` };
  },
};

/**
 * From one second before the upgrade on, whatever the phase: what was under way when it began failed because of it,
 * and is counted in the second it was intended in.
 */
function errorSeconds(view: JudgedView, endpoint: number): SecondSamples[] {
  const stretch = judgedStretch(view, endpoint);
  if (!stretch) return [];
  const fromUs = (view.upgradeFromUs ?? stretch.fromSecond * usPerSecond) - usPerSecond;
  const fromSecond = Math.max(0, Math.floor(fromUs / usPerSecond));
  const cells = (view.cells[endpoint] ?? []).filter(({ phase }) => phase !== 'warmup');
  return outsideGaps(secondsOf(cells, fromSecond, stretch.toSecond, view.trafficEndUs), view.result.gaps);
}

function findingsOf(view: JudgedView, limit: ErrorLimit, windows: readonly ErrorWindow[]): RuleFinding[] {
  const bad = windows.filter(({ violates }) => violates);
  if (bad.length === 0) return [];
  const surviving = bad.filter(({ survives }) => survives);
  const before = baselineErrors(view, limit);
  const isWorse = (a: ErrorWindow, b: ErrorWindow) => a.ratio > b.ratio;
  const placed = worstByOnset(surviving.length > 0 ? surviving : bad, isWorse).map((window) => ({
    window,
    where: placeOf(view, window, limit.endpointName, 100),
  }));
  return worstByPlace(placed, isWorse).map(({ window, where }) => {
    const blamed = !before?.violates || hasNewReason(limit, window, before);
    const late = window.survives
      ? ''
      : '; timeouts of requests that the harness sent late: without them it is within the limit';
    const what = `${measureOf(limit, window)}${late}`;
    const reasons = describeReasons(window.reasons);
    return {
      // Not a note: a waiver of baseline-met must not turn a broken limit into GO.
      weight: blamed && window.survives ? 'NO-GO' : 'INVALID',
      what: blamed ? what : `${what}; not blamed on the upgrade: the limit was not met before it either`,
      where,
      measured: window.ratio,
      limit: limit.ratio,
      unit: 'ratio',
      why: `${reasons ? `${reasons}; ` : ''}${whyIn(view, window, 100)}`,
      remedy:
        'see the reasons and the logs of the service; clients that may retry need `retry`, rolls need a drain longer than a request',
    };
  });
}

/** An error that the baseline never showed, and that breaks the limit alone, is the upgrade's. */
function hasNewReason(limit: ErrorLimit, window: ErrorWindow, before: ErrorWindow): boolean {
  const known = byKind(before.reasons);
  return Object.entries(byKind(window.reasons)).some(
    ([kind, n]) => known[kind] === undefined && n > limit.ratio * window.ended,
  );
}

function measureOf(limit: ErrorLimit, window: ErrorWindow): string {
  const seconds = formatMs(window.offeredMs);
  return `${limit.endpointName}: ${formatCount(window.failed)} of ${formatCount(window.ended)} requests failed (${formatRatio(window.ratio)}) over ${seconds}, limit ${formatRatio(limit.ratio)}`;
}

/** Requests that never were sent, or had not ended when the run did, may have failed: enough of them, and nobody can tell. */
function unended(view: JudgedView, limit: ErrorLimit, seconds: readonly SecondSamples[]): Unjudged[] {
  // How many drops are too many is then asked apart.
  const dropsJudged = view.result.plan.scenario.objectives.dropped !== undefined;
  const worst = worstErrorWindow(
    seconds.map((second) => ({ ...second, cells: second.cells.map((cell) => asFailed(cell, !dropsJudged)) })),
    limit,
  );
  if (!worst?.violates) return [];
  const unknown = worst.failed - failuresIn(seconds, worst);
  return [
    {
      what: `${limit.endpointName}: ${formatCount(unknown)} of ${formatCount(worst.ended)} requests were dropped or cut off by the end of the run over ${formatMs((worst.toUs - worst.fromUs) / 1000)}: whether they would have failed is not known (limit ${formatRatio(limit.ratio)})`,
      where: { endpoint: limit.endpointName, fromUs: worst.fromUs, toUs: worst.toUs },
      remedy: 'see the reasons of the drops; set objectives.dropped to say how many are allowed',
    },
  ];
}

function asFailed(cell: Cell, dropsToo: boolean): Cell {
  if (!cell.tally) return cell;
  const { aborted, dropped, connectionError } = cell.tally;
  const unknown = aborted + (dropsToo ? dropped : 0);
  return { ...cell, tally: { ...cell.tally, connectionError: connectionError + unknown } };
}

function failuresIn(seconds: readonly SecondSamples[], { fromUs, toUs }: ErrorWindow): number {
  return seconds
    .filter(({ second }) => second * usPerSecond >= fromUs && second * usPerSecond < toUs)
    .flatMap(({ cells }) => cells)
    .reduce((sum, { tally }) => sum + failedOf(tally), 0);
}

function cutOffIn(seconds: readonly SecondSamples[]): number {
  const cells = seconds.flatMap(({ cells }) => cells);
  return cells.reduce((sum, { tally }) => sum + (tally ? tally.dropped + tally.aborted : 0), 0);
}

function tooFew(limit: ErrorLimit, seconds: readonly SecondSamples[]): Unjudged {
  const n = seconds.reduce((sum, second) => sum + endedOf(second), 0);
  return {
    what: `${limit.endpointName}: ${formatCount(n)} requests ended from the upgrade on, 100 needed to judge an error ratio`,
    where: { endpoint: limit.endpointName },
    remedy: 'lengthen timeline.soak and timeline.recovery, or raise the rate or the weight of this endpoint',
  };
}
