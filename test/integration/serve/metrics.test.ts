import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { startClock } from '../../../src/foundation/clock.js';
import type { BegunRun, RecordedSecond } from '../../../src/model/live.js';
import { addMetricsRoute } from '../../../src/serve/metrics/metrics-route.js';
import { mostEndpoints } from '../../../src/serve/metrics/bounded-names.js';
import { bucketsSeconds } from '../../../src/serve/metrics/bucket-histogram.js';
import { otlpTarget, startOtlpExport } from '../../../src/serve/metrics/otlp-exporter.js';
import { RunMetrics } from '../../../src/serve/metrics/run-metrics.js';
import { startServer, type RunningServer } from '../../../src/serve/server.js';
import { lockWait, samplePlan, series, tally } from '../../unit/results/sample.js';
import { rawRequest } from './raw-request.js';

const clock = startClock();
const token = 'a-token-of-this-test-0123456789';
const servers: RunningServer[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

function begun(endpoints?: string[]): RunMetrics {
  const metrics = new RunMetrics();
  const plan = samplePlan(1);
  if (endpoints) {
    const [spec] = Object.values(plan.scenario.traffic.endpoints);
    plan.scenario.traffic.endpoints = Object.fromEntries(endpoints.map((name) => [name, spec!]));
  }
  metrics.watcher.begin?.({ dir: '', manifest: { id: 'abc', plan }, clock } as unknown as BegunRun);
  return metrics;
}

const recorded = (second: number, us: number[], more: Parameters<typeof tally>[2] = {}): RecordedSecond => ({
  second,
  tallies: [tally(0, 1, { ok: us.length, ...more })],
  series: [series(0, 1, 'response', us), series(0, 1, 'lag', [5])].map(({ index, count, ...of }) => ({
    ...of,
    parts: [{ index, count }],
  })),
});

/** Everything that may ever be told, told once. */
function played(): RunMetrics {
  const metrics = begun();
  const { watcher } = metrics;
  watcher.second?.(recorded(1, [900, 900, 4_000, 70_000_000], { dropped: 2, httpError: 1, retries: 3 }));
  watcher.second?.(recorded(2, [4_900]));
  watcher.event?.({ type: 'phase', phase: 'upgrade', fromUs: 1, seq: 0, atUs: 1 });
  watcher.event?.({ type: 'step', step: 'upgrade.add status', attempt: 1, edge: 'start', seq: 1, atUs: 1 });
  watcher.event?.({ type: 'step', step: 'no such step', attempt: 1, edge: 'start', seq: 1, atUs: 1 });
  watcher.lockWait?.(lockWait({ mode: 'AccessExclusiveLock', ended: 'granted', durationMs: 1_500 }));
  const locks = { waiting: 7, behindSteps: 5 };
  watcher.locks?.(() => ({ ...locks, coverage: undefined as never }));
  watcher.health?.({
    second: 1,
    worker: 0,
    lagP50Us: 100,
    lagP99Us: 2_500,
    lagMaxUs: 9_000,
    loopDelayP99Us: 0,
    cpuRatio: 0,
    inFlight: 12,
    queued: 4,
    busyConnections: 8,
    connections: 8,
    sent: 100,
  });
  return metrics;
}

/** Value by series, as Prometheus would read it. */
const parsed = (text: string) =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

describe('/metrics', () => {
  test('the planted run, number for number, for who brings the token', async () => {
    const metrics = played();
    const server = await startServer({
      host: '127.0.0.1',
      port: 0,
      token,
      clock,
      routes: [(app) => addMetricsRoute(app, metrics)],
    });
    servers.push(server);
    expect((await rawRequest(server.port, '/metrics')).status).toBe(401);
    const answer = await rawRequest(server.port, '/metrics', {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
    const values = parsed(answer.body);
    const of = (name: string, labels: string) => values.get(`${name}{${labels}}`);
    const here = 'endpoint="create order",phase="baseline"';
    expect(bucketsSeconds.map((le) => of('dten_response_seconds_bucket', `${here},le="${le}"`))).toEqual(
      bucketsSeconds.map((le) => (le < 0.0025 ? 2 : le < 0.005 ? 2 : 4)),
    );
    // The one beyond a minute, and the two that were dropped, are in no other bucket.
    expect(of('dten_response_seconds_bucket', `${here},le="+Inf"`)).toBe(7);
    expect(of('dten_response_seconds_count', here)).toBe(7);
    // As exact as the histograms are: three figures.
    expect(Math.abs((of('dten_response_seconds_sum', here) ?? 0) / 70.0107 - 1)).toBeLessThan(0.001);
    expect(of('dten_requests_total', `${here},outcome="ok"`)).toBe(5);
    expect(of('dten_requests_total', `${here},outcome="dropped"`)).toBe(2);
    expect(of('dten_requests_total', `${here},outcome="httpError"`)).toBe(1);
    expect(of('dten_retries_total', here)).toBe(3);
    expect(of('dten_phase_info', 'phase="upgrade"')).toBe(1);
    expect(of('dten_phase_info', 'phase="baseline"')).toBe(0);
    expect(of('dten_step_info', 'side="upgrade",step="upgrade.add status"')).toBe(1);
    expect(of('dten_lock_waits_total', 'mode="AccessExclusiveLock",ended="granted"')).toBe(1);
    expect(of('dten_lock_wait_seconds_total', 'mode="AccessExclusiveLock"')).toBe(1.5);
    expect(of('dten_blocked_sessions', 'behind="step"')).toBe(5);
    expect(of('dten_blocked_sessions', 'behind="other"')).toBe(2);
    expect(of('dten_send_lag_seconds', 'scenario="orders"')).toBe(0.0025);
    expect(of('dten_in_flight_requests', 'scenario="orders"')).toBe(12);
    expect(of('dten_queued_requests', 'scenario="orders"')).toBe(4);
    expect(answer.body).not.toContain('no such step');
  });

  test('what was not told yet has no series, and is no zero', async () => {
    const text = await new RunMetrics().text();
    expect(parsed(text).size).toBe(0);
  });

  test('1 000 endpoints are a hundred names and one for the rest, and no request is lost', async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `endpoint ${at}`);
    const metrics = begun(names);
    metrics.watcher.second?.({
      second: 1,
      tallies: names.map((_, at) => tally(at, 1, { ok: 3 })),
      series: [],
    });
    const values = [...parsed(await metrics.text())].filter(([name]) =>
      name.startsWith('dten_requests_total'),
    );
    expect(values).toHaveLength(mostEndpoints + 1);
    expect(values.reduce((sum, [, value]) => sum + value, 0)).toBe(3_000);
  });

  test('the next rehearsal begins at nothing', async () => {
    const metrics = played();
    metrics.watcher.begin?.({
      dir: '',
      manifest: { id: 'next', plan: samplePlan(1) },
      clock,
    } as unknown as BegunRun);
    const values = [...parsed(await metrics.text())].filter(([, value]) => value !== 0);
    expect(values).toEqual([['dten_run_info{scenario="orders",id="next"}', 1]]);
  });
});

test('the Grafana dashboard names no metric that is not exported', async () => {
  const dashboard = readFileSync(
    new URL('../../../docker/grafana/dten-dashboard.json', import.meta.url),
    'utf8',
  );
  const named = [...new Set(dashboard.match(/\bdten_[a-z_]+/g))];
  const exported = new Set([...parsed(await played().text()).keys()].map((name) => name.split('{')[0]));
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !exported.has(name))).toEqual([]);
});

