import { formatCount, formatMs } from '../../foundation/units.js';
import { baselineLatency, timedOutBefore, wholeWindow, type BaselineLatency } from '../baseline.js';
import { placeOf, worstByOnset, worstByPlace } from '../attribution.js';
import { explainExcess } from '../cause/explain-excess.js';
import { neededSamples } from '../exceedance.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { judgedStretch, type JudgedView } from '../judged-view.js';
import { slidingWindows, stepWindow, type LatencyWindow } from '../latency-windows.js';
import type { LatencyLimit } from '../../model/latency-limits.js';
import { unknownEndpoints } from '../limits.js';
import { notAsked, type Rule } from '../rule.js';
import { secondsOf } from '../seconds.js';
import { causeIn, whyIn } from '../why.js';

/** Latency objectives, on the worst sliding window and on each step's window. NO-GO. */
export const latency: Rule = {
  id: 'latency',
  title: 'Latency',
  doc: 'A percentile of an endpoint over its limit in a sliding window or a step window is NO-GO if it is so from the moment the pacer fired as well, else INVALID: the harness was late.',
  judge(view) {
    if (view.result.plan.scenario.objectives.latency.length === 0) return notAsked;
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = unknownEndpoints(view.result, 'latency');
    let closest: { share: number; text: string } | undefined;
    let judgedLimits = 0;
    for (const limit of view.limits) {
      const windows = windowsOf(view, limit);
      if (windows.length === 0) {
        unjudged.push(tooFew(view, limit));
        continue;
      }
      judgedLimits += 1;
      findings.push(...findingsOf(view, limit, windows));
      const worst = windows.reduce((most, window) => (isWorse(window, most) ? window : most));
      const share = worst.quantileUs / 1000 / limit.limitMs;
      if (!closest || share > closest.share) closest = { share, text: measureOf(limit, worst) };
    }
    const judged = `${judgedLimits} of ${view.limits.length} limits judged`;
    return { findings, unjudged, summary: closest ? `worst: ${closest.text}; ${judged}` : judged };
  },
};

function windowsOf(view: JudgedView, limit: LatencyLimit): LatencyWindow[] {
  const sliding = slidingWindows(view, limit);
  if (sliding.length > 0) {
    const ran = view.result.steps.filter(({ outcome }) => outcome !== 'skipped');
    return [...sliding, ...ran.flatMap((step) => stepWindow(view, limit, step) ?? [])];
  }
  const stretch = judgedStretch(view, limit.endpoint);
  if (!stretch) return [];
  const seconds = secondsOf(stretch.cells, stretch.fromSecond, stretch.toSecond, view.trafficEndUs);
  const whole = wholeWindow(seconds, limit);
  return whole ? [whole] : [];
}

function findingsOf(view: JudgedView, limit: LatencyLimit, windows: readonly LatencyWindow[]): RuleFinding[] {
  const bad = windows.filter(({ violates }) => violates);
  if (bad.length === 0) return [];
  const surviving = bad.filter(({ survives }) => survives);
  const baseline = baselineLatency(view, limit);
  const placed = worstByOnset(surviving.length > 0 ? surviving : bad, isWorse).map((window) => ({
    window,
    where: {
      ...placeOf(view, causesOf(window), limit.endpointName, limit.limitMs / 2),
      fromUs: window.fromUs,
      toUs: window.toUs,
    },
  }));
  const worst = worstByPlace(placed, isWorse);
  return (surviving.length > 0 ? worst : worst.slice(0, 1)).map(({ window, where }) => {
    const measured = Number.isFinite(window.quantileUs) ? { measured: window.quantileUs / 1000 } : {};
    const limits = { ...measured, limit: limit.limitMs, unit: 'ms' as const };
    const what = measureOf(limit, window) + comparedWith(baseline);
    if (surviving.length === 0) {
      const late = `${what}; measured from when the pacer fired it is within the limit: the harness was late`;
      return { weight: 'INVALID', what: late, where, ...limits, remedy: lateRemedy };
    }
    // A system that was too slow before may only have gone on being so; a lock wait behind a step that alone
    // breaks the limit is the upgrade's all the same.
    const ownFault = causeIn(view, causesOf(window), limit.limitMs) !== undefined;
    const metBefore = baseline.brokenBy === undefined && !timedOutBefore(view, limit.endpoint);
    const blamed = metBefore || ownFault;
    const because = becauseOf(view, limit, window);
    return {
      // Not a note: a waiver of baseline-met must not turn a broken limit into GO.
      weight: blamed ? 'NO-GO' : 'INVALID',
      what: blamed ? what : `${what}; not blamed on the upgrade: the limit was not met before it either`,
      where,
      ...limits,
      ...because,
      remedy: remedyFor(where, because.excess),
    };
  });
}

