import type { JudgedView } from '../judged-view.js';

/** Whose sessions carry an endpoint's requests: its own (SQL, exact) or its service's. */
export function carries(view: JudgedView, endpoint: number, actor: { kind: string; name: string }): boolean {
  const name = view.result.endpoints[endpoint];
  const { traffic } = view.result.plan.scenario;
  const spec = name === undefined ? undefined : traffic.endpoints[name];
  if (!spec) return false;
  if (spec.sql) return actor.kind === 'traffic' && actor.name === name;
  // Behind the service there may be others (a queue worker) and applications under names of their own.
  const service = serviceOf(view, endpoint);
  return (
    actor.kind === 'other' || (actor.kind === 'service' && (service === undefined || actor.name === service))
  );
}

/** The service that an endpoint's requests go to; undefined: SQL, or not known which. */
export function serviceOf(view: JudgedView, endpoint: number): string | undefined {
  const { traffic, environment } = view.result.plan.scenario;
  const spec = traffic.endpoints[view.result.endpoints[endpoint] ?? ''];
  if (!spec || spec.sql) return undefined;
  const [only, ...more] = Object.keys(environment.services);
  return spec.service ?? (more.length === 0 ? only : undefined);
}
