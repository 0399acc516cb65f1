import { afterEach, describe, expect, it } from 'vitest';
import { startClock } from '../../../src/foundation/clock.js';
import { compileEndpoints } from '../../../src/traffic/compile-endpoint.js';
import { HttpLink } from '../../../src/traffic/http-link.js';
import { LiveRequest } from '../../../src/traffic/live-request.js';
import { Recorder } from '../../../src/traffic/recorder.js';
import { Station } from '../../../src/traffic/station.js';
import { TrafficRig, trafficPlan } from './rig.js';
import { answerJson, closedPort, targetAt, TestServer } from './test-server.js';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function serve(...args: Parameters<typeof TestServer.start>): Promise<TestServer> {
  const server = await TestServer.start(...args);
  open.push(server);
  return server;
}

const get = { get: { request: { path: '/' } } };

describe('bad days', () => {
  it('a refused port costs at most 10 connects a second and connection, and fails requests at once', async () => {
    const connections = 4;
    const clock = startClock();
    const [endpoint] = compileEndpoints(trafficPlan({ rate: '1/s', endpoints: get }));
    const page = new Recorder().page(0, 0);
    const ends = new Map<string, number>();
    const station = new Station({
      connections,
      seed: 1,
      nowUs: () => clock.now(),
      connect: (target, events) => new HttpLink(target, events),
      ended: (_, { reason = 'ok' }) => ends.set(reason, (ends.get(reason) ?? 0) + 1),
    });
    const port = await closedPort();
    station.setTargets([targetAt(port)], 0, () => undefined);
    let submitted = 0;
    const message = { method: 'GET' as const, path: '/', headers: [], body: null };
    const pump = setInterval(() => {
      station.sweep();
      const nowUs = clock.now();
      for (let k = 0; k < 4; k++) {
        submitted += 1;
        station.submit(
          new LiveRequest(endpoint!, endpoint!.shape, -1, message, `${submitted}`, page, nowUs, nowUs),
        );
      }
    }, 10);
    const fromUs = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const seconds = (clock.now() - fromUs) / 1_000_000;
    expect(station.connects).toBeGreaterThanOrEqual(connections);
    expect(station.connects).toBeLessThanOrEqual(connections * (10 * seconds + 1));
    // It goes on knocking, so that a target that comes back is found within the longest rest.
    const server = await serve(({ response }) => response.end(), port);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    clearInterval(pump);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([...ends.keys()].sort()).toEqual(['ECONNREFUSED', 'ok']);
    expect((ends.get('ECONNREFUSED') ?? 0) + (ends.get('ok') ?? 0)).toBe(submitted);
    expect(ends.get('ok')).toBe(server.asked.length);
    expect(server.connections).toBeLessThanOrEqual(connections);
    station.close();
  });

  it('a refused port fails every request as a connection error, without delay', async () => {
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 4, endpoints: get },
      { targets: [targetAt(await closedPort())] },
    );
    await rig.run('baseline', 1000);
    const totals = await rig.stop();
    expect(totals.connectionError).toBe(totals.intended);
    expect(rig.reasons()).toEqual({ ECONNREFUSED: totals.intended });
    expect(rig.counts('response').total).toBe(totals.intended);
    expect(rig.counts('service').total).toBe(0);
  });

  it('one dead replica of two costs no request', async () => {
    const server = await serve(({ response }) => response.end());
    const rig = await TrafficRig.start(
      { rate: '300/s', connections: 8, endpoints: get },
      { targets: [targetAt(await closedPort()), server.target] },
    );
    await rig.run('baseline', 1500);
    const totals = await rig.stop();
    expect(rig.reasons()).toEqual({});
    expect(totals.ok).toBe(totals.intended);
    expect(server.asked.length).toBe(totals.intended);
  });

  it('no target at all fails requests at once', async () => {
    const rig = await TrafficRig.start({ rate: '100/s', connections: 2, endpoints: get });
    await rig.run('baseline', 300);
    const totals = await rig.stop();
    expect(rig.reasons()).toEqual({ 'no target': totals.intended });
  });

  it('a reset fails its own request only, and no answer goes to another', async () => {
    let resets = 0;
    const server = await serve((asked, nth) => {
      if (nth % 200 === 0) {
        resets += 1;
        asked.socket.resetAndDestroy();
        return;
      }
      setTimeout(() => answerJson(asked, { id: asked.headers['x-request'] }), nth % 7);
    });
    const rig = await TrafficRig.start(
      {
        rate: '1000/s',
        connections: 16,
        endpoints: {
          echo: {
            request: { path: '/', headers: { 'x-request': '${request.id}' } },
            expect: { json: { '$.id': '${request.id}' } },
          },
        },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 3000);
    const totals = await rig.stop();
    expect(resets).toBeGreaterThanOrEqual(10);
    expect(totals.httpError).toBe(0);
    expect(totals.connectionError).toBe(resets);
    expect(totals.ok).toBe(totals.intended - resets);
    expect(Object.keys(rig.reasons()).every((r) => r === 'ECONNRESET' || r === 'connection closed')).toBe(
      true,
    );
  });

  it('records a timeout at its deadline, from the intended start, wherever the request was', async () => {
    const server = await serve(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '100/s', connections: 5, timeout: '300ms', endpoints: get },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1200);
    const totals = await rig.stop();
    expect(totals.timeout).toBe(totals.intended);
    const response = rig.counts('response');
    expect(response.total).toBe(totals.intended);
    const exactly = new Set(response.toSparse().index);
    expect(exactly.size).toBe(1);
    expect(response.quantileUs(0.5)).toBe(300_031);
    // A connection that was cut rests: of 100 requests a second, 5 connections send 10 a second each at most. The
    // others were never sent, and have no service time.
    expect(server.connections).toBeLessThanOrEqual(5 * 16);
    const reasons = rig.reasons();
    expect(rig.counts('service').total).toBe(server.asked.length);
    expect(reasons['no answer']).toBe(server.asked.length);
    // Some were still connecting.
    expect(Object.values(reasons).reduce((a, b) => a + b, 0)).toBe(totals.intended);
    expect(reasons['no free connection']).toBeGreaterThan(20);
  });

  it('retries as the endpoint says, and counts the whole wait once', async () => {
    const seen = new Map<string, number>();
    const server = await serve((asked) => {
      const tries = (seen.get(asked.path) ?? 0) + 1;
      seen.set(asked.path, tries);
      if (tries === 1) answerJson(asked, {}, 503);
      else if (tries === 2) asked.socket.resetAndDestroy();
      else answerJson(asked, {});
    });
    const rig = await TrafficRig.start(
      {
        rate: '50/s',
        connections: 10,
        endpoints: {
          get: {
            request: { path: '/${request.id}' },
            retry: { on: ['connection', 503], max: 2, delay: '100ms' },
          },
        },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1000);
    const totals = await rig.stop();
    expect(totals.ok).toBe(totals.intended);
    expect(rig.sumOf('retries')).toBe(2 * totals.intended);
    expect(rig.counts('response').total).toBe(totals.intended);
    expect(rig.counts('response').quantileUs(0)).toBeGreaterThanOrEqual(199_000);
  });

  it('gives up after the last retry, with the last reason', async () => {
    const server = await serve((asked) => answerJson(asked, {}, 503));
    const rig = await TrafficRig.start(
      {
        rate: '50/s',
        connections: 4,
        endpoints: { get: { request: { path: '/' }, retry: { on: [503], max: 1, delay: '10ms' } } },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 400);
    const totals = await rig.stop();
    expect(totals.httpError).toBe(totals.intended);
    expect(rig.reasons()).toEqual({ 503: totals.intended });
    expect(server.asked.length).toBe(2 * totals.intended);
  });

  it('a live change of targets under load costs no request', async () => {
    const answer: Parameters<typeof TestServer.start>[0] = ({ response }) =>
      void setTimeout(() => response.end(), 30);
    const [a, b, c] = [await serve(answer), await serve(answer), await serve(answer)];
    const rig = await TrafficRig.start(
      { rate: '300/s', connections: 24, endpoints: get },
      { targets: [a.target, b.target] },
    );
    await rig.run('baseline', 500);
    await rig.traffic.setTargets('shop', [a.target, b.target, c.target], 1000);
    await rig.until(rig.now() + 300_000);
    await rig.traffic.setTargets('shop', [b.target, c.target], 5000);
    // Drained: nothing is under way at a, and nothing goes there any more.
    const askedA = a.asked.length;
    await a.stop();
    await rig.until(rig.now() + 300_000);
    await rig.traffic.setTargets('shop', [c.target], 5000);
    await b.stop();
    await rig.until(rig.now() + 300_000);
    const totals = await rig.stop();
    expect(rig.reasons()).toEqual({});
    expect(totals.ok).toBe(totals.intended);
    expect(a.asked.length).toBe(askedA);
    expect(c.asked.length).toBeGreaterThan(100);
    // Shared out evenly while there were two and three.
    expect(a.asked.length / (a.asked.length + b.asked.length)).toBeGreaterThan(0.25);
  });

  it('what outlasts a drain fails as such, and the roll goes on', async () => {
    const stuck = await serve(() => undefined);
    const fine = await serve(({ response }) => response.end());
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 6, endpoints: get },
      { targets: [stuck.target] },
    );
    await rig.run('baseline', 300);
    const fromUs = rig.now();
    await rig.traffic.setTargets('shop', [fine.target], 400);
    const tookMs = (rig.now() - fromUs) / 1000;
    expect(tookMs).toBeGreaterThan(390);
    await rig.until(rig.now() + 300_000);
    const totals = await rig.stop();
    expect(rig.reasons()).toEqual({ 'drain deadline': 6 });
    expect(totals.ok).toBe(totals.intended - 6);
  });
});
