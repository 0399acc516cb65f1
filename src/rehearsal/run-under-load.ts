import type { Database, Environment, FromWorker, ObservationSink, ResultWriter } from '../model/contracts.js';
import { openLedger } from '../ledger/ledger.js';
import { isAudited } from '../model/ledger.js';
import type { LockQueue } from '../model/lock-queue.js';
import type { TraceReport } from '../model/observation.js';
import type { Phase } from '../model/scenario.js';
import { startLockObserver } from '../observe/lock-observer.js';
import { startServerStats } from '../observe/server-stats.js';
import { provision } from '../environment/provision.js';
import { watchState } from '../state/watch-state.js';
import { writeRollbackTrials } from '../results/rollback-files.js';
import { runStep } from '../steps/run-step.js';
import { tryRollbacks } from '../steps/rollback-trials.js';
import { tracePass } from '../steps/trace-pass.js';
import { startTraffic } from '../traffic/start-traffic.js';
import { ledgerAtRest, lookAtRest, stateAtRest, type AtRest } from './at-rest.js';
import { startBackground } from './background.js';
import type { RunFacts } from './conclude.js';
import type { OwnedContext } from './context.js';
import { secondUpgrade } from './second-upgrade.js';
import { firstPools, trafficUrls } from './traffic-input.js';
import type { RehearsalWatcher } from './watcher.js';
import { runTimeline } from './timeline.js';

/** How long requests still under way when the last phase ends may take before they count as aborted. */
const lastDrainMs = 30_000;

/** Provision → trace pass → services → observers → traffic → the timeline; facts are filled in as they are known. */
export async function runUnderLoad(
  ctx: OwnedContext,
  writer: ResultWriter,
  facts: RunFacts,
  watcher: RehearsalWatcher | undefined,
): Promise<void> {
  const env = await provision(ctx);
  facts.fingerprint = await env.fingerprint();
  watcher?.fingerprint?.(facts.fingerprint);
  const traced = await trace(ctx, env);
  writer.trace(traced);
  await writeRollbackTrials(writer.dir, await tryRollbacks(ctx, env, bytesOf(traced)));
  await env.startServices();
  if (ctx.plan.rollbackWay === 'snapshot') await env.snapshot?.take();
  // Services may have changed what the fingerprint names (replicas, versions); data and settings have not.
  const { database } = env;
  const again = secondUpgrade(ctx);
  const pools = await firstPools(ctx, database);
  const stopLocks = database ? await observeLocks(ctx, database, writer, facts, watcher) : undefined;
  await using serverStats = await startServerStats(ctx, database, writer);
  void serverStats; // disposed when this scope is left

  const ledger = isAudited(ctx.plan.scenario) ? await openLedger(ctx, env) : undefined;
  const atRest: AtRest[] = [];
  if (ledger) {
    ctx.teardown.defer('ledger files', () => ledger.close());
    atRest.push(ledgerAtRest(ctx, ledger, writer));
  }
  const state = await watchState(ctx, {
    env,
    line: (line) => writer.state(line),
    touched: async (table, key) =>
      (await ledger?.touchedKeys(table, key)) ?? { unknown: 'the scenario has no ledger' },
    runStep,
  });
  await state.before();
  await lookAtRest(ctx, atRest, [], 0);

  const sink = (message: FromWorker) => {
    writer.traffic(message);
    if (message.type === 'writes') ledger?.add(message.writes);
    watcher?.traffic?.(message);
  };
  const targets = Object.fromEntries(
    [...env.services].map(([name, service]) => [name, [...service.targets()]]),
  );
  const input = { targets, outputs: { ...env.outputs }, databaseUrls: trafficUrls(ctx, database), pools };
  await using traffic = await startTraffic(ctx, input, sink);
  traffic.failure.catch(() => undefined); // raced wherever the timeline waits
  env.onTargets((service, next, drainMs) => traffic.setTargets(service, next, drainMs));
  // Replicas may have come or gone while the workers started.
  await Promise.all(
    [...env.services].map(([name, service]) => traffic.setTargets(name, service.targets(), 0)),
  );
  let last: Phase[];
  {
    await using background = database ? startBackground(ctx, database) : undefined;
    const beforeRollback = [stateAtRest(state)];
    last = await runTimeline(ctx, { env, traffic, background, atRest, beforeRollback, runStep });
  }
  await traffic.stop(Math.min(lastDrainMs, ctx.plan.scenario.traffic.timeout));
  await lookAtRest(ctx, atRest, last, 0);
  await stopLocks?.();
  await state.after();
  await again.run(env, runStep);
}

/** Undefined where the tables could not be measured. */
function bytesOf({ tables }: TraceReport): number | undefined {
  const sizes = Object.values(tables);
  return sizes.length === 0 ? undefined : sizes.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function trace(ctx: OwnedContext, env: Environment): Promise<TraceReport> {
  const steps = [...ctx.plan.upgrade, ...ctx.plan.rollback];
  const traced = env.database && steps.some((step) => step.kind === 'sql' || step.kind === 'command');
  if (traced) {
    ctx.emit({ type: 'note', message: 'tracing the statements on a traffic-free clone' });
    return tracePass(ctx, env);
  }
  return {
    state: 'off',
    statements: [],
    added: { columns: [], constraints: [], enumLabels: [] },
    tables: {},
  };
}

/** Starts the lock observer; an interrupted run keeps what it saw, since finish() also runs in teardown. */
async function observeLocks(
  ctx: OwnedContext,
  database: Database,
  sink: ObservationSink,
  facts: RunFacts,
  watcher: RehearsalWatcher | undefined,
): Promise<() => Promise<void>> {
  const onQueue = watcher?.lockQueue && ((queue: LockQueue) => watcher.lockQueue?.(queue));
  const observer = await startLockObserver(ctx, database, sink, { ...(onQueue && { onQueue }) });
  ctx.listen((event) => observer.event(event));
  watcher?.locks?.(() => observer.live());
  return ctx.teardown.defer('lock observer', async () => {
    facts.lockCoverage = await observer.finish();
    await observer[Symbol.asyncDispose]();
  });
}
