import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { isAlive, identify, processStart } from '../../../src/environment/leftovers/process-table.js';
import { provision } from '../../../src/environment/provision.js';
import type { Environment, Target } from '../../../src/model/contracts.js';
import type { ScenarioInput } from '../../../src/model/scenario.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

type ServiceInput = NonNullable<ScenarioInput['environment']['services']>[string];

const program = join(import.meta.dirname, 'fixtures', 'service.mjs');
const base: ServiceInput = { command: [process.execPath, program], ready: { http: '/healthz' } };
const traffic: ScenarioInput['traffic'] = { rate: '1/s', endpoints: { read: { request: { path: '/' } } } };
const roll = { drainMs: 1_000, overlapMs: 0 } as const;

let run: TestRun;
afterEach(async () => {
  expect(await run.end()).toEqual([]);
});

async function start(spec: Partial<ServiceInput>, database?: ScenarioInput['environment']['database']) {
  const services = { shop: { ...base, ...spec } };
  run = await startTestRun({ services, ...(database ? { database } : {}) }, { traffic });
  const env = await provision(run.ctx);
  await env.startServices();
  return { env, shop: env.services.get('shop')! };
}

interface Seen {
  env: Record<string, string>;
  pid: number;
  child?: number;
}
const look = async (target: Target | undefined): Promise<Seen> =>
  (await (await fetch(`${target?.origin}/env`)).json()) as Seen;

/** Every set of targets the traffic was told, with what was alive at that moment. */
function watchTargets(env: Environment): { names: string[]; drainMs: number; alive: boolean[] }[] {
  const told: { names: string[]; drainMs: number; alive: boolean[] }[] = [];
  env.onTargets(async (_, targets, drainMs) => {
    const alive = await Promise.all(
      targets.map((target) =>
        fetch(`${target.origin}/healthz`).then(
          (r) => r.ok,
          () => false,
        ),
      ),
    );
    told.push({ names: targets.map((t) => t.replica), drainMs, alive });
  });
  return told;
}

