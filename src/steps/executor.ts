import type { Environment, RunContext, StepOutcome } from '../model/contracts.js';
import type { PlannedStep } from '../model/plan.js';
import type { StepKind } from '../model/scenario.js';

/** A planned step of one kind: each kind has its action's key. */
export type StepOf<K extends StepKind | 'restore'> = Extract<PlannedStep, Record<K, unknown>>;

export interface StepSetting {
  env: Environment;
  ctx: RunContext;
}

/** One step being run; attempts, back-off, timeouts and step events are run-step's. */
export interface StepExecutor {
  /** What is done for good so far (committed transactions): the retries count anew when it grows. */
  progress(): number;
  /** Before each attempt: connects where it must. Gives its backend's pid. A throw is the attempt's failure. */
  prepare(signal: AbortSignal): Promise<{ pid?: number }>;
  /** A throw is the attempt's failure. On abort it ends soon, in whichever way. */
  attempt(attempt: number, signal: AbortSignal): Promise<StepOutcome>;
  /** What the attempts left behind, after the last one failed; undefined: nothing. */
  leftovers?(): Promise<string | undefined>;
  close(): Promise<void>;
}

/** An executor that needs nothing prepared or closed, and is retried as a whole. */
export function simpleExecutor(attempt: StepExecutor['attempt']): StepExecutor {
  return {
    progress: () => 0,
    prepare: () => Promise.resolve({}),
    attempt,
    close: () => Promise.resolve(),
  };
}
