import { sleep } from '../../foundation/clock.js';
import type { RollOptions } from '../../model/contracts.js';
import type { Replica } from './replica.js';

/** What a roll does to a service; the strategies are only the order of these. */
interface RollActions {
  /** Starts a replica of the new release and waits until it is ready; removes it again if it is not. */
  startNew: (signal: AbortSignal) => Promise<Replica>;
  /** Starts one of the old release: only where `recreate` must put back what it took down. */
  startOld: (signal: AbortSignal) => Promise<Replica>;
  /** Adds and removes targets in one change; resolves when the removed are drained, or after drainMs. */
  change: (add: readonly Replica[], remove: readonly Replica[], drainMs: number) => Promise<void>;
  stop: (replica: Replica) => Promise<void>;
}

type Strategy = (
  old: readonly Replica[],
  actions: RollActions,
  options: RollOptions,
  signal: AbortSignal,
) => Promise<void>;

/** One new in, both serve for `overlap`, one old out: never fewer than there were. */
const rolling: Strategy = async (old, actions, { drainMs, overlapMs }, signal) => {
  for (const leaving of old) {
    const arrived = await actions.startNew(signal);
    await actions.change([arrived], [], 0);
    await sleep(overlapMs, signal);
    await actions.change([], [leaving], drainMs);
    await actions.stop(leaving);
  }
};

/** All old out, then all new in: the downtime is the point. */
const recreate: Strategy = async (old, actions, { drainMs }, signal) => {
  await actions.change([], old, drainMs);
  await Promise.all(old.map((replica) => actions.stop(replica)));
  try {
    await actions.change(await startTogether(old.length, actions.startNew, actions.stop, signal), [], 0);
  } catch (error) {
    // An aborted run is torn down; otherwise what was there before comes back.
    if (!signal.aborted)
      await actions.change(await startTogether(old.length, actions.startOld, actions.stop, signal), [], 0);
    throw error;
  }
};

/** All new beside the old, one switch, all old out. */
const blueGreen: Strategy = async (old, actions, { drainMs, overlapMs }, signal) => {
  const arrived = await startTogether(old.length, actions.startNew, actions.stop, signal);
  await actions.change(arrived, old, drainMs);
  await sleep(overlapMs, signal);
  await Promise.all(old.map((replica) => actions.stop(replica)));
};

/** Starts several side by side; at the first failure the others are given up and stopped, and it is thrown. */
export async function startTogether(
  count: number,
  start: (signal: AbortSignal) => Promise<Replica>,
  stop: (replica: Replica) => Promise<void>,
  signal: AbortSignal,
): Promise<Replica[]> {
  const giveUp = new AbortController();
  const either = AbortSignal.any([signal, giveUp.signal]);
  const failures: unknown[] = [];
  const settled = await Promise.all(
    Array.from({ length: count }, () =>
      start(either).catch((error: unknown) => {
        failures.push(error);
        giveUp.abort();
      }),
    ),
  );
  const started = settled.filter((replica) => replica !== undefined);
  if (failures.length === 0) return started;
  await Promise.all(started.map(stop));
  throw failures[0];
}

export const strategies: Record<RollOptions['strategy'], Strategy> = { rolling, recreate, blueGreen };
