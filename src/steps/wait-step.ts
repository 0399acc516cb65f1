import { sleep } from '../foundation/clock.js';
import { simpleExecutor, type StepExecutor, type StepOf } from './executor.js';

export function waitExecutor(step: StepOf<'wait'>): StepExecutor {
  return simpleExecutor(async (_attempt, signal) => {
    await sleep(step.wait, signal);
    return { ok: true };
  });
}