/** The lock or outage behind the window, and how much of the time lost it accounts for. */
function becauseOf(
  view: JudgedView,
  limit: LatencyLimit,
  window: LatencyWindow,
): Pick<RuleFinding, 'why' | 'excess'> {
  const why = whyIn(view, causesOf(window), limit.limitMs / 2);
  const explained = explainExcess(view, limit.endpoint, window);
  if (!explained) return { why };
  const { excess, text, byLock, mostlyTied } = explained;
  // What is tied to nothing is told after what was looked for in vain.
  return { why: byLock || mostlyTied ? text : `${why}; ${text}`, excess };
}

const remedy =
  'look at what ran in this window; make the step shorter, slower or smaller (batches with pauses), or leave more capacity';
const lockRemedy =
  'give the statement a short lockTimeout with retries, or use its form that does not block (CONCURRENTLY, NOT VALID and VALIDATE, batches)';
const planRemedy =
  'compare EXPLAIN of this statement before and after the upgrade: bring the index back (CREATE INDEX CONCURRENTLY before the old one goes), match the types, or ANALYZE the table';
const poolRemedy = 'shorten what holds the connections; a larger pool only moves the queue into the database';
const lateRemedy = 'offer fewer requests a second, use more workers, or run on a quieter or larger machine';

/** By what cost most. */
function remedyFor(where: RuleFinding['where'], excess: RuleFinding['excess']): string {
  const [most] = (excess?.parts ?? []).toSorted((a, b) => b.ms - a.ms);
  if (most?.kind === 'plan') return planRemedy;
  if (where.table !== undefined) return lockRemedy;
  return most?.kind === 'pool' ? poolRemedy : remedy;
}

/** A step's window holds requests that were under way when it began: what delayed them may lie before it. */
function causesOf(window: LatencyWindow): LatencyWindow {
  if (window.step === undefined || !Number.isFinite(window.quantileUs)) return window;
  return { ...window, fromUs: window.fromUs - window.quantileUs };
}

function isWorse(a: LatencyWindow, b: LatencyWindow): boolean {
  if (a.quantileUs !== b.quantileUs) return a.quantileUs > b.quantileUs || Number.isNaN(b.quantileUs);
  return a.over / a.n > b.over / b.n;
}

function measureOf(limit: LatencyLimit, window: LatencyWindow): string {
  const { n, over, infinite, quantileUs } = window;
  const seconds = formatMs(window.offeredMs);
  const value = Number.isNaN(quantileUs) ? 'over its limit' : formatMs(quantileUs / 1000);
  const drops = infinite > 0 ? `, ${formatCount(infinite)} dropped` : '';
  const slower =
    over > 0 ? `${formatCount(over)} of ${formatCount(n)} requests slower${drops}` : `n ${formatCount(n)}`;
  return `${limit.endpointName} ${limit.percentile} ${value} over ${seconds} (limit ${formatMs(limit.limitMs)}; ${slower})`;
}

function comparedWith({ worst }: BaselineLatency): string {
  return worst ? `, ${formatMs(worst.quantileUs / 1000)} at worst before the upgrade` : '';
}

function tooFew(view: JudgedView, limit: LatencyLimit): Unjudged {
  const stretch = judgedStretch(view, limit.endpoint);
  const seconds = stretch
    ? secondsOf(stretch.cells, stretch.fromSecond, stretch.toSecond, view.trafficEndUs)
    : [];
  const n = seconds.reduce((sum, second) => sum + second.n, 0);
  const needed = neededSamples(limit.q);
  return {
    what: `${limit.endpointName} ${limit.percentile}: ${formatCount(n)} requests from the upgrade on, ${formatCount(needed)} needed to tell`,
    where: { endpoint: limit.endpointName },
    remedy: `lengthen timeline.soak and timeline.recovery, or raise the rate or the weight of this endpoint`,
  };
}
