import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import type { RollOptions, Service, ServiceChange } from '../../../src/model/contracts.js';
import { runStep } from '../../../src/steps/run-step.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { openSession } from './pg-sessions.js';
import { planned, stepBench } from './step-bench.js';

let postgres: TestPostgres;
let server: Server;
let origin: string;
const requests: { method?: string; url?: string; body: string; token?: string | string[] }[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { method, url } = request;
      requests.push({
        ...(method ? { method } : {}),
        ...(url ? { url } : {}),
        body,
        ...(request.headers.token ? { token: request.headers.token } : {}),
      });
      response.statusCode = url === '/bad' ? 503 : 200;
      // undici's timers tick twice a second: this is late for a limit of 200 ms for certain.
      const delayMs = url === '/slow' ? 2_500 : 0;
      setTimeout(() => response.end(JSON.stringify({ count: requests.length, state: 'green' })), delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await postgres.stop();
});

async function run(input: Record<string, unknown>, outputs: Record<string, string> = {}) {
  await using bench = await stepBench(postgres.url, 'postgres', { outputs });
  const result = await runStep(await planned(input), bench.env, bench.ctx);
  const logs = `${bench.ctx.resultDir}/logs/step-upgrade.a-step.log`;
  return { ...result, log: await readFile(logs, 'utf8').catch(() => ''), events: bench.events };
}

