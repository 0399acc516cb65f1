import { presupposingCodes, type RollbackTrial, type RollbackTrials } from '../model/rollback.js';

/**
 * A rollback that trips half-way through the upgrade over what a later step makes is written for the whole upgrade:
 * that is told apart from one that cannot go back. Where every later trial trips at the same place as well, no step
 * makes what it names.
 */
export function presupposes(trial: RollbackTrial, report: RollbackTrials): boolean {
  if (!presupposingCodes.includes(trial.sqlState ?? '')) return false;
  const later = triedAfter(trial, report);
  // The last trial stands where the upgrade ends, and nothing is left out for it; if it was not tried, nobody knows.
  if (later.length === 0) return trial.leftOut > 0;
  return !later.every((one) => trips(one, trial));
}

/** The trial that tells why there is no way back from where this one began; undefined: there is one, or it is not known. */
export function deadEnd(trial: RollbackTrial, report: RollbackTrials): RollbackTrial | undefined {
  if (trial.outcome === 'failed') return presupposes(trial, report) ? undefined : trial;
  // What had to be left out, and works from no later step either.
  const later = triedAfter(trial, report);
  const last = later.at(-1);
  if (last?.outcome !== 'failed' || !trips(trial, last)) return undefined;
  return later.every((one) => trips(one, last)) ? last : undefined;
}

function triedAfter(trial: RollbackTrial, { trials }: RollbackTrials): RollbackTrial[] {
  return trials.slice(trials.indexOf(trial) + 1).filter(({ outcome }) => outcome !== 'not tried');
}

/** It trips where the other one failed, or first left something out. */
function trips(one: RollbackTrial, { failedStep, place }: RollbackTrial): boolean {
  if (place !== undefined && one.leftOutAt.includes(place)) return true;
  return one.failedStep !== undefined && one.failedStep === failedStep && one.place === place;
}

/** What a trial lost that the scenario does not give up knowingly (`rollback.discards`: columns or tables). */
export function lostBeyond(trial: RollbackTrial, discards: readonly string[]): string[] {
  const given = discards.map((item) => item.replace(/^public\./, ''));
  return trial.lost.filter((line) => {
    const what = line.slice(0, line.indexOf(': '));
    return !given.includes(what) && !given.includes(what.replace(/\.[^.]*$/, ''));
  });
}
