import type { LockWait } from '../../model/observation.js';
import type { JudgedView } from '../judged-view.js';
import { queryTags } from './query-tags.js';
import { wants } from './reads-writes.js';

/** How frameworks name the path that a request was routed by. */
const routeTags = ['route', 'http_route', 'http.route', 'path'];
const methodTags = ['method', 'http_method', 'http.method', 'http.request.method'];

/**
 * The endpoints that a service's statement was run for, by its tags: one whose name a tag is, else those on its route.
 * Where the tags name no method, a statement that writes is taken for none of a GET that shares the route with others.
 * Empty: it has no tags, or they fit no endpoint.
 */
export function taggedEndpoints(view: JudgedView, service: string, wait: LockWait): string[] {
  const tags = queryTags(wait.waiter.query ?? '');
  const values = Object.values(tags).map((value) => value.toLowerCase());
  if (values.length === 0) return [];
  const endpoints = endpointsOf(view, service);
  const named = endpoints.filter(({ name }) => values.includes(name.toLowerCase()));
  if (named.length > 0) return named.map(({ name }) => name);
  const route = routeTags.map((key) => tags[key]).find((value) => value !== undefined);
  if (route === undefined) return [];
  const routed = endpoints.filter(({ path }) => isOnRoute(path, route));
  const method = methodTags.map((key) => tags[key]).find((value) => value !== undefined);
  const fitting = routed.filter((endpoint) =>
    method === undefined
      ? routed.length === 1 || wants(wait) !== 'writes' || !['GET', 'HEAD'].includes(endpoint.method)
      : endpoint.method === method.toUpperCase(),
  );
  return fitting.map(({ name }) => name);
}

function endpointsOf(view: JudgedView, service: string): { name: string; method: string; path: string }[] {
  const { traffic, environment } = view.result.plan.scenario;
  const only = Object.keys(environment.services).length === 1;
  return Object.entries(traffic.endpoints).flatMap(([name, spec]) => {
    if (spec.service !== undefined ? spec.service !== service : !only) return [];
    const requests = [spec, ...spec.variants].flatMap(({ request }) => (request ? [request] : []));
    return requests.map(({ method, path }) => ({ name, method, path }));
  });
}

/** `/orders/${seen.order}?full=1` is on `/orders/:id`, `orders/<int:id>` and `/orders/{id}`. */
function isOnRoute(path: string, route: string): boolean {
  const own = segmentsOf(path.replaceAll(/\$\{[^}]*\}/g, '\0'));
  const asked = segmentsOf(route);
  return (
    own.length === asked.length &&
    own.every((segment, at) => {
      const other = asked[at] ?? '';
      const isParameter = /^(:|\{|<|\[|\*)/.test(other) || segment.includes('\0');
      return isParameter || segment === other;
    })
  );
}

function segmentsOf(path: string): string[] {
  return path
    .replace(/[?#].*$/s, '')
    .replace(/\(.*\)$/, '')
    .split('/')
    .filter((segment) => segment !== '');
}
