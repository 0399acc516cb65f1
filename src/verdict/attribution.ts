import type { Finding } from '../model/verdict.js';
import { phaseAt, type JudgedView } from './judged-view.js';
import { usPerSecond } from './seconds.js';
import { causeIn, type Window } from './why.js';

/**
 * Where a bad window belongs: to the step behind whose lock most time was waited in it, else to the step under way
 * (longest) in the second the stall began in, else to the phase alone.
 */
export function placeOf(
  view: JudgedView,
  window: Window & { onsetSecond: number },
  endpoint: string,
  atLeastMs: number,
): Finding['where'] {
  const onset = { fromUs: window.onsetSecond * usPerSecond, toUs: (window.onsetSecond + 1) * usPerSecond };
  const cause = causeIn(view, window, atLeastMs)?.group;
  const step = cause?.step ?? stepIn(view, onset);
  const phase = phaseAt(view, (onset.fromUs + onset.toUs) / 2) ?? phaseAt(view, window.fromUs);
  return {
    endpoint,
    ...(phase !== undefined && { phase }),
    ...(step !== undefined && { step }),
    ...(cause?.statement !== undefined && { statement: cause.statement }),
    ...(cause?.table !== undefined && { table: cause.table }),
    fromUs: window.fromUs,
    toUs: window.toUs,
  };
}

/** The step that filled most of an interval. */
export function stepIn(view: JudgedView, interval: Window): string | undefined {
  const overlap = ({ fromUs, toUs }: Window) =>
    Math.min(toUs, interval.toUs) - Math.max(fromUs, interval.fromUs);
  return view.result.steps
    .filter((step) => step.outcome !== 'skipped' && overlap(step) > 0)
    .toSorted((a, b) => overlap(b) - overlap(a))[0]?.step;
}

/**
 * Of many bad windows, the worst for each stall: those that slide over one stall are one story, and looking
 * for the cause of each of thousands would take long.
 */
export function worstByOnset<W extends Window & { onsetSecond: number }>(
  windows: readonly W[],
  isWorse: (a: W, b: W) => boolean,
): W[] {
  const worst = new Map<number, W>();
  for (const window of windows) {
    const known = worst.get(window.onsetSecond);
    if (!known || isWorse(window, known)) worst.set(window.onsetSecond, window);
  }
  return [...worst.values()];
}

/** The worst window of each place, so that one stall is told once and not in every window that holds it. */
export function worstByPlace<W extends Window>(
  placed: readonly { window: W; where: Finding['where'] }[],
  isWorse: (a: W, b: W) => boolean,
): { window: W; where: Finding['where'] }[] {
  const worst = new Map<string, { window: W; where: Finding['where'] }>();
  for (const one of placed) {
    const key = one.where.step ?? one.where.phase ?? '';
    const known = worst.get(key);
    if (!known || isWorse(one.window, known.window)) worst.set(key, one);
  }
  return [...worst.values()];
}
