import { InputError, type InputProblem } from '../foundation/errors.js';
import type { Scenario } from '../model/scenario.js';
import type { PlanFlags } from './plan-input.js';

const maxSeed = 0xffff_ffff;

/**
 * A copy of the scenario with the flags in it, so that there is one truth about what runs.
 * @throws InputError with every flag that is wrong.
 */
export function applyFlags(scenario: Scenario, flags: PlanFlags): Scenario {
  const problems = checkFlags(flags);
  if (problems.length > 0) throw new InputError(problems);
  const copy = structuredClone(scenario);
  const { timeline, traffic } = copy;
  return {
    ...copy,
    seed: flags.seed ?? copy.seed,
    rollback: { ...copy.rollback, strategy: flags.rollback ?? copy.rollback.strategy },
    traffic: { ...traffic, rate: flags.ratePerSecond ?? traffic.rate },
    timeline: {
      warmup: flags.warmupMs ?? timeline.warmup,
      baseline: flags.baselineMs ?? timeline.baseline,
      soak: flags.soakMs ?? timeline.soak,
      recovery: flags.recoveryMs ?? timeline.recovery,
    },
  };
}

function checkFlags(flags: PlanFlags): InputProblem[] {
  const problems: InputProblem[] = [];
  const { seed, ratePerSecond } = flags;
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed <= maxSeed)) {
    problems.push({ file: '--seed', message: `expected a whole number from 0 to ${maxSeed}, got ${seed}` });
  }
  if (ratePerSecond !== undefined && !(Number.isFinite(ratePerSecond) && ratePerSecond > 0)) {
    problems.push({ file: '--rate', message: `expected a rate above 0, got ${ratePerSecond}/s` });
  }
  for (const phase of ['warmup', 'baseline', 'soak', 'recovery'] as const) {
    const ms = flags[`${phase}Ms`];
    if (ms === undefined || (Number.isFinite(ms) && ms >= 0)) continue;
    problems.push({ file: `--${phase}`, message: `expected a duration, got ${ms} ms` });
  }
  return problems;
}
