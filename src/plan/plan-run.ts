import type { RunPlan } from '../model/plan.js';
import type { RollbackWay } from '../model/rollback.js';
import type { Scenario } from '../model/scenario.js';
import { applyFlags } from './apply-flags.js';
import { deepFreeze } from './deep-freeze.js';
import { inFlightCap } from './load-shape.js';
import type { PlanFlags, PlanInput } from './plan-input.js';
import { planRollback, refuseSnapshot, waysOf } from './plan-rollback.js';
import { planCleanup, planCollisions, planSteps } from './plan-steps.js';
import { warningsOf } from './warnings/all-warnings.js';

export type { PlanFlags, PlanInput } from './plan-input.js';

/**
 * A scenario and flags into the plan of a run: every default filled in, names resolved, frozen all the way down.
 * Reads no file and no clock: the same input is the same plan.
 * Of a scenario whose rollback strategy is `both`: the first of its rehearsals (see planRehearsals).
 * @throws InputError for flags that are wrong.
 */
export async function planRun(input: PlanInput, flags: PlanFlags = {}): Promise<RunPlan> {
  const scenario = applyFlags(input.scenario, flags);
  return planWay(input, scenario, waysOf(scenario.rollback.strategy)[0] ?? 'steps');
}

/** One plan for each way back that the strategy asks for: two for `both`, alike but for their rollback. */
export async function planRehearsals(input: PlanInput, flags: PlanFlags = {}): Promise<RunPlan[]> {
  const scenario = applyFlags(input.scenario, flags);
  return Promise.all(waysOf(scenario.rollback.strategy).map((way) => planWay(input, scenario, way)));
}

async function planWay(input: PlanInput, scenario: Scenario, way: RollbackWay): Promise<RunPlan> {
  if (scenario.rollback.strategy !== 'steps') refuseSnapshot(scenario, input.file);
  const upgrade = planSteps(scenario, 'upgrade', input);
  const rollback = planRollback(scenario, planSteps(scenario, 'rollback', input), way);
  const phaseMs = { ...scenario.timeline };
  const plan: RunPlan = {
    schema: 'dten.plan/1',
    name: scenario.name,
    seed: scenario.seed,
    scenarioFile: input.file,
    baseDir: input.baseDir,
    scenarioSha256: input.sha256,
    scenario,
    upgrade,
    rollback,
    cleanup: planCleanup(scenario, input),
    rollbackWay: way,
    collisions: planCollisions(scenario, { upgrade, rollback }),
    phaseMs,
    inFlightCap: inFlightCap(scenario),
    fixedMs: phaseMs.warmup + phaseMs.baseline + phaseMs.soak + phaseMs.recovery,
    warnings: [],
  };
  const warnings = await warningsOf(plan, (path) => input.locate?.(path));
  return deepFreeze({ ...plan, warnings });
}
