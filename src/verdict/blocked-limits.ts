import type { Actor } from '../model/observation.js';
import type { BlockedWait } from './blocked-traffic.js';
import type { Unjudged } from './finding-parts.js';
import type { JudgedView } from './judged-view.js';

/** How many of whose sessions may be blocked at once. */
export interface BlockedLimit {
  /** `the traffic`, `the service shop`. */
  who: string;
  sessions: number;
  /** `50% of its pool of 20`; undefined where a plain number is set. */
  share?: { ofPool: number; pool: number };
  waits: readonly BlockedWait[];
}

/**
 * One limit on all traffic together, or one for each pool: a service's (pool × replicas), and the connections of the
 * traffic itself where its endpoints are SQL. Whose pool is not known cannot be judged.
 */
export function blockedLimits(view: JudgedView): { limits: BlockedLimit[]; unjudged: Unjudged[] } {
  const maxBlocked = view.result.plan.scenario.objectives.locks?.maxBlocked;
  if (maxBlocked === undefined) return { limits: [], unjudged: [] };
  if (typeof maxBlocked === 'number') {
    return { limits: [{ who: 'the traffic', sessions: maxBlocked, waits: view.blocked }], unjudged: [] };
  }
  const { ofPool } = maxBlocked;
  const { environment, traffic } = view.result.plan.scenario;
  const limitOf = (who: string, pool: number, waits: readonly BlockedWait[]): BlockedLimit => ({
    who,
    // Rounding errors (0.07 × 100) must not take a session away.
    sessions: Math.floor(ofPool * pool + 1e-9),
    share: { ofPool, pool },
    waits,
  });
  const of = (is: (actor: Actor) => boolean) => view.blocked.filter(({ wait }) => is(wait.waiter.actor));
  const limits: BlockedLimit[] = [];
  const unjudged: Unjudged[] = [];
  for (const [name, { pool, replicas }] of Object.entries(environment.services)) {
    const waits = of(({ kind, name: service }) => kind === 'service' && service === name);
    if (pool !== undefined) limits.push(limitOf(`the service ${name}`, pool * replicas, waits));
    else if (waits.length > 0) {
      unjudged.push({
        what: `sessions of the service ${name} were blocked, and how many are in its pool is not declared`,
        remedy: `environment.services.${name}.pool: the most sessions that one replica opens`,
      });
    }
  }
  const direct = of(({ kind }) => kind === 'traffic');
  if (direct.length > 0) limits.push(limitOf('the SQL endpoints', traffic.connections, direct));
  const foreign = of(({ kind }) => kind === 'other');
  if (foreign.length > 0) {
    const names = [...new Set(foreign.map(({ wait }) => wait.waiter.actor.name))].join(', ');
    unjudged.push({
      what: `sessions that name themselves "${names}" were blocked: of whose pool they are is not known`,
      remedy: 'let the service keep the application_name of its DATABASE_URL, or set maxBlocked to a number',
    });
  }
  return { limits, unjudged };
}
