import type { StepOutcome } from '../model/contracts.js';
import { simpleExecutor, type StepExecutor, type StepOf, type StepSetting } from './executor.js';
import { failed } from './failure.js';

type ServiceStep = StepOf<'service'>;

/** Rolls the named services to their changes, one after another. The environment renders templates in `env`. */
export function serviceExecutor(step: ServiceStep, setting: StepSetting): StepExecutor {
  return simpleExecutor((_attempt, signal) => roll(step, setting, signal));
}

async function roll(step: ServiceStep, { env }: StepSetting, signal: AbortSignal): Promise<StepOutcome> {
  const { strategy, drain, overlap } = step.roll;
  for (const [name, { env: variables, command, image }] of Object.entries(step.service)) {
    const service = env.services.get(name);
    if (!service) return failed('no-service', `no service ${name} in environment.services`);
    const outcome = await service.replace(
      {
        ...(variables === undefined ? {} : { env: variables }),
        ...(command === undefined ? {} : { command }),
        ...(image === undefined ? {} : { image }),
      },
      { strategy, drainMs: drain, overlapMs: overlap },
      signal,
    );
    if (!outcome.ok) {
      return { ...failed(outcome.code, `${name}: ${outcome.message}`, true) };
    }
  }
  return { ok: true };
}
