import type { LockTag, SeenParty } from './sampled-wait.js';

/** Beyond these a picture of the queue tells nobody more, and costs the thread that samples. */
const mostWaiters = 200;
const mostQueryCharacters = 500;

export interface SampledWaiter {
  party: SeenParty;
  tag: LockTag;
  mode: string;
  /** Server clock, µs since the Unix epoch. */
  startUs: number;
  blockers: number[];
  behindStep: boolean;
}

/** Who waits behind whom, in one sample. */
export interface SampledQueue {
  /** Server clock, µs since the Unix epoch. */
  atUs: number;
  waiting: SampledWaiter[];
  leftOut: number;
  holders: SeenParty[];
}

/** The longest waiting first, and what stands in front of those told. `holder` says who a pid is that waits for nobody. */
export function sampledQueue(
  atUs: number,
  waiters: readonly SampledWaiter[],
  holder: (pid: number, behind: number) => SeenParty,
): SampledQueue {
  const sorted = waiters.toSorted((a, b) => a.startUs - b.startUs);
  const waiting = sorted.slice(0, mostWaiters).map((waiter) => ({ ...waiter, party: briefly(waiter.party) }));
  const waits = new Set(waiters.map(({ party }) => party.pid));
  const holders = new Map<number, SeenParty>();
  for (const { party, blockers } of waiting) {
    for (const pid of blockers) if (!waits.has(pid)) holders.set(pid, briefly(holder(pid, party.pid)));
  }
  return { atUs, waiting, leftOut: sorted.length - waiting.length, holders: [...holders.values()] };
}

/** Changes when somebody comes, goes, or waits behind others than before. */
export function queueKey(waiters: readonly SampledWaiter[]): string {
  return waiters
    .map(
      ({ party, startUs, blockers }) =>
        `${party.pid}:${startUs}:${blockers.join()}:${party.query === undefined ? 0 : 1}`,
    )
    .join(';');
}

function briefly(party: SeenParty): SeenParty {
  return party.query === undefined || party.query.length <= mostQueryCharacters
    ? party
    : { ...party, query: `${party.query.slice(0, mostQueryCharacters)}…` };
}
