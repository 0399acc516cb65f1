import type { Victims } from '../../model/lock-story.js';
import type { LockWait } from '../../model/observation.js';
import { midOf } from '../../histogram/layout.js';
import type { JudgedView } from '../judged-view.js';
import { usPerSecond } from '../seconds.js';
import { blockedMs } from './reads-writes.js';
import { actorText } from './session-names.js';
import { taggedEndpoints } from './tagged-endpoints.js';

/** Requests this much of the longest wait or slower are taken for those that stood in it. */
const overlapShare = 0.5;

/** Who waited, a line for each service, endpoint or session of its own; most blocked time first. */
export function victimsOf(view: JudgedView, waits: readonly LockWait[]): Victims[] {
  const byWho = new Map<string, { waits: LockWait[]; tagged: string[] }>();
  for (const wait of waits) {
    const { kind, name } = wait.waiter.actor;
    const who = actorText(wait.waiter.actor);
    const tagged = kind === 'service' ? [...new Set(taggedEndpoints(view, name, wait))].sort() : [];
    const key = JSON.stringify([who, ...tagged]);
    const known = byWho.get(key) ?? { waits: [], tagged };
    known.waits.push(wait);
    byWho.set(key, known);
  }
  const victims = [...byWho.values()].flatMap(({ waits: own, tagged }): Victims[] => {
    const [first] = own;
    if (!first) return [];
    const { kind, name } = first.waiter.actor;
    const longestMs = own.reduce((most, { durationMs }) => Math.max(most, durationMs), 0);
    const known = kind === 'traffic' ? [name] : tagged;
    const endpoints =
      kind === 'service' && known.length === 0 ? inferredEndpoints(view, name, own, longestMs) : known;
    return [
      {
        who: actorText(first.waiter.actor),
        endpoints,
        exact: known.length === 1,
        by: kind === 'traffic' ? 'name' : tagged.length > 0 ? 'tags' : 'overlap',
        sessions: new Set(own.map(({ waiter }) => waiter.pid)).size,
        waits: own.length,
        blockedMs: own.reduce((sum, { durationMs }) => sum + durationMs, 0),
        blocked: blockedMs(own.map((wait) => ({ wait, ms: wait.durationMs }))),
        longestMs,
      },
    ];
  });
  return victims.sort((a, b) => b.blockedMs - a.blockedMs);
}

/**
 * Of a service's endpoints, those that had a request in these seconds at least half as slow as the longest wait: an
 * inference, since sessions without tags do not say which request they serve.
 */
function inferredEndpoints(
  view: JudgedView,
  service: string,
  waits: readonly LockWait[],
  longestMs: number,
): string[] {
  const { traffic, environment } = view.result.plan.scenario;
  const only = Object.keys(environment.services).length === 1;
  const fromSecond = Math.floor(Math.min(...waits.map(({ fromUs }) => fromUs)) / usPerSecond);
  const toSecond = Math.ceil(Math.max(...waits.map(({ toUs }) => toUs)) / usPerSecond);
  return Object.entries(traffic.endpoints).flatMap(([endpoint, spec], index) => {
    if (spec.sql || (spec.service !== undefined ? spec.service !== service : !only)) return [];
    const slow = (view.cells[index] ?? []).some(
      ({ second, response }) =>
        second >= fromSecond &&
        second < toSecond &&
        response.some((counts) =>
          Array.from(counts.index).some((bucket) => midOf(bucket) / 1000 >= longestMs * overlapShare),
        ),
    );
    return slow ? [endpoint] : [];
  });
}
