import type { Incident } from '../../model/lock-story.js';
import type { LockParty, LockWait } from '../../model/observation.js';
import { isTraffic, partiesAhead } from '../blocked-traffic.js';
import type { JudgedView } from '../judged-view.js';
import { tableName } from '../wording.js';
import { deepestQueue, overTime } from './queue-depth.js';
import { blockedMs } from './reads-writes.js';
import { actorText, isStepActor, sessionName } from './session-names.js';
import { victimsOf } from './victims.js';

/** Waits behind one root with no more time between them than this are one incident. */
const pauseUs = 50_000;
/** Others than those of steps and background jobs: the worst. */
const mostOthers = 10;

/** Incidents in the order of their time, and what was left out of it. */
export function incidentsOf(view: JudgedView): {
  incidents: Incident[];
  leftOut: { incidents: number; blockedMs: number };
} {
  const all = clusters(view.result.lockWaits).map((waits) => ({ waits, incident: incidentOf(view, waits) }));
  const told = all.filter(({ incident, waits }) => incident.step !== undefined || waits.some(meetsJob));
  const others = all.filter((one) => !told.includes(one)).sort((a, b) => sum(b.incident) - sum(a.incident));
  const shown = [...told, ...others.slice(0, mostOthers)].map(({ incident }) => incident);
  const left = others.slice(mostOthers);
  return {
    incidents: shown.sort((a, b) => a.fromUs - b.fromUs),
    leftOut: {
      incidents: left.length,
      blockedMs: left.reduce((total, { incident }) => total + sum(incident), 0),
    },
  };
}

function sum({ blockedMs: { reads, writes, other } }: Incident): number {
  return reads + writes + other;
}

function meetsJob(wait: LockWait): boolean {
  return partiesAhead(wait).some(({ actor }) => actor.kind === 'background');
}

/**
 * By root. A wait whose root nobody saw (only the log did) belongs to the one incident on its relation at that time: a
 * relation has one queue. Else by what was waited for.
 */
function clusters(waits: readonly LockWait[]): LockWait[][] {
  const rooted = clustersBy(
    waits.filter((wait) => rootOf(wait) !== undefined),
    (wait) => String(rootOf(wait)?.pid),
  );
  const alone = waits.filter((wait) => {
    if (rootOf(wait) !== undefined) return false;
    const queues = rooted.filter((cluster) => isInQueue(cluster, wait));
    if (queues.length !== 1) return true;
    queues[0]?.push(wait);
    return false;
  });
  return [...rooted, ...clustersBy(alone, ({ relation, target }) => relation ?? target)];
}

function isInQueue(cluster: readonly LockWait[], { relation, lockType, fromUs, toUs }: LockWait): boolean {
  return (
    lockType === 'relation' &&
    cluster.some(
      (other) =>
        other.lockType === 'relation' &&
        other.relation === relation &&
        other.fromUs < toUs &&
        other.toUs > fromUs,
    )
  );
}

function clustersBy(waits: readonly LockWait[], keyOf: (wait: LockWait) => string): LockWait[][] {
  const open = new Map<string, { waits: LockWait[]; toUs: number }>();
  const made: LockWait[][] = [];
  for (const wait of waits.toSorted((a, b) => a.fromUs - b.fromUs)) {
    const key = keyOf(wait);
    const known = open.get(key);
    if (known && wait.fromUs <= known.toUs + pauseUs) {
      known.waits.push(wait);
      known.toUs = Math.max(known.toUs, wait.toUs);
      continue;
    }
    const fresh = { waits: [wait], toUs: wait.toUs };
    open.set(key, fresh);
    made.push(fresh.waits);
  }
  return made;
}

function rootOf(wait: LockWait): LockParty | undefined {
  return wait.root ?? partiesAhead(wait).at(-1);
}

function incidentOf(view: JudgedView, waits: readonly LockWait[]): Incident {
  const victims = waits.filter(({ waiter }) => isTraffic(waiter.actor));
  const longest = (victims.length > 0 ? victims : waits).toSorted((a, b) => b.durationMs - a.durationMs)[0];
  const root = longest && rootOf(longest);
  const chain = longest ? chainOf(longest, root) : [];
  const steps = [...waits.flatMap(({ waiter }) => waiter), ...waits.flatMap(partiesAhead)].filter(
    isStepActor,
  );
  const [step] = steps;
  const first = waits.find(({ waiter }) => isStepActor(waiter)) ?? waits[0];
  return {
    fromUs: Math.min(...waits.map(({ fromUs }) => fromUs)),
    toUs: Math.max(...waits.map(({ toUs }) => toUs)),
    ...(root && { root: sessionName(root) }),
    chain: chain.map(sessionName),
    ...(step && { step: actorText(step.actor) }),
    lock: first ? `${first.mode} on ${tableName(first.relation ?? first.target)}` : '',
    victims: victimsOf(view, victims),
    sessions: new Set(victims.map(({ waiter }) => waiter.pid)).size,
    waits: victims.length,
    blockedMs: blockedMs(victims.map((wait) => ({ wait, ms: wait.durationMs }))),
    longestMs: victims.reduce((most, { durationMs }) => Math.max(most, durationMs), 0),
    deepest: deepestQueue(victims),
    overTime: overTime(victims),
  };
}

/** Those between the root and the waiter, the root's own waiter first, each once. */
function chainOf(wait: LockWait, root: LockParty | undefined): LockParty[] {
  const between = partiesAhead(wait).filter(({ pid }) => pid !== root?.pid && pid !== wait.waiter.pid);
  return [...new Map(between.map((party) => [party.pid, party])).values()].reverse();
}