describe('OTLP', () => {
  async function collector(status: number) {
    const got: { headers: IncomingHttpHeaders; url: string | undefined; body: string }[] = [];
    const server = createServer((request, answer) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        got.push({ headers: request.headers, url: request.url, body });
        answer.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return {
      got,
      url: `http://127.0.0.1:${port}`,
      close: () => new Promise((resolve) => server.close(resolve)),
    };
  }

  test('by OpenTelemetry’s variables, with their headers, as JSON that adds up', async () => {
    const { got, url, close } = await collector(200);
    const target = otlpTarget({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${url}/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'Api-Key=secret%20one, x-team = a ,broken',
    });
    const said: string[] = [];
    const exporter = startOtlpExport(played(), target!, { clock, say: (line) => said.push(line) });
    await exporter.stop();
    await close();
    expect(said).toEqual([]);
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      url: '/v1/metrics',
      headers: { 'content-type': 'application/json', 'api-key': 'secret one', 'x-team': 'a' },
    });
    const payload = JSON.parse(got[0]!.body) as {
      resourceMetrics: {
        scopeMetrics: { metrics: { name: string; histogram?: { dataPoints: object[] } }[] }[];
      }[];
    };
    const metrics = payload.resourceMetrics[0]!.scopeMetrics[0]!.metrics;
    expect(metrics.find(({ name }) => name === 'dten_response_seconds')?.histogram?.dataPoints).toMatchObject(
      [
        {
          count: '7',
          explicitBounds: bucketsSeconds,
          bucketCounts: [...bucketsSeconds.map((le) => (le === 0.001 ? '2' : le === 0.005 ? '2' : '0')), '3'],
        },
      ],
    );
    expect(metrics.find(({ name }) => name === 'dten_retries_total')).toMatchObject({
      sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ asDouble: 3 }] },
    });
  });

  test('a collector that refuses, or is not there, is told of once and costs nothing', async () => {
    const { url, close } = await collector(503);
    const said: string[] = [];
    const target = otlpTarget({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${url}/own` })!;
    expect(target.url).toBe(`${url}/own`);
    const exporter = startOtlpExport(played(), target, { clock, say: (line) => said.push(line) });
    await exporter.stop();
    await close();
    await exporter.stop();
    expect(said).toEqual(['metrics are not exported (OTLP): status 503; tried again, and not told again']);
  });

  test('nowhere, where no variable says where', () => {
    // A password in the address goes into a header: fetch refuses such an address, and would print it.
    expect(otlpTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:s%40cret@127.0.0.1:4318' })).toMatchObject({
      url: 'http://127.0.0.1:4318/v1/metrics',
      headers: { authorization: `Basic ${Buffer.from('user:s@cret').toString('base64')}` },
    });
    expect(otlpTarget({})).toBeUndefined();
    expect(
      otlpTarget({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x', OTEL_SDK_DISABLED: 'true' }),
    ).toBeUndefined();
  });
});
