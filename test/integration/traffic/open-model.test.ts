import { afterEach, describe, expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { phases } from '../../../src/model/scenario.js';
import { PhaseSchedule } from '../../../src/traffic/phase-schedule.js';
import { TrafficRig } from './rig.js';
import { answerJson, TestServer } from './test-server.js';

const open: { stop(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
});

async function serve(...args: Parameters<typeof TestServer.start>): Promise<TestServer> {
  const server = await TestServer.start(...args);
  open.push(server);
  return server;
}

describe('the open model', () => {
  it('records a stall of 1 s as its users saw it', async () => {
    // Held answers go out all at once when the stall ends. The truth is the server's own log.
    let held: (() => void)[] | undefined;
    const sentUs = new Map<string, number>();
    const server = await serve(({ path, response }) => {
      const send = () => {
        sentUs.set(path.slice(1), rig.now());
        response.end();
      };
      if (held) held.push(send);
      else send();
    });
    const rig = await TrafficRig.start(
      { rate: '400/s', connections: 20, endpoints: { get: { request: { path: '/${request.id}' } } } },
      { targets: [server.target] },
    );
    const fromUs = rig.traffic.enter('baseline');
    await rig.until(fromUs + 1_000_000);
    held = [];
    await rig.until(fromUs + 2_000_000);
    const release = held;
    held = undefined;
    for (const send of release) send();
    await rig.until(fromUs + 4_000_000);
    const totals = await rig.stop();

    const schedule = new PhaseSchedule({
      seed: 1,
      ratePerSecond: 400,
      arrivals: 'poisson',
      shard: { index: 0, of: 1 },
    });
    schedule.enter('baseline', fromUs);
    const truth = new Counts();
    for (let i = 0; i < totals.intended; i++) {
      const arrival = schedule.takeDue(Number.MAX_VALUE)!;
      truth.record(sentUs.get(`${phases[arrival.phase]}-${arrival.index}`)! - arrival.atUs);
    }
    expect(totals.ok).toBe(totals.intended);
    expect(sentUs.size).toBe(totals.intended);
    const seen = rig.counts('response');
    expect(seen.total).toBe(totals.intended);
    // A quarter of the requests met the stall, so p90 and p99 lie in it.
    expect(truth.quantileUs(0.99)).toBeGreaterThan(850_000);
    for (const q of [0.9, 0.95, 0.99, 1]) {
      expect(seen.quantileUs(q) / truth.quantileUs(q)).toBeGreaterThan(0.98);
      expect(seen.quantileUs(q) / truth.quantileUs(q)).toBeLessThan(1.1);
    }
    // The service time of a connection does not show it: only one request a connection was waiting for an answer.
    expect(rig.counts('service').countAtOrAbove(500_000)).toBeLessThanOrEqual(20);
    expect(seen.countAtOrAbove(500_000)).toBeGreaterThan(100);
  });

  it('one seed, the same requests; another, others', async () => {
    const spec = {
      rate: '300/s',
      connections: 8,
      endpoints: {
        create: {
          weight: 3,
          request: {
            method: 'POST' as const,
            path: '/orders',
            headers: { 'x-request': '${request.id}' },
            json: { customer: '${random.int(1,5000)}', name: '${random.string(8)}' },
          },
        },
        read: {
          weight: 7,
          request: { path: '/orders/${random.int(1,100)}', headers: { 'x-request': '${request.id}' } },
        },
      },
    };
    const requests = async (seed: number, phaseMs: number) => {
      const server = await serve(({ response }) => response.end());
      const rig = await TrafficRig.start(spec, { targets: [server.target] }, seed);
      await rig.run('upgrade', phaseMs);
      await rig.run('soak', 500);
      await rig.stop();
      const byId = server.asked.map(
        ({ method, path, body, headers }) => [headers['x-request'], method, path, body] as const,
      );
      return new Map(byId.map(([id, ...rest]) => [String(id), rest.join(' ')]));
    };
    const [one, two, other] = [await requests(5, 300), await requests(5, 600), await requests(6, 300)];
    const common = (a: Map<string, string>, b: Map<string, string>) =>
      [...a].filter(([id]) => id.startsWith('soak') && b.has(id));
    expect(common(one, two).length).toBeGreaterThan(80);
    for (const [id, request] of common(one, two)) expect(two.get(id)).toBe(request);
    const different = common(one, other).filter(([id, request]) => other.get(id) !== request);
    expect(different.length).toBeGreaterThan(common(one, other).length / 2);
    const posts = [...one.values()].filter((request) => request.startsWith('POST'));
    expect(posts[0]).toMatch(/^POST \/orders \{"customer":\d+,"name":"[A-Za-z0-9]{8}"\}$/);
  });

  it('splits one schedule over workers, and reports every second of each', async () => {
    const server = await serve(({ response }) => response.end());
    const rig = await TrafficRig.start(
      {
        rate: '300/s',
        workers: 2,
        connections: 8,
        endpoints: { get: { request: { path: '/${request.id}' } } },
      },
      { targets: [server.target] },
    );
    const warmupUs = await rig.run('warmup', 700);
    const baselineUs = await rig.run('baseline', 900);
    const totals = await rig.stop();
    const ids = server.asked.map(({ path }) => path);
    expect(new Set(ids).size).toBe(totals.intended);
    for (const phase of ['warmup', 'baseline']) {
      const indexes = ids.filter((id) => id.startsWith(`/${phase}-`)).map((id) => Number(id.split('-')[1]));
      // Without a gap: between them the workers left nothing out.
      expect(indexes.sort((a, b) => a - b)).toEqual([...indexes.keys()]);
    }
    expect(rig.counts('response', { phase: 'warmup' }).total).toBeGreaterThan(100);
    expect(baselineUs).toBeGreaterThan(warmupUs);
    for (const worker of [0, 1]) {
      const seconds = rig.finalSeconds(worker).sort((a, b) => a - b);
      const first = Math.floor(warmupUs / 1_000_000);
      expect(seconds).toEqual(Array.from({ length: seconds.length }, (_, i) => first + i));
      expect(seconds.at(-1)).toBeGreaterThanOrEqual(Math.floor(rig.now() / 1_000_000) - 1);
    }
  });

  it('drops what would pass the in-flight cap, and counts it', async () => {
    const server = await serve(({ response }) => void setTimeout(() => response.end(), 500));
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 5, inFlight: 20, endpoints: { get: { request: { path: '/' } } } },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1000);
    const totals = await rig.stop();
    expect(totals.dropped).toBeGreaterThan(100);
    expect(rig.reasons()).toEqual({ 'in-flight cap': totals.dropped });
    expect(totals.ok).toBe(totals.intended - totals.dropped);
    // Censored: in no latency series.
    expect(rig.counts('response').total).toBe(totals.ok);
  });

  it('carries captures from answers into later requests, and counts what an empty pool kept back', async () => {
    const tokens = new Set<string>();
    const server = await serve((asked, nth) => {
      if (asked.path === '/login') {
        tokens.add(`t${nth}`);
        answerJson(asked, { token: `t${nth}` }, 201);
      } else answerJson(asked, {}, tokens.has(String(asked.headers.authorization)) ? 200 : 401);
    });
    const rig = await TrafficRig.start(
      {
        rate: '200/s',
        connections: 4,
        endpoints: {
          login: { request: { method: 'POST', path: '/login' }, capture: { token: '$.token' } },
          use: { weight: 4, request: { path: '/use', headers: { authorization: '${seen.token}' } } },
        },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1500);
    const totals = await rig.stop();
    expect(totals.httpError).toBe(0);
    expect(totals.ok + totals.dropped).toBe(totals.intended);
    expect(Object.keys(rig.reasons()).every((reason) => reason === 'empty pool token')).toBe(true);
    expect(rig.tally(1).ok).toBeGreaterThan(100);
  });

  it('switches variants at an announced instant, by share, and counts what they made', async () => {
    const server = await serve((asked) => answerJson(asked, {}, asked.path === '/new' ? 201 : 200));
    const rig = await TrafficRig.start(
      {
        rate: '400/s',
        connections: 8,
        endpoints: {
          create: {
            request: { path: '/old' },
            expect: { status: 200 },
            variants: [
              { from: 'upgrade.x', share: '50%', request: { path: '/new' }, expect: { status: 201 } },
            ],
          },
        },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 500);
    expect(server.asked.some(({ path }) => path === '/new')).toBe(false);
    const onUs = rig.traffic.setVariant(0, 0, true);
    await rig.until(onUs + 1_000_000);
    const offUs = rig.traffic.setVariant(0, 0, false);
    await rig.until(offUs + 300_000);
    const totals = await rig.stop();
    const made = server.asked.filter(({ path }) => path === '/new').length;
    expect(totals.ok).toBe(totals.intended);
    expect(rig.sumOf('variants', 0)).toBe(made);
    // About half of the 400 of that second (5 standard deviations of the count: 70).
    expect(made).toBeGreaterThan(140);
    expect(made).toBeLessThan(290);
  });

  it('aborts what is still under way at the end of the run, in no latency series', async () => {
    const server = await serve(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '100/s', connections: 10, endpoints: { get: { request: { path: '/' } } } },
      { targets: [server.target] },
    );
    await rig.run('baseline', 500);
    const totals = await rig.stop(100);
    expect(totals.aborted).toBe(totals.intended);
    expect(totals.intended).toBeGreaterThan(20);
    expect(rig.counts('response').total).toBe(0);
  });

  it('refuses to start without what an endpoint needs', async () => {
    const start = TrafficRig.start({ rate: '1/s', endpoints: { q: { sql: { text: 'select 1' } } } });
    await expect(start).rejects.toThrow(/endpoint q sends SQL, but there is no database/);
  });
});
