import { formatCount, formatMs, formatRatio } from '../../foundation/units.js';
import type { RunPlan } from '../../model/plan.js';
import { endpointLoads } from '../load-shape.js';

export function describeTraffic(plan: RunPlan): string[] {
  const { traffic } = plan.scenario;
  const lines = [
    `traffic: ${rate(traffic.rate)}, ${traffic.arrivals} arrivals, ${traffic.connections} connections, at most ${formatCount(plan.inFlightCap)} in flight, ${traffic.workers} ${traffic.workers === 1 ? 'worker' : 'workers'}`,
  ];
  for (const [pool, { sql }] of Object.entries(traffic.pools))
    lines.push(`  pool       ${pool}: ${sql.trim().split('\n')[0] ?? ''}`);
  for (const { name, ratePerSecond, timeoutMs } of endpointLoads(plan.scenario)) {
    const endpoint = traffic.endpoints[name];
    if (!endpoint) continue;
    const retry =
      endpoint.retry &&
      `, retried on ${endpoint.retry.on.join(', ')} up to ${endpoint.retry.max} times after ${formatMs(endpoint.retry.delay)}`;
    const role = endpoint.role === undefined ? '' : ` as ${endpoint.role}`;
    lines.push(
      `  ${name}: ${rate(ratePerSecond)}, ${what(endpoint)}${role}, timeout ${formatMs(timeoutMs)}${retry ?? ''}`,
    );
    lines.push(`    expects ${expectation(endpoint)}`);
    for (const [pool, path] of Object.entries(endpoint.capture))
      lines.push(`    captures ${pool} from ${path}`);
    for (const variant of endpoint.variants) {
      const until = variant.until === undefined ? 'the end' : variant.until;
      const writes = variant.writes.length > 0 ? `, writes ${variant.writes.join(', ')}` : '';
      lines.push(
        `    variant    ${formatRatio(variant.share)} from ${variant.from} until ${until}: ${what(variant.request || variant.sql ? variant : endpoint)}${writes}`,
      );
    }
  }
  return lines;
}

type Endpoint = RunPlan['scenario']['traffic']['endpoints'][string];

function what({ request, sql }: Pick<Endpoint, 'request' | 'sql'>): string {
  if (request) return `${request.method} ${request.path}`;
  if (!sql) return '';
  const [first = ''] = sql.text.trim().split('\n');
  return `${sql.prepared ? 'prepared ' : ''}${first.slice(0, 90)}`;
}

function expectation({ expect, sql }: Endpoint): string {
  const parts: string[] = [];
  if (!sql) parts.push(expect.status === undefined ? 'any 2xx' : [expect.status].flat().join(' or '));
  if (expect.rows !== undefined) parts.push(`${expect.rows} rows`);
  if (expect.bodyIncludes !== undefined) parts.push(`a body with ${JSON.stringify(expect.bodyIncludes)}`);
  for (const [path, value] of Object.entries(expect.json ?? {}))
    parts.push(`${path} = ${JSON.stringify(value)}`);
  return parts.length > 0 ? parts.join(', ') : 'no error';
}

function rate(perSecond: number): string {
  return `${Number(perSecond.toPrecision(3))}/s`;
}
