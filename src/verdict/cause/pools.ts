import { formatCount } from '../../foundation/units.js';
import type { LockWait } from '../../model/observation.js';
import type { JudgedView } from '../judged-view.js';
import { serviceOf } from './carries.js';
import { overlapUs, union, type Span } from './spans.js';
import type { Suspect } from './suspect.js';

/** A pool that was as full as often before the upgrade is how the service runs, and no cause of a rise. */
const oftener = 2;

/**
 * Truth 14: requests starve inside a service all of whose database sessions are busy, whatever these are busy with.
 * How many it may have is what `pool` says; where nothing says it, only that all it had waited for locks at once.
 */
export function starvedPools(view: JudgedView, endpoint: number, window: Span): Suspect[] {
  const { services } = view.result.plan.scenario.environment;
  const own = serviceOf(view, endpoint);
  return Object.entries(services).flatMap(([name, { pool }]): Suspect[] => {
    if (own !== undefined && own !== name) return [];
    if (view.result.plan.scenario.traffic.endpoints[view.result.endpoints[endpoint] ?? '']?.sql) return [];
    const full = pool === undefined ? allWaiting(view, name) : fullPool(view, name, pool);
    const spans = union(full.spans);
    if (spans.length === 0 || !isNew(view, spans, window)) return [];
    return [{ kind: 'pool', text: full.text, spans }];
  });
}

interface Full {
  spans: Span[];
  text: string;
}

/** In use in every sample that says so, or, finer, all of them seen waiting for locks at once. */
function fullPool(view: JudgedView, service: string, pool: number): Full {
  const spans = samplesOf(view, service).flatMap(({ span, sessions }) =>
    sessions.busy !== undefined && sessions.busy >= pool * replicasAt(view, service, span.toUs) ? [span] : [],
  );
  const waiting = allAtOnce(
    view.result.lockWaits.filter(
      ({ waiter }) => waiter.actor.kind === 'service' && waiter.actor.name === service,
    ),
    (us) => pool * replicasAt(view, service, us),
  );
  const replicas = Math.max(1, ...[...spans, ...waiting].map(({ toUs }) => replicasAt(view, service, toUs)));
  const of = replicas > 1 ? ` (${replicas} replicas, ${pool} each)` : '';
  return {
    spans: [...spans, ...waiting],
    text: `starved in the pool: all ${formatCount(pool * replicas)} connections of ${service}${of} were busy`,
  };
}

function allWaiting(view: JudgedView, service: string): Full {
  const full = samplesOf(view, service).filter(
    ({ sessions: { total, waiting } }) => total >= 2 && waiting >= total,
  );
  const most = Math.max(0, ...full.map(({ sessions }) => sessions.total));
  return {
    spans: full.map(({ span }) => span),
    text: `starved in the pool: all ${most} database sessions that ${service} had were waiting for locks`,
  };
}

function samplesOf(view: JudgedView, service: string) {
  const samples = view.result.server.toSorted((a, b) => a.atUs - b.atUs);
  return samples.flatMap((sample, at) => {
    const sessions = sample.sessions?.[`service ${service}`];
    return sessions
      ? [{ span: { fromUs: samples[at - 1]?.atUs ?? sample.atUs, toUs: sample.atUs }, sessions }]
      : [];
  });
}

/** When as many sessions as the limit waited at one instant. */
function allAtOnce(waits: readonly LockWait[], limitAt: (us: number) => number): Span[] {
  const edges = waits
    .flatMap(({ waiter: { pid }, fromUs, toUs }) => [
      { us: fromUs, pid, by: 1 },
      { us: toUs, pid, by: -1 },
    ])
    .sort((a, b) => a.us - b.us || a.by - b.by);
  const waiting = new Map<number, number>();
  const spans: Span[] = [];
  let sinceUs: number | undefined;
  for (const { us, pid, by } of edges) {
    const depth = (waiting.get(pid) ?? 0) + by;
    if (depth > 0) waiting.set(pid, depth);
    else waiting.delete(pid);
    const full = waiting.size >= limitAt(us);
    if (full) sinceUs ??= us;
    else if (sinceUs !== undefined) {
      spans.push({ fromUs: sinceUs, toUs: us });
      sinceUs = undefined;
    }
  }
  return spans;
}

/** Replicas that may hold sessions: ready, and not yet stopped; as declared where no event tells. */
function replicasAt(view: JudgedView, service: string, us: number): number {
  const states = new Map<string, boolean>();
  for (const event of view.result.events) {
    if (event.type !== 'service' || event.service !== service || event.atUs > us) continue;
    states.set(event.replica, event.state === 'ready' || event.state === 'draining');
  }
  const up = [...states.values()].filter(Boolean).length;
  return up > 0 ? up : (view.result.plan.scenario.environment.services[service]?.replicas ?? 1);
}

function isNew(view: JudgedView, full: readonly Span[], window: Span): boolean {
  const baseline = view.phase('baseline');
  if (!baseline) return true;
  return shareOf(window, full) > oftener * shareOf(baseline, full);
}

function shareOf(span: Span, full: readonly Span[]): number {
  return overlapUs(span, full) / Math.max(1, span.toUs - span.fromUs);
}
