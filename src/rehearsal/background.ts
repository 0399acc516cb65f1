import { sleep, type RunClock } from '../foundation/clock.js';
import type { Database, RunContext } from '../model/contracts.js';
import { runJob } from './background-run.js';

export interface BackgroundJobs extends AsyncDisposable {
  /**
   * Starts the jobs that collide with this step, each so that its own `startBefore` has passed since its SQL was
   * sent when this resolves. A job that fails by then is told as an event, and not waited for.
   */
  beforeStep(stepId: string): Promise<void>;
}

/**
 * Reports, long transactions and sessions left idle in transaction: what a migration meets on D-day. Periodic
 * jobs run on an absolute schedule while traffic runs; aligned ones hold their locks across the start of a step,
 * since a collision left to luck is mostly not rehearsed (a 0.4 s report every 5 s meets a brief ALTER 7% of
 * the time).
 */
export function startBackground(ctx: RunContext, database: Database): BackgroundJobs {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const running = new Set<Promise<void>>();
  const colliding = new Set<string>();
  const jobs = ctx.plan.scenario.background;

  const track = (work: Promise<void>): Promise<void> => {
    const done = work.finally(() => running.delete(done));
    running.add(done);
    return done;
  };

  const collide = async (name: string, step: string, startBeforeMs: number, holdForMs: number) => {
    const job = jobs[name];
    if (!job) return;
    colliding.add(name);
    let sent: () => void = () => undefined;
    const begun = new Promise<'begun'>((resolve) => (sent = () => resolve('begun')));
    const hold = { step, holdForMs, holdingAfterMs: startBeforeMs, onSent: () => sent() };
    const run = track(runJob({ ctx, database, name, job, signal, hold }));
    void run.finally(() => colliding.delete(name));
    const first = await Promise.race([begun, run.then(() => 'ended' as const)]);
    signal.throwIfAborted();
    if (first === 'begun') await sleep(startBeforeMs, signal);
  };

  for (const [name, job] of Object.entries(jobs)) {
    if (job.every === undefined) continue;
    // A job does not run beside itself: while it collides with a step, its ticks are left out.
    const work = async () => {
      const superseded = () => colliding.has(name);
      if (!superseded()) await runJob({ ctx, database, name, job, signal, superseded });
    };
    void track(periodically(ctx.clock, job.every, signal, work));
  }

  return {
    async beforeStep(stepId) {
      const collisions = ctx.plan.collisions.filter((collision) => collision.stepId === stepId);
      const longestMs = Math.max(0, ...collisions.map(({ startBeforeMs }) => startBeforeMs));
      await Promise.all(
        collisions.map(async ({ job, startBeforeMs, holdForMs }) => {
          // A job of 1 s before must not start with one of 10 s before: its hold might be over by then.
          await sleep(longestMs - startBeforeMs, signal);
          await collide(job, stepId, startBeforeMs, holdForMs);
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('traffic has ended'));
      await Promise.allSettled(running);
    },
  };
}

/** Runs at once and then at every full period; a run that outlasts its period leaves out the ticks it covers. */
async function periodically(
  clock: RunClock,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const fromUs = clock.now();
  const everyUs = everyMs * 1000;
  try {
    for (let tick = 0; ;) {
      await work();
      const nowUs = clock.now();
      tick = Math.max(tick + 1, Math.ceil((nowUs - fromUs) / everyUs));
      await sleep((fromUs + tick * everyUs - nowUs) / 1000, signal);
    }
  } catch {
    // aborted: traffic has ended
  }
}
