import type { Environment, RunContext, StepRunResult } from '../../model/contracts.js';
import type { PlannedStep } from '../../model/plan.js';
import type { CleanupRun } from '../../model/residue.js';
import type { ItemCleanupPlan } from './item-cleanups.js';
import { shellCommand } from './shell.js';

export type RunStep = (step: PlannedStep, env: Environment, ctx: RunContext) => Promise<StepRunResult>;

export interface CleanupWork {
  name: string;
  command: string;
  step: PlannedStep;
}

/** Items first, in their order, then the scenario's steps. */
export function cleanupWork(items: readonly ItemCleanupPlan[], steps: readonly PlannedStep[]): CleanupWork[] {
  return [
    ...items.flatMap(({ command, step }) =>
      step ? [{ name: command.path, command: command.command, step }] : [],
    ),
    ...steps.map((step) => ({ name: step.name, command: commandOf(step), step })),
  ];
}

/** One round: everything is tried, also after a failure: what is clean is then known thing by thing. */
export async function runRound(
  round: 1 | 2,
  work: readonly CleanupWork[],
  { ctx, env, runStep }: { ctx: RunContext; env: Environment; runStep: RunStep },
): Promise<CleanupRun[]> {
  // The timeline's steps are those of the plan; what the cleanup did is in state.ndjson.
  const quiet: RunContext = {
    ...ctx,
    emit: (event) =>
      ['step', 'statement', 'transaction'].includes(event.type)
        ? { ...event, seq: -1, atUs: ctx.clock.now() }
        : ctx.emit(event),
  };
  const runs: CleanupRun[] = [];
  for (const { name, command, step } of work) {
    ctx.signal.throwIfAborted();
    const fromUs = ctx.clock.now();
    const { outcome } = await runStep(step, env, quiet);
    runs.push({
      type: 'cleanup',
      round,
      name,
      command,
      fromUs,
      toUs: ctx.clock.now(),
      ok: outcome.ok,
      ...(!outcome.ok && { message: `${outcome.message} (${outcome.code})` }),
    });
  }
  return runs;
}

/** A step of the scenario as it is written there: its templates hold no secret. */
function commandOf(step: PlannedStep): string {
  if ('sql' in step) return step.sql;
  if ('command' in step) return shellCommand(step.command);
  if ('http' in step) return `${step.http.method} ${step.http.url}`;
  return step.kind;
}