/** A process is there, whoever's; a dead one that nobody reaped yet is not. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('command', () => {
  it('gets the database by URL and by libpq variables, and its templates rendered', async () => {
    const script =
      'console.log(JSON.stringify(["DATABASE_URL","PGHOST","PGPORT","PGUSER","PGDATABASE","PGAPPNAME","EXTRA"].map(n=>process.env[n])), process.argv[1])';
    const { outcome, log } = await run(
      {
        command: [process.execPath, '-e', script, '${service.shop.url}'],
        env: { EXTRA: 'at ${service.shop.url}' },
      },
      { 'service.shop.url': 'http://shop' },
    );
    expect(outcome).toEqual({ ok: true });
    const { port, username } = new URL(postgres.url);
    expect(log).toContain(`application_name=dten%2Fupgrade%2Fa+step`);
    expect(log).toContain(
      `"127.0.0.1","${port}","${username}","postgres","dten/upgrade/a step","at http://shop"] http://shop`,
    );
  });

  it('fails with its exit code and its last lines', async () => {
    const { outcome, log } = await run({
      command: ['sh', '-c', 'for i in 1 2 3; do echo line $i; done; echo broken >&2; exit 3'],
    });
    expect(outcome).toMatchObject({
      ok: false,
      code: 'command-failed',
      message: expect.stringMatching(/exit code 3; log: .*\nline 1\nline 2\nline 3\nbroken$/) as string,
    });
    expect(log).toBe('line 1\nline 2\nline 3\nbroken\n');
  });

  it('says when it cannot be started, and does not try again', async () => {
    const { outcome, attempts } = await run({ command: ['no-such-migration-tool'], retries: 3 });
    expect(outcome).toMatchObject({
      code: 'command-not-started',
      message: expect.stringContaining('is it on PATH?') as string,
    });
    expect(attempts).toBe(1);
  });

  it('a template that has no value fails before anything runs', async () => {
    expect((await run({ command: ['echo', '${service.none.url}'] })).outcome).toMatchObject({
      code: 'missing-value',
      message: expect.stringContaining('service.none.url') as string,
    });
  });

  it('is tried again when the scenario asks', async () => {
    await using bench = await stepBench(postgres.url, 'postgres');
    const step = await planned({
      command: ['sh', '-c', 'echo x >> tries; [ $(wc -l < tries) -ge 3 ]'],
      retries: 5,
      retryDelay: '10ms',
    });
    expect(await runStep(step, bench.env, bench.ctx)).toMatchObject({ outcome: { ok: true }, attempts: 3 });
  });

  it('a timeout ends the whole process group', async () => {
    await using bench = await stepBench(postgres.url, 'postgres');
    const step = await planned({
      // The child ignores SIGTERM, so it takes SIGKILL to the group.
      command: [
        'sh',
        '-c',
        'sh -c \'trap "" TERM; echo $$ > child; while :; do sleep 0.1; done\' & echo $$ > leader; wait',
      ],
      timeout: '500ms',
    });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toMatchObject({ code: 'timeout' });
    for (const name of ['leader', 'child']) {
      const pid = Number(await readFile(join(bench.ctx.plan.baseDir, name), 'utf8'));
      expect(pid).toBeGreaterThan(1);
      expect(isAlive(pid), name).toBe(false);
    }
  });

  it('ends with its own process: what it left in the background holds nothing up, and ends with the run', async () => {
    const bench = await stepBench(postgres.url, 'postgres');
    const step = await planned({
      command: ['sh', '-c', 'echo done; sleep 60 & echo $! > child; exit 0'],
      timeout: '20s',
    });
    const result = await runStep(step, bench.env, bench.ctx);
    const tookMs = ((bench.events.at(-1)?.atUs ?? 0) - (bench.events[0]?.atUs ?? 0)) / 1000;
    const pid = Number(await readFile(join(bench.ctx.plan.baseDir, 'child'), 'utf8'));
    expect(result.outcome).toEqual({ ok: true });
    expect(tookMs).toBeLessThan(10_000);
    expect(isAlive(pid)).toBe(true);
    expect(bench.events).toContainEqual(
      expect.objectContaining({ type: 'note', message: expect.stringContaining('left processes') as string }),
    );
    await bench[Symbol.asyncDispose]();
    expect(isAlive(pid)).toBe(false);
  });

  it('a timeout ends its statement on the server too', async () => {
    await using bench = await stepBench(postgres.url, 'postgres');
    // Killed, it tells the server nothing: the backend would sleep on.
    const script = `
      const { Client } = require(${JSON.stringify(createRequire(import.meta.url).resolve('pg'))});
      const client = new Client({ connectionString: process.env.DATABASE_URL });
      client.connect().then(() => client.query('select pg_sleep(60)'));`;
    const step = await planned({ name: 'sleeper', command: [process.execPath, '-e', script], timeout: '2s' });
    await using watcher = await openSession(postgres.url);
    const asleep = async () =>
      (await watcher.query("select from pg_stat_activity where application_name = 'dten/upgrade/sleeper'"))
        .rowCount;
    let began = false;
    const watching = (async () => {
      while (!began && bench.events.at(-1)?.type !== 'note') {
        began = (await asleep()) === 1;
        await sleep(20);
      }
    })();
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toMatchObject({ code: 'timeout' });
    await watching;
    expect(began).toBe(true);
    // It ends at its next look at its interrupts, which is at once.
    for (let tries = 0; tries < 100 && (await asleep()) !== 0; tries++) await sleep(50);
    expect(await asleep()).toBe(0);
    expect(bench.events).toContainEqual(
      expect.objectContaining({
        type: 'note',
        message: expect.stringContaining('1 of its database sessions') as string,
      }),
    );
  });
});

describe('http', () => {
  it('waits as long as the step may take, whatever the client library would', async () => {
    const usual = getGlobalDispatcher();
    const hasty = new Agent({ headersTimeout: 200, bodyTimeout: 200 });
    setGlobalDispatcher(hasty);
    try {
      const { outcome } = await run({ http: { url: `${origin}/slow` }, timeout: '30s' });
      expect(outcome).toEqual({ ok: true });
    } finally {
      setGlobalDispatcher(usual);
      await hasty.close();
    }
  });

  it('sends what the scenario says and checks the answer', async () => {
    const { outcome } = await run(
      {
        http: {
          method: 'POST',
          url: '${service.shop.url}/flags',
          headers: { token: 't-${random.int(5,5)}' },
          json: { on: true, by: '${random.int(7,7)}' },
          expect: { status: [200, 204], json: { '$.state': 'green' }, bodyIncludes: 'count' },
        },
      },
      { 'service.shop.url': origin },
    );
    expect(outcome).toEqual({ ok: true });
    expect(requests.at(-1)).toEqual({
      method: 'POST',
      url: '/flags',
      body: '{"on":true,"by":7}',
      token: 't-5',
    });
  });

  it.each([
    [{ url: '/bad' }, /expected status 2xx, got 503/],
    [{ url: '/', expect: { json: { '$.state': 'red' } } }, /expected \$\.state to be "red", got "green"/],
    [{ url: '/', expect: { bodyIncludes: 'blue' } }, /expected a body with "blue"/],
  ])('%j is not as expected', async (http, message) => {
    const { outcome } = await run({ http: { ...http, url: `${origin}${http.url}` } });
    expect(outcome).toMatchObject({
      code: 'http-unexpected',
      message: expect.stringMatching(message) as string,
    });
  });

  it('polls with retries', async () => {
    const wanted = requests.length + 3;
    const { outcome, attempts } = await run({
      http: { url: `${origin}/poll`, expect: { json: { '$.count': wanted } } },
      retries: 5,
      retryDelay: '10ms',
    });
    expect(outcome).toEqual({ ok: true });
    expect(attempts).toBe(3);
  });

  it('nobody there', async () => {
    expect((await run({ http: { url: 'http://127.0.0.1:1/' } })).outcome).toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});

describe('check', () => {
  it.each([
    ['select count(*) from generate_series(1, 5)', 5],
    ['select 5', '5'],
    ["select 'abc'", 'abc'],
    ['select true', true],
    ['select null', null],
    ['select 1.50::numeric', 1.5],
  ])('%s is %s', async (sql, equals) => {
    expect((await run({ check: { sql, equals } })).outcome).toEqual({ ok: true });
  });

  it.each([
    ['select 4', 5, 'expected 5, found 4'],
    ['select null', 0, 'expected 0, found null'],
    ['select 1 where false', 1, 'the query gave no rows'],
  ])('%s is not %s', async (sql, equals, message) => {
    expect((await run({ check: { sql, equals } })).outcome).toMatchObject({ code: 'check-failed', message });
  });

  it('an error is a failed step', async () => {
    expect((await run({ check: { sql: 'select * from missing', equals: 1 } })).outcome).toMatchObject({
      sqlState: '42P01',
    });
  });
});

describe('wait', () => {
  it('waits', async () => {
    const { outcome, events } = await run({ wait: '80ms' });
    expect(outcome).toEqual({ ok: true });
    expect((events.at(-1)!.atUs - events[0]!.atUs) / 1000).toBeGreaterThanOrEqual(79);
  });

  it('can be interrupted', async () => {
    await using bench = await stepBench(postgres.url, 'postgres');
    setTimeout(() => bench.abort(), 30);
    expect((await runStep(await planned({ wait: '60s' }), bench.env, bench.ctx)).outcome).toMatchObject({
      code: 'interrupted',
    });
  });
});

describe('service', () => {
  const rolled: { change: ServiceChange; roll: RollOptions }[] = [];
  const shop: Service = {
    name: 'shop',
    targets: () => [],
    async replace(change, roll) {
      rolled.push({ change, roll });
      return change.env?.RELEASE === 'broken'
        ? { ok: false, code: 'not-ready', message: 'shop#3 was not ready within 30 s' }
        : { ok: true };
    },
  };

  it('rolls to the change', async () => {
    await using bench = await stepBench(postgres.url, 'postgres', { services: [shop] });
    const step = await planned({
      service: { shop: { env: { RELEASE: '2.0' } } },
      roll: { strategy: 'rolling', drain: '2s', overlap: '5s' },
    });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toEqual({ ok: true });
    expect(rolled.at(-1)).toEqual({
      change: { env: { RELEASE: '2.0' } },
      roll: { strategy: 'rolling', drainMs: 2000, overlapMs: 5000 },
    });
  });

  it('a roll that fails is a failed step', async () => {
    await using bench = await stepBench(postgres.url, 'postgres', { services: [shop] });
    const step = await planned({ service: { shop: { env: { RELEASE: 'broken' } } } });
    expect((await runStep(step, bench.env, bench.ctx)).outcome).toEqual({
      ok: false,
      code: 'not-ready',
      message: 'shop: shop#3 was not ready within 30 s',
    });
  });

  it('a service nobody declared', async () => {
    await using bench = await stepBench(postgres.url, 'postgres');
    expect(
      (await runStep(await planned({ service: { none: {} } }), bench.env, bench.ctx)).outcome,
    ).toMatchObject({
      code: 'no-service',
    });
  });
});