const events = (state: string) =>
  run.events.flatMap((e) => (e.type === 'service' && e.state === state ? [e.replica] : []));

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('services as processes', () => {
  it('run twice on ports of their own, with their environment, a named database URL and a log each', async () => {
    process.env.DATABASE_URL = 'postgres://production';
    process.env.PGHOST = 'production';
    const { env, shop } = await start(
      { env: { DB: '${database.url.shop}', HOMEDIR: '${env.HOME}' } },
      { roles: { shop: {} } },
    );
    delete process.env.DATABASE_URL;
    delete process.env.PGHOST;
    expect(
      shop
        .targets()
        .map((t) => t.replica)
        .sort(),
    ).toEqual(['shop#1', 'shop#2']);
    const seen = await Promise.all(shop.targets().map(look));
    expect(new Set(seen.map((s) => s.env.PORT)).size).toBe(2);
    for (const { env: theirs } of seen) {
      expect(theirs.DB).toContain('application_name=dten%2Fservice%2Fshop');
      expect(theirs.HOMEDIR).toBe(process.env.HOME);
      expect(theirs.DATABASE_URL).toBeUndefined();
      expect(theirs.PGHOST).toBeUndefined();
    }
    expect(env.outputs['service.shop.url']).toBe(shop.targets()[0]?.origin);
    expect(readFileSync(join(run.ctx.resultDir, 'logs', 'shop-1.log'), 'utf8')).toMatch(/listening on \d+/);
  });

  it('never ready: names the replica, the check and the last log lines, exit 2', async () => {
    await expect(
      start({ env: { NEVER_READY: 1 }, ready: { http: '/healthz', timeout: '700ms' } }),
    ).rejects.toMatchObject({
      code: 'service-not-ready',
      exitCode: 2,
      message: expect.stringMatching(
        /^service shop: shop#\d was not ready within 700 ms: http \/healthz: status 503; its last lines:\n {2}release none pid \d+\n {2}listening on \d+$/,
      ) as string,
    });
  });

  it('ended before ready: says how, with its log', async () => {
    await expect(start({ env: { DIE: 1 } })).rejects.toMatchObject({
      code: 'service-died',
      message: expect.stringMatching(/ended before it was ready \(exit 7\)[^]*no configuration/) as string,
    });
  });

  it('no such program: says so', async () => {
    await expect(start({ command: ['no-such-program'] })).rejects.toMatchObject({
      code: 'service-not-started',
      exitCode: 2,
    });
  });

  it('waits for a log line, and by default for the port', async () => {
    await start({ ready: { log: '^listening on' } });
    expect(events('ready')).toHaveLength(2);
    await run.end();
    await start({ ready: {} });
    expect(events('ready')).toHaveLength(2);
  });

  it('one that dies is told with its log, loses its target, and is not replaced', async () => {
    const { env, shop } = await start({});
    const told = watchTargets(env);
    const dying = shop.targets()[0]!;
    await fetch(`${dying.origin}/die`).catch(() => undefined);
    await until(() => told.length > 0);
    const other = shop.targets()[0]!.replica;
    expect(told).toEqual([{ names: [other], drainMs: 0, alive: [true] }]);
    expect(other).not.toBe(dying.replica);
    const died = run.events.find((e) => e.type === 'service' && e.state === 'died');
    expect(died).toMatchObject({ replica: dying.replica, detail: 'exit 3' });
    expect(died && 'logTail' in died && died.logTail?.at(-1)).toBe('out of memory, or so');
  });

  it('rolls one by one: two serve at every moment, changes merge over the environment', async () => {
    const { env, shop } = await start({ env: { RELEASE: '1.0', KEPT: 'yes' } });
    const told = watchTargets(env);
    const outcome = await shop.replace(
      { env: { RELEASE: '2.0' } },
      { ...roll, strategy: 'rolling' },
      run.ctx.signal,
    );
    expect(outcome).toEqual({ ok: true });
    expect(told.map((t) => t.names.length)).toEqual([3, 2, 3, 2]);
    expect(told.flatMap((t) => t.alive).every(Boolean)).toBe(true);
    expect(shop.targets().map((t) => t.replica)).toEqual(['shop#3', 'shop#4']);
    for (const { env: theirs } of await Promise.all(shop.targets().map(look))) {
      expect(theirs).toMatchObject({ RELEASE: '2.0', KEPT: 'yes' });
    }
    expect(events('stopped')).toHaveLength(2);
    expect(events('died')).toEqual([]);
  });

  it('sends SIGTERM only when the traffic has said that the target is drained', async () => {
    const { env, shop } = await start({ replicas: 1 });
    const old = await identify((await look(shop.targets()[0])).pid);
    let aliveWhenDrained: boolean | undefined;
    env.onTargets(async (_, targets) => {
      if (targets.length !== 1) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
      aliveWhenDrained = await isAlive(old!);
    });
    await shop.replace({ env: { RELEASE: '2' } }, { ...roll, strategy: 'rolling' }, run.ctx.signal);
    expect(aliveWhenDrained).toBe(true);
    expect(await isAlive(old!)).toBe(false);
  });

  it('recreates: all old out before any new is in; blue-green: one switch', async () => {
    const { env, shop } = await start({});
    const told = watchTargets(env);
    await shop.replace({ env: { RELEASE: '2' } }, { ...roll, strategy: 'recreate' }, run.ctx.signal);
    expect(told.map((t) => t.names.length)).toEqual([0, 2]);
    told.length = 0;
    await shop.replace({ env: { RELEASE: '3' } }, { ...roll, strategy: 'blueGreen' }, run.ctx.signal);
    expect(told.map((t) => t.names.length)).toEqual([2]);
    const seen = await Promise.all(shop.targets().map(look));
    expect(seen.map((s) => s.env.RELEASE)).toEqual(['3', '3']);
  });

  for (const strategy of ['rolling', 'recreate', 'blueGreen'] as const) {
    it(`${strategy} to a release that does not start fails with its log, and leaves as many as there were`, async () => {
      const { shop } = await start({ env: { RELEASE: '1.0' } });
      const outcome = await shop.replace({ env: { DIE: '1' } }, { ...roll, strategy }, run.ctx.signal);
      expect(outcome).toMatchObject({ ok: false, code: 'service-died' });
      expect(!outcome.ok && outcome.message).toContain('no configuration');
      const seen = await Promise.all(shop.targets().map(look));
      expect(seen.map((s) => s.env.RELEASE)).toEqual(['1.0', '1.0']);
      // The failed change is not kept.
      expect(await shop.replace({ env: { RELEASE: '1.1' } }, { ...roll, strategy }, run.ctx.signal)).toEqual({
        ok: true,
      });
    });
  }

  it('ends what ignores SIGTERM after its grace, and what a service started', async () => {
    const { shop } = await start({ replicas: 1, env: { STUBBORN: 1, CHILD: 1 }, stopGrace: '200ms' });
    const { pid, child } = await look(shop.targets()[0]);
    expect(await processStart(child!)).toBeDefined();
    await run.end();
    expect(await processStart(pid)).toBeUndefined();
    await until(async () => (await processStart(child!)) === undefined);
  });

  it('an interruption while waiting for readiness ends at once and leaves nothing', async () => {
    run = await startTestRun({ services: { shop: { ...base, env: { NEVER_READY: 1 } } } }, { traffic });
    const env = await provision(run.ctx);
    const starting = env.startServices();
    const failed = expect(starting).rejects.toThrow('interrupted by the test');
    await until(() => existsSync(join(run.ctx.resultDir, 'logs', 'shop-2.log')));
    run.abort();
    await failed;
    expect(events('stopped').length).toBe(events('starting').length);
  });

  it('a running system has one target and is not rolled', async () => {
    const server = createServer((_, res) => res.end('ok'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    run = await startTestRun({ services: { shop: { url } } });
    const env = await provision(run.ctx);
    await env.startServices();
    const shop = env.services.get('shop')!;
    expect(shop.targets()).toEqual([{ origin: url.slice(0, -1), replica: 'shop#1' }]);
    expect(await shop.replace({}, { ...roll, strategy: 'rolling' }, run.ctx.signal)).toMatchObject({
      ok: false,
      code: 'not-replaceable',
    });
    server.close();
  });

  it('a template that names nothing is bad input that lists what there is', async () => {
    await expect(start({ env: { X: '${database.url.nobody}' } })).rejects.toMatchObject({
      code: 'bad-template',
      exitCode: 2,
      message: expect.stringContaining('environment.services.shop.env.X') as string,
    });
  });
});
