import { abortReason, sleep } from '../foundation/clock.js';
import type { Environment, RunningTraffic, StepRunResult } from '../model/contracts.js';
import type { PlannedStep } from '../model/plan.js';
import type { Phase } from '../model/scenario.js';
import { resolveStep } from '../model/step-reference.js';
import { holdGap, lookAtRest, type AtRest } from './at-rest.js';
import type { BackgroundJobs } from './background.js';
import type { OwnedContext } from './context.js';

export interface TimelineRooms {
  env: Environment;
  traffic: RunningTraffic;
  background: BackgroundJobs | undefined;
  /** What looks at the system in the gaps; nothing: no gaps. */
  atRest: readonly AtRest[];
  runStep(step: PlannedStep, env: Environment, ctx: OwnedContext): Promise<StepRunResult>;
  /** What looks once, upgraded and with nothing rolled back yet. */
  beforeRollback: readonly AtRest[];
}

/** A step's own window lasts so long after its end: no gap cuts it short. */
const stepTailMs = 10_000;
/** The first step of a side meets a load that has been running again for so long. */
const leadInMs = 2_000;

/**
 * warmup, baseline, upgrade, soak, rollback, recovery under traffic, which pauses only in the gaps that audits need:
 * before the upgrade (what is at odds by then is not its doing), once the upgrade's last window is over, before the
 * rollback, and once the rollback's last window is over. A failed
 * step ends the upgrade, the soak is left out (nobody soaks half an upgrade), and the rollback is rehearsed from there.
 * Returns the phases that no gap followed: what is looked at after the traffic looks at them.
 */
export async function runTimeline(ctx: OwnedContext, rooms: TimelineRooms): Promise<Phase[]> {
  const { phaseMs } = ctx.plan;
  const audited = rooms.atRest.length > 0;
  const hasRollback = ctx.plan.rollback.length > 0;
  let since: Phase[] = [];
  const pass = (ms: number) => guarded(ctx, rooms, sleep(Math.max(0, ms), ctx.signal));
  const gap = async (lookers = rooms.atRest) => {
    const { resumesUs } = await guarded(ctx, rooms, holdGap(ctx, rooms.traffic, lookers, since));
    since = [];
    return resumesUs;
  };
  const hold = async (phase: keyof typeof phaseMs) => {
    if (phaseMs[phase] <= 0) return;
    await enter(ctx, rooms, phase);
    await pass(phaseMs[phase]);
  };
  /** Stays in the phase that was just entered, with a gap in it if it is longer than the window of the step before. */
  const holdWithGap = async (ms: number, stepEndUs: number) => {
    const windowMs = Math.max(0, stepTailMs - (ctx.clock.now() - stepEndUs) / 1000);
    if (!audited || ms <= windowMs + 1_000) return pass(ms);
    await pass(windowMs);
    await until(ctx, rooms, await gap());
    return pass(ms - windowMs);
  };

  await hold('warmup');
  await hold('baseline');
  if (audited && phaseMs.baseline > 0) {
    since.push(...(phaseMs.warmup > 0 ? (['warmup', 'baseline'] as const) : (['baseline'] as const)));
    await until(ctx, rooms, await gap());
    await pass(leadInMs);
  }
  await enter(ctx, rooms, 'upgrade');
  const upgraded = await runSide(ctx, rooms, ctx.plan.upgrade);
  const upgradeEndUs = ctx.clock.now();
  since.push('upgrade');
  if (!upgraded) {
    ctx.emit({ type: 'note', message: 'the upgrade failed: no soak, the rollback starts' });
    if (audited) await pass(stepTailMs);
  } else if (phaseMs.soak > 0) {
    await enter(ctx, rooms, 'soak');
    await holdWithGap(phaseMs.soak, upgradeEndUs);
    since.push('soak');
  }
  const next = hasRollback ? 'rollback' : phaseMs.recovery > 0 ? 'recovery' : 'done';
  const lookers = hasRollback ? [...rooms.atRest, ...rooms.beforeRollback] : rooms.atRest;
  const rests = lookers.some(({ wantsRest }) => wantsRest);
  if (!rests) await guarded(ctx, rooms, lookAtRest(ctx, lookers, since, 0));
  await enter(ctx, rooms, next, rests ? await gap(lookers) : undefined);
  if (next === 'done') return since;
  let rollbackEndUs = Number.NEGATIVE_INFINITY;
  if (hasRollback) {
    if (rests) await pass(leadInMs);
    await runSide(ctx, rooms, ctx.plan.rollback);
    rollbackEndUs = ctx.clock.now();
    since.push('rollback');
    if (phaseMs.recovery > 0) await enter(ctx, rooms, 'recovery');
  }
  if (phaseMs.recovery > 0) {
    if (hasRollback) await holdWithGap(phaseMs.recovery, rollbackEndUs);
    else await pass(phaseMs.recovery);
    since.push('recovery');
  }
  await enter(ctx, rooms, 'done');
  return since;
}

async function enter(
  ctx: OwnedContext,
  rooms: TimelineRooms,
  phase: Phase | 'done',
  atUs?: number,
): Promise<void> {
  const fromUs = rooms.traffic.enter(phase, atUs);
  ctx.emit({ type: 'phase', phase, fromUs });
  await until(ctx, rooms, fromUs);
}

async function until(ctx: OwnedContext, rooms: TimelineRooms, atUs: number): Promise<void> {
  await guarded(ctx, rooms, sleep(Math.max(0, (atUs - ctx.clock.now()) / 1000), ctx.signal));
}

/** A worker that failed ends the run at once: without load there is nothing to rehearse. */
function guarded<T>(ctx: OwnedContext, rooms: TimelineRooms, work: Promise<T>): Promise<T> {
  return Promise.race([work, rooms.traffic.failure]);
}

/** True when every step was ok. */
async function runSide(
  ctx: OwnedContext,
  rooms: TimelineRooms,
  steps: readonly PlannedStep[],
): Promise<boolean> {
  for (const step of steps) {
    await switchVariants(ctx, rooms, step, 'until');
    if (rooms.background) await guarded(ctx, rooms, rooms.background.beforeStep(step.id));
    const { outcome } = await guarded(ctx, rooms, rooms.runStep(step, rooms.env, ctx));
    if (ctx.signal.aborted) throw abortReason(ctx.signal);
    if (!outcome.ok) return false;
    await switchVariants(ctx, rooms, step, 'from');
  }
  return true;
}

/** New-shaped writes begin at the end of the step that makes them possible, and cease before the one that ends it. */
async function switchVariants(
  ctx: OwnedContext,
  rooms: TimelineRooms,
  step: PlannedStep,
  edge: 'from' | 'until',
): Promise<void> {
  let latestUs = 0;
  for (const [at, [endpoint, spec]] of Object.entries(ctx.plan.scenario.traffic.endpoints).entries()) {
    for (const [index, variant] of spec.variants.entries()) {
      const reference = variant[edge];
      if (reference === undefined || resolveStep(ctx.plan, reference)?.id !== step.id) continue;
      const active = edge === 'from';
      const fromUs = rooms.traffic.setVariant(at, index, active);
      ctx.emit({ type: 'variant', endpoint, index, active, fromUs });
      latestUs = Math.max(latestUs, fromUs);
    }
  }
  if (edge === 'until' && latestUs > 0) await until(ctx, rooms, latestUs);
}
