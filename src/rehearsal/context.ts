import type { RunClock } from '../foundation/clock.js';
import { TeardownStack } from '../foundation/teardown.js';
import type { RunContext } from '../model/contracts.js';
import type { RunEvent, StampedEvent } from '../model/observation.js';
import type { RunPlan } from '../model/plan.js';

export type EventListener = (event: StampedEvent) => void;

export interface OwnedContext extends RunContext {
  /** Hears every event from now on; for the result, the lock observer, and live progress. */
  listen(listener: EventListener): void;
}

export function createContext(input: {
  plan: RunPlan;
  clock: RunClock;
  signal: AbortSignal;
  runId: string;
  resultDir: string;
}): OwnedContext {
  const listeners: EventListener[] = [];
  let seq = 0;
  return {
    ...input,
    teardown: new TeardownStack(),
    listen: (listener) => void listeners.push(listener),
    emit(event: RunEvent): StampedEvent {
      const stamped: StampedEvent = { ...event, seq: seq++, atUs: input.clock.now() };
      for (const listener of listeners) listener(stamped);
      return stamped;
    },
  };
}
