/** What the walk needs to know of the sessions of one sample. */
export interface BlockerGraph {
  /** Sessions directly in front of a waiter; undefined for a session that waits for nobody. */
  blockersOf(pid: number): readonly number[] | undefined;
  isStep(pid: number): boolean;
  /** Start of its transaction, µs since the epoch; Infinity if unknown. */
  transactionStartUs(pid: number): number;
}

export interface PidChain {
  /** From the first blocker to the root. */
  pids: number[];
  /** The last of them waits for nobody. */
  rooted: boolean;
  throughStep: boolean;
  rootStartUs: number;
}

/**
 * The way from a waiter to the session that everybody behind it waits for. Where several sessions stand in front
 * of one, it leads through a step of the upgrade or rollback if it can, else to the oldest transaction: that one
 * is what a reader would end to dissolve the queue. A deadlock has no root. Returns a function that remembers
 * what it found, for all waiters of one sample.
 */
export function chainsOf(graph: BlockerGraph): (waiter: number) => PidChain {
  const known = new Map<number, PidChain>();

  const walk = (pid: number, visited: Set<number>): { chain: PidChain; cyclic: boolean } => {
    const found = known.get(pid);
    if (found) return { chain: found, cyclic: false };
    const blockers = graph.blockersOf(pid);
    if (!blockers) return { chain: end(true, graph.transactionStartUs(pid)), cyclic: false };
    visited.add(pid);
    let best: PidChain | undefined;
    let cyclic = false;
    for (const blocker of blockers) {
      // On the way here already, or tried in vain: a deadlock, or blockers that were read at different instants.
      if (visited.has(blocker) && !known.has(blocker)) {
        cyclic = true;
        continue;
      }
      const next = walk(blocker, visited);
      cyclic ||= next.cyclic;
      const chain = link(blocker, graph, next.chain);
      if (!best || better(chain, best)) best = chain;
    }
    best ??= end(false, Infinity);
    // What was found inside a cycle depends on where the walk entered it.
    if (!cyclic) known.set(pid, best);
    return { chain: best, cyclic };
  };

  return (waiter) => walk(waiter, new Set()).chain;
}

function end(rooted: boolean, rootStartUs: number): PidChain {
  return { pids: [], rooted, throughStep: false, rootStartUs };
}

function link(pid: number, graph: BlockerGraph, rest: PidChain): PidChain {
  return {
    ...rest,
    pids: [pid, ...rest.pids],
    throughStep: rest.throughStep || graph.isStep(pid),
  };
}

function better(a: PidChain, b: PidChain): boolean {
  if (a.throughStep !== b.throughStep) return a.throughStep;
  if (a.rooted !== b.rooted) return a.rooted;
  return a.rootStartUs < b.rootStartUs;
}
