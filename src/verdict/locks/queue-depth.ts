import type { LockWait } from '../../model/observation.js';

interface Queue {
  sessions: number;
  atUs: number;
}

/** How many distinct sessions wait, at each instant at which that changes. */
function changes(waits: readonly LockWait[]): Queue[] {
  const edges = waits.flatMap(({ waiter, fromUs, toUs }) => [
    { us: fromUs, pid: waiter.pid, by: 1 },
    { us: toUs, pid: waiter.pid, by: -1 },
  ]);
  // Ends before starts: a session that goes from one wait to the next is one session.
  edges.sort((a, b) => a.us - b.us || a.by - b.by);
  const waiting = new Map<number, number>();
  const at: Queue[] = [];
  for (const { us, pid, by } of edges) {
    const depth = (waiting.get(pid) ?? 0) + by;
    if (depth > 0) waiting.set(pid, depth);
    else waiting.delete(pid);
    const last = at.at(-1);
    if (last?.atUs === us) last.sessions = waiting.size;
    else at.push({ atUs: us, sessions: waiting.size });
  }
  return at;
}

export function deepestQueue(waits: readonly LockWait[]): Queue {
  return changes(waits).reduce((most, one) => (one.sessions > most.sessions ? one : most), {
    sessions: 0,
    atUs: 0,
  });
}

const mostSlices = 40;

/** The deepest queue of each of at most 40 equal slices of the time. */
export function overTime(waits: readonly LockWait[]): Queue[] {
  const steps = changes(waits);
  const fromUs = steps[0]?.atUs ?? 0;
  const toUs = steps.at(-1)?.atUs ?? 0;
  const slices = Math.max(1, Math.min(mostSlices, steps.length));
  const sliceUs = (toUs - fromUs) / slices;
  if (sliceUs <= 0) return [];
  const deepest = Array.from({ length: slices }, (_, at): Queue => ({
    sessions: 0,
    atUs: fromUs + at * sliceUs,
  }));
  for (const [at, { atUs, sessions }] of steps.entries()) {
    const untilUs = steps[at + 1]?.atUs ?? toUs;
    const first = Math.min(slices - 1, Math.floor((atUs - fromUs) / sliceUs));
    const last = Math.min(slices - 1, Math.max(first, Math.ceil((untilUs - fromUs) / sliceUs) - 1));
    for (let slice = first; slice <= last; slice++) {
      const one = deepest[slice];
      if (one) one.sessions = Math.max(one.sessions, sessions);
    }
  }
  return deepest;
}
