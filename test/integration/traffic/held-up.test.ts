import { afterEach, describe, expect, it } from 'vitest';
import { phases, type Phase } from '../../../src/model/scenario.js';
import { startClock } from '../../../src/foundation/clock.js';
import { compileEndpoints } from '../../../src/traffic/compile-endpoint.js';
import { HttpLink } from '../../../src/traffic/http-link.js';
import { LiveRequest } from '../../../src/traffic/live-request.js';
import { PhaseSchedule } from '../../../src/traffic/phase-schedule.js';
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

describe('a harness that is held up', () => {
  it('offers each phase its own requests, also when it hears of the phase too late', async () => {
    // Parsing this answer holds the worker's thread up for some hundred ms: phases begin meanwhile.
    const heavy = JSON.stringify({ id: 1, fill: Array.from({ length: 2_000_000 }, (_, i) => i) });
    let held = false;
    const server = await serve((asked) => {
      const now = asked.path.startsWith('/parsed') && !held;
      held ||= now;
      if (now) asked.response.end(heavy);
      else answerJson(asked, { id: 1 });
    });
    const rig = await TrafficRig.start(
      {
        rate: '500/s',
        connections: 8,
        endpoints: {
          plain: { weight: 9, request: { path: '/plain/${request.id}' } },
          parsed: { request: { path: '/parsed/${request.id}' }, expect: { json: { '$.id': 1 } } },
        },
      },
      { targets: [server.target] },
    );
    const begun: [Phase, number][] = [];
    for (const phase of ['baseline', 'upgrade', 'soak', 'rollback', 'recovery'] as const) {
      begun.push([phase, await rig.run(phase, 0)]);
    }
    await rig.until(rig.now() + 1_000_000);
    const totals = await rig.stop();

    expect(Math.max(...rig.health.map(({ lagMaxUs }) => lagMaxUs))).toBeGreaterThan(60_000);
    const schedule = new PhaseSchedule({
      seed: 1,
      ratePerSecond: 500,
      arrivals: 'poisson',
      shard: { index: 0, of: 1 },
    });
    for (const [phase, fromUs] of begun) schedule.enter(phase, fromUs);
    const truth = Array.from({ length: totals.intended }, () => {
      const { phase, index } = schedule.takeDue(Number.MAX_VALUE)!;
      return `${phases[phase]}-${index}`;
    });
    const asked = server.asked.map(({ path }) => path.split('/')[2]!);
    expect(asked.sort()).toEqual(truth.sort());
    expect(totals.ok).toBe(totals.intended);
  });

  it('at a rate far beyond it, hears answers all the same, ends, and counts what it did not start', async () => {
    const server = await serve(({ response }) => response.end());
    const rig = await TrafficRig.start(
      { rate: '3000000/s', connections: 8, timeout: '1s', endpoints: get },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1_000);
    const fromUs = rig.now();
    const totals = await rig.stop(200);
    // 200 ms, 2 s for the count of what is left, and what a busy machine adds.
    expect((rig.now() - fromUs) / 1000).toBeLessThan(5_000);
    // Without an answer heard, a fast system would pass for one that never answers.
    expect(totals.ok).toBeGreaterThan(0);
    expect(totals.dropped).toBeGreaterThan(totals.intended / 2);
    expect(rig.reasons()['generator late']).toBeGreaterThan(0);
    // Each request that it took up says how late it was.
    expect(rig.counts('lag').total).toBe(totals.intended);
    expect(rig.counts('lag').maxUs()).toBeGreaterThan(100_000);
  });

  it('an interrupted run still sees every request to its end', async () => {
    const server = await serve(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 4, endpoints: get },
      { targets: [server.target] },
    );
    await rig.run('baseline', 400);
    await rig.traffic[Symbol.asyncDispose]();
    rig.checkConservation();
    expect(rig.tally().intended).toBeGreaterThan(20);
    expect(rig.tally().aborted).toBe(rig.tally().intended);
  });

  it('an interruption does not wait for the last requests', async () => {
    const server = await serve(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 4, endpoints: get },
      { targets: [server.target] },
    );
    await rig.run('baseline', 300);
    const stopped = rig.traffic.stop(25_000);
    const fromUs = rig.now();
    rig.abort();
    await expect(stopped).rejects.toThrow('interrupted by the test');
    expect((rig.now() - fromUs) / 1000).toBeLessThan(5_000);
    rig.checkConservation();
    expect(rig.tally().aborted).toBe(rig.tally().intended);
  });
});

describe('a station', () => {
  it('sees a long queue of requests that cannot be written to its end', async () => {
    const clock = startClock();
    const [endpoint] = compileEndpoints(trafficPlan({ rate: '1/s', endpoints: get }));
    const page = new Recorder().page(0, 0);
    const release: (() => void)[] = [];
    const server = await serve(({ response }) => void release.push(() => response.end()));
    const ends: Record<string, number> = {};
    const wanted = 10_002;
    const station = new Station({
      connections: 1,
      seed: 1,
      nowUs: () => clock.now(),
      connect: (target, events) => new HttpLink(target, events),
      ended: (_, { kind }) => (ends[kind] = (ends[kind] ?? 0) + 1),
    });
    station.setTargets([server.target], 0, () => undefined);
    const submit = (path: string) => {
      const message = { method: 'GET' as const, path, headers: [], body: null };
      const nowUs = clock.now();
      station.submit(new LiveRequest(endpoint!, endpoint!.shape, -1, message, 'x', page, nowUs, nowUs));
    };
    submit('/');
    for (let i = 0; i < wanted - 2; i++) submit('/not a path');
    submit('/');
    await expect
      .poll(
        () => {
          for (const answer of release.splice(0)) answer();
          return ends;
        },
        { timeout: 20_000 },
      )
      .toEqual({ ok: 2, dropped: wanted - 2 });
    expect([station.busy, station.queued]).toEqual([0, 0]);
    station.close();
  });

  it('does not let a new target pay for the one before it', async () => {
    const rig = await TrafficRig.start(
      { rate: '100/s', connections: 2, endpoints: get },
      { targets: [targetAt(await closedPort())] },
    );
    // Long enough for both connections to rest their longest.
    await rig.run('baseline', 2_500);
    const server = await serve(({ response }) => response.end());
    await rig.traffic.setTargets('shop', [server.target], 1_000);
    await rig.run('upgrade', 800);
    await rig.stop();
    const upgrade = rig.tally(0, 'upgrade');
    expect(upgrade.intended).toBeGreaterThan(40);
    expect(upgrade.ok).toBe(upgrade.intended);
    expect(rig.tally(0, 'baseline').connectionError).toBeGreaterThan(150);
  });

  it('without a target fails at once what comes while the old one drains', async () => {
    const stuck = await serve(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 4, endpoints: get },
      { targets: [stuck.target] },
    );
    await rig.run('baseline', 300);
    const drained = rig.traffic.setTargets('shop', [], 1_500);
    await rig.run('upgrade', 600);
    rig.traffic.enter('soak');
    await drained;
    await rig.stop();
    const upgrade = rig.tally(0, 'upgrade');
    expect(upgrade.connectionError).toBe(upgrade.intended);
    expect(upgrade.intended).toBeGreaterThan(60);
    // Not one of them waited for the drain.
    expect(rig.counts('response', { phase: 'upgrade' }).maxUs()).toBeLessThan(600_000);
    expect(rig.reasons()).toMatchObject({ 'drain deadline': 4 });
  });
});
