import { randomBytes } from 'node:crypto';
import { startClock } from '../foundation/clock.js';
import { DtenError, messageOf } from '../foundation/errors.js';
import type { ResultWriter } from '../model/contracts.js';
import type { RunPlan } from '../model/plan.js';
import type { ResultJson, ResultView } from '../model/result.js';
import { createResult } from '../results/create-result.js';
import { gitRevision } from '../results/git-revision.js';
import { createContext, type OwnedContext } from './context.js';
import { conclude, type RunFacts } from './conclude.js';
import { runUnderLoad } from './run-under-load.js';
import { writeReport } from './render-html.js';
import type { RehearsalWatcher } from './watcher.js';

export interface RehearseOptions {
  /** Folder that holds the results; made if missing. */
  resultsRoot: string;
  /** Aborting it interrupts the rehearsal: everything is torn down and the partial result kept. */
  signal: AbortSignal;
  watcher?: RehearsalWatcher;
}

export interface Rehearsed {
  dir: string;
  result: ResultJson;
  view: ResultView;
  /** Why report.html could not be written; the result is whole without it. */
  reportFailure?: string;
  /** Set when the harness broke or the environment could not be had; the result says so too. */
  error?: unknown;
}

/**
 * Runs a plan from provisioning to a sealed result. Never throws for what a rehearsal may show (failed steps,
 * dead services, lost connections): those are in the result. `error` tells of a broken harness or an
 * environment that could not be had.
 */
export async function rehearse(plan: RunPlan, options: RehearseOptions): Promise<Rehearsed> {
  const revision = await gitRevision(plan.baseDir);
  const clock = startClock();
  const startedAt = new Date(clock.zeroEpochUs / 1000).toISOString();
  const id = randomBytes(3).toString('hex');
  const { watcher } = options;
  const writer = await createResult({
    root: options.resultsRoot,
    plan,
    clock,
    startedAt,
    id,
    revision,
    ...(watcher && { listener: watcher }),
  });
  watcher?.begin?.({ dir: writer.dir, manifest: writer.manifest, clock });

  // One signal for the run: the caller's, or the harness's own when it breaks, so that nothing goes on alone.
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const runId = `${startedAt.replaceAll(/[^0-9]/g, '').slice(0, 14)}-${id}`;
  const ctx = createContext({ plan, clock, signal, runId, resultDir: writer.dir });
  ctx.listen((event) => writer.event(event));
  if (watcher?.event) ctx.listen((event) => watcher.event?.(event));

  const facts: RunFacts = { fingerprint: null, lockCoverage: null, ended: 'complete', teardownFailures: [] };
  let error: unknown;
  ctx.emit({ type: 'run', edge: 'start', epochUs: clock.zeroEpochUs });
  try {
    await runUnderLoad(ctx, writer, facts, watcher);
  } catch (thrown) {
    if (options.signal.aborted) {
      facts.ended = 'interrupted';
      facts.endReason = messageOf(options.signal.reason);
    } else {
      facts.ended = 'broken';
      facts.endReason = messageOf(thrown);
      error = thrown;
    }
    broken.abort(thrown);
  } finally {
    facts.teardownFailures = await ctx.teardown.run();
  }
  ctx.emit({ type: 'run', edge: 'end', note: facts.ended });
  return { ...(await sealed(ctx, writer, facts)), ...(error !== undefined && { error }) };
}

async function sealed(
  ctx: OwnedContext,
  writer: ResultWriter,
  facts: RunFacts,
): Promise<Omit<Rehearsed, 'error'>> {
  try {
    const { result, view } = await conclude(ctx, writer, facts);
    const reportFailure = await writeReport(writer.dir, view, result.verdict);
    return { dir: writer.dir, result, view, ...(reportFailure !== undefined && { reportFailure }) };
  } catch (error) {
    await writer.close().catch(() => undefined);
    throw new DtenError(
      'result-not-sealed',
      `the result in ${writer.dir} could not be sealed: ${messageOf(error)}`,
      {
        hint: 'What was recorded is kept; `dten report` opens it and says that it is incomplete.',
        cause: error,
      },
    );
  }
}
