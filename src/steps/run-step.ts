import { abortReason, sleep } from '../foundation/clock.js';
import { codeOf, messageOf } from '../foundation/errors.js';
import { formatMs } from '../foundation/units.js';
import type { Environment, RunContext, StepOutcome, StepRunResult } from '../model/contracts.js';
import type { PlannedStep } from '../model/plan.js';
import { checkExecutor } from './check-step.js';
import { commandExecutor } from './command-step.js';
import type { StepExecutor, StepSetting } from './executor.js';
import { databaseFailure, failed, toOutcome, type FailedOutcome } from './failure.js';
import { httpExecutor } from './http-step.js';
import { restoreExecutor } from './restore-step.js';
import { serviceExecutor } from './service-step.js';
import { sqlExecutor } from './sql-step.js';
import { waitExecutor } from './wait-step.js';

const longestDelayMs = 10_000;

function executorFor(step: PlannedStep, setting: StepSetting): StepExecutor {
  if ('sql' in step) return sqlExecutor(step, setting);
  if ('command' in step) return commandExecutor(step, setting);
  if ('service' in step) return serviceExecutor(step, setting);
  if ('http' in step) return httpExecutor(step, setting);
  if ('wait' in step) return waitExecutor(step);
  if ('restore' in step) return restoreExecutor(step, setting);
  return checkExecutor(step, setting);
}

interface RunningStep {
  step: PlannedStep;
  ctx: RunContext;
  executor: StepExecutor;
  /** The run's signal, or the step's deadline. */
  signal: AbortSignal;
}

/**
 * Runs one step with its retries and emits its events; never throws for a step that fails. `retries` counts
 * failures in a row: of a sql step with several transactions only the failed one is tried again, and a committed
 * transaction starts the count anew. The step's timeout covers all attempts and the waits between them. A run
 * that is aborted gives the code `interrupted`, the step's own deadline `timeout`.
 */
export async function runStep(step: PlannedStep, env: Environment, ctx: RunContext): Promise<StepRunResult> {
  const deadline = new AbortController();
  const timer = setTimeout(() => {
    deadline.abort(new Error(`not done within its timeout of ${formatMs(step.timeout)}`));
  }, step.timeout);
  const signal = AbortSignal.any([ctx.signal, deadline.signal]);
  const executor = executorFor(step, { env, ctx });
  const close = ctx.teardown.defer(`step ${step.id}`, () => executor.close());
  try {
    return await runAttempts({ step, ctx, executor, signal });
  } finally {
    clearTimeout(timer);
    await close().catch((error: unknown) => {
      ctx.emit({ type: 'note', message: `${step.id}: its connection did not close: ${messageOf(error)}` });
    });
  }
}

async function runAttempts(running: RunningStep): Promise<StepRunResult> {
  const { step, ctx, executor, signal } = running;
  let failuresInARow = 0;
  for (let attempt = 1; ; attempt++) {
    const progressBefore = executor.progress();
    const { outcome: ended, pid } = await runAttempt(running, attempt);
    failuresInARow = executor.progress() > progressBefore ? 1 : failuresInARow + 1;
    const again = !ended.ok && ended.retryable && failuresInARow <= step.retries;
    const outcome = ended.ok || again ? ended : await withLeftovers(executor, ended);
    ctx.emit({
      type: 'step',
      step: step.id,
      attempt,
      edge: 'end',
      ...(pid === undefined ? {} : { pid }),
      outcome: toOutcome(outcome),
      final: !again,
    });
    if (!again) return { step, outcome: toOutcome(outcome), attempts: attempt };
    // Aborted while waiting: the next attempt ends at once, and says so.
    await sleep(delayMs(step, failuresInARow), signal).catch(() => undefined);
  }
}

/** Whoever reads why a step failed must also read what stays there because of it. */
async function withLeftovers(executor: StepExecutor, failure: FailedOutcome): Promise<FailedOutcome> {
  try {
    const left = await executor.leftovers?.();
    return left === undefined ? failure : { ...failure, message: `${failure.message}\n${left}` };
  } catch (error) {
    return { ...failure, message: `${failure.message}\nwhat it left could not be read: ${messageOf(error)}` };
  }
}

function delayMs(step: PlannedStep, failuresInARow: number): number {
  return Math.min(step.retryDelay * 2 ** (failuresInARow - 1), longestDelayMs);
}

async function runAttempt(
  { step, ctx, executor, signal }: RunningStep,
  attempt: number,
): Promise<{ outcome: StepOutcome; pid?: number }> {
  let prepared: { pid?: number } = {};
  let refused: unknown;
  try {
    if (signal.aborted) throw abortReason(signal);
    prepared = await executor.prepare(signal);
  } catch (error) {
    refused = error ?? new Error('could not be prepared');
  }
  ctx.emit({ type: 'step', step: step.id, attempt, edge: 'start', ...prepared });
  const outcome =
    refused === undefined
      ? await executor.attempt(attempt, signal).catch(brokenAttempt)
      : databaseFailure(refused, false);
  if (outcome.ok || !signal.aborted) return { outcome, ...prepared };
  const aborted = ctx.signal.aborted
    ? failed('interrupted', 'the run was interrupted')
    : failed('timeout', messageOf(signal.reason));
  return { outcome: aborted, ...prepared };
}

/** What an executor did not expect: told as it is, and not tried again. */
function brokenAttempt(error: unknown): StepOutcome {
  return failed(codeOf(error) ?? 'step-failed', messageOf(error));
}
