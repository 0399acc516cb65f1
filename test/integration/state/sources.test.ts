import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/model/contracts.js';
import { probeSchema } from '../../../src/model/state.js';
import { readProbe } from '../../../src/state/read-probe.js';
import { redactor } from '../../../src/state/redact.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { startSystem, type TestSystem } from './http-systems.js';
import { databaseOf } from './pg-database.js';

let system: TestSystem | undefined;
afterEach(async () => {
  await system?.stop();
  system = undefined;
});

let postgres: TestPostgres;
let database: Database;
let folder: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await databaseOf(postgres);
  folder = await mkdtemp(join(tmpdir(), 'dten-probe-'));
});
afterAll(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

function read(probe: unknown, services: Record<string, Record<string, string>> = {}) {
  return readProbe(
    probeSchema.parse(probe),
    {
      probe: 'p',
      snapshot: 'S0a',
      baseDir: folder,
      database,
      render: (text) => text.replace('${env.TOKEN}', 'the token').replace('${system}', system?.url ?? ''),
      environmentOf: (service) => services[service],
    },
    redactor(new Uint8Array([1])),
    new AbortController().signal,
  );
}

const hooks = Array.from({ length: 7 }, (_, i) => ({
  id: i + 1,
  url: `https://a.example/${i}`,
  updated_at: i,
}));
const hookProbe = (page: unknown, more: object = {}) => ({
  http: { url: '${system}/hooks?env=prod', headers: { authorization: 'Bearer ${env.TOKEN}' }, page },
  select: '$.items[*]',
  key: '$.id',
  ignore: ['$.updated_at'],
  ...more,
});

describe('a paged JSON API', () => {
  const serve = (fail: (page: number) => { status: number } | undefined = () => undefined) =>
    startSystem(({ url, headers }) => {
      if (headers.authorization !== 'Bearer the token' || url.searchParams.get('env') !== 'prod')
        return { status: 401, json: {} };
      const at = Number(
        url.searchParams.get('cursor') ??
          url.searchParams.get('offset') ??
          (Number(url.searchParams.get('page') ?? 1) - 1) * 3,
      );
      const failed = fail(at / 3 + 1);
      if (failed) return { ...failed, json: { error: 'no' } };
      const more = at + 3 < hooks.length;
      return {
        json: {
          items: hooks.slice(at, at + 3),
          total: hooks.length,
          cursor: more ? at + 3 : null,
          next: more ? `/hooks?env=prod&cursor=${at + 3}` : null,
        },
        headers: more
          ? {
              link: `</hooks?env=prod>; rel="first", <hooks?env=prod&cursor=${at + 3}>; rel="next"; title="a, b"`,
            }
          : {},
      };
    });

  it.each<[string, unknown, number]>([
    ['a cursor', { next: '$.cursor', param: 'cursor' }, 3],
    ['a link in the body', { next: '$.next' }, 3],
    ['a Link header', { link: true }, 3],
    ['page numbers', { number: 'page' }, 4],
    ['offsets', { offset: 'offset', total: '$.total' }, 4],
  ])('is read to its end by %s', async (_how, page, requests) => {
    system = await serve();
    const { items, complete, reason } = await read(hookProbe(page));
    expect(reason).toBeUndefined();
    expect(complete).toBe(true);
    expect(items.map(({ key }) => key)).toEqual(['1', '2', '3', '4', '5', '6', '7']);
    expect(items[0]?.value).toEqual({ id: 1, url: 'https://a.example/0' });
    expect(system.requests).toHaveLength(requests);
  });

  it('is unknown where page 2 fails, with what page 1 showed', async () => {
    system = await serve((page) => (page === 2 ? { status: 500 } : undefined));
    const { items, complete, reason } = await read(hookProbe({ next: '$.next' }));
    expect(complete).toBe(false);
    expect(reason).toMatch(/^page 2: http:\/\/127\.0\.0\.1:\d+\/hooks answered 500: \{"error":"no"\}$/);
    expect(items).toHaveLength(3);
    expect(system.requests).toHaveLength(2); // never tried again: it would hide that it flaps
  });

  it('is unknown where fewer items came than there are, and where pages go on for ever', async () => {
    system = await startSystem(() => ({ json: { items: hooks.slice(0, 2), total: 9, next: null } }));
    expect(await read(hookProbe({ next: '$.next', total: '$.total' }))).toMatchObject({
      complete: false,
      reason: '2 items were seen of 9',
    });
    await system.stop();
    system = await startSystem(() => ({ json: { items: [], next: '/hooks?env=prod' } }));
    expect(await read(hookProbe({ next: '$.next' }))).toMatchObject({
      complete: false,
      reason: 'page 2 is one that was read before',
    });
    await system.stop();
    let page = 0;
    system = await startSystem(() => ({ json: { items: [{ id: ++page }], next: `/hooks?${page}` } }));
    expect(await read(hookProbe({ next: '$.next', max: 5 }))).toMatchObject({
      complete: false,
      reason: 'there are more than 5 pages',
    });
  });

  it('does not take its token to another host', async () => {
    system = await startSystem(() => ({ json: { items: [], next: 'https://evil.example/hooks' } }));
    expect(await read(hookProbe({ next: '$.next' }))).toMatchObject({
      complete: false,
      reason: 'page 2 is on another host, https://evil.example',
    });
  });

  it('is unknown when it refuses, redirects, answers without JSON, too late, or not at all', async () => {
    const probe = (more: object = {}) => ({ ...hookProbe(undefined), ...more });
    for (const [answer, reason] of [
      [{ status: 403, json: {} }, /answered 403/],
      [{ status: 302, headers: { location: '/' } }, /answered 302/],
      [{ text: '<html>' }, /without JSON: <html>/],
    ] as const) {
      system = await startSystem(() => answer);
      const result = await read(probe());
      expect(result.complete).toBe(false);
      expect(result.reason).toMatch(reason);
      expect(result.reason).not.toContain('the token');
      await system.stop();
    }
    system = await startSystem(() => ({ json: {}, delayMs: 20_000 }));
    expect(await read(probe({ timeout: '300ms' }))).toMatchObject({
      complete: false,
      reason: 'not done within 300 ms',
    });
    await system.stop();
    expect((await read(probe())).reason).toMatch(/ECONNREFUSED/);
  });

  it('has nothing where its status says so', async () => {
    system = await startSystem(() => ({ status: 404, json: {} }));
    const probe = { http: { url: '${system}/x', emptyOn: [404] }, select: '$.items[*]', key: '$.id' };
    expect(await read(probe)).toEqual({ items: [], complete: true });
  });

  it('is unknown where a page that the one before named is gone, and ends where a count runs out', async () => {
    system = await serve((page) => (page > 2 ? { status: 404 } : undefined));
    const probe = (page: unknown) => {
      const { http, ...rest } = hookProbe(page) as { http: object };
      return { ...rest, http: { ...http, emptyOn: [404] } };
    };
    for (const page of [{ next: '$.next' }, { link: true }])
      expect(await read(probe(page))).toMatchObject({ complete: false, reason: 'page 3 answered 404' });
    expect(await read(probe({ number: 'page' }))).toMatchObject({ complete: true });
    expect(await read(probe({ number: 'page', total: '$.total' }))).toMatchObject({
      complete: false,
      reason: '6 items were seen of 7',
    });
  });

  it('can be asked for its head', async () => {
    system = await startSystem(() => ({ headers: { etag: '"7"' } }));
    const { items } = await read({
      http: { method: 'HEAD', url: '${system}/x' },
      project: ['$.headers.etag'],
    });
    expect(items).toEqual([{ key: '$', value: { 'headers.etag': '"7"' } }]);
    expect(system.requests).toEqual(['HEAD /x']);
  });
});

describe('flags', () => {
  it('come from OFREP, evaluated for one context', async () => {
    system = await startSystem(({ method, url, body, headers }) => {
      const { context } = body as { context: { targetingKey: string } };
      if (
        method !== 'POST' ||
        url.pathname !== '/ofrep/v1/evaluate/flags' ||
        headers['x-api-key'] !== 'the token'
      )
        return { status: 404, json: {} };
      return {
        headers: { etag: '"v1"' },
        json: {
          flags: [
            {
              key: 'checkout',
              value: context.targetingKey === 'u1',
              variant: 'on',
              reason: 'TARGETING_MATCH',
              metadata: {},
            },
            { key: 'limit', value: 10, variant: 'ten', reason: 'CACHED' },
          ],
        },
      };
    });
    const { items, complete } = await read({
      ofrep: { url: '${system}/', headers: { 'x-api-key': '${env.TOKEN}' }, context: { targetingKey: 'u1' } },
    });
    expect(complete).toBe(true);
    expect(items).toEqual([
      { key: 'checkout', value: { key: 'checkout', value: true, variant: 'on', metadata: {} } },
      { key: 'limit', value: { key: 'limit', value: 10, variant: 'ten' } },
    ]);
  });

  it('that OFREP could not evaluate are unknown, not off', async () => {
    system = await startSystem(() => ({
      json: {
        flags: [
          { key: 'a', value: true },
          { key: 'b', errorCode: 'PARSE_ERROR', errorDetails: 'x' },
        ],
      },
    }));
    expect(await read({ ofrep: { url: '${system}' } })).toMatchObject({
      complete: false,
      reason: 'could not be evaluated: b',
    });
  });

  it('come from Unleash with their strategies', async () => {
    const strategies = [{ name: 'flexibleRollout', parameters: { rollout: '50' }, constraints: [] }];
    system = await startSystem(({ url, headers, method }) =>
      url.pathname === '/api/client/features' && headers.authorization === 'the token' && method === 'GET'
        ? {
            json: {
              version: 2,
              features: [
                { name: 'checkout', enabled: true, type: 'release', lastSeenAt: '2026-01-01', strategies },
              ],
            },
          }
        : { status: 401, json: { message: 'no' } },
    );
    const probe = { unleash: { url: '${system}/api', headers: { authorization: '${env.TOKEN}' } } };
    expect(await read(probe)).toEqual({
      complete: true,
      items: [{ key: 'checkout', value: { name: 'checkout', enabled: true, type: 'release', strategies } }],
    });
    expect((await read({ unleash: { url: '${system}' } })).reason).toMatch(/answered 401/);
  });

  it('are unknown where the answer is not a list of flags', async () => {
    system = await startSystem(() => ({ json: { hello: 1 } }));
    expect((await read({ ofrep: { url: '${system}' } })).reason).toBe('the answer has no flags');
    expect((await read({ unleash: { url: '${system}' } })).reason).toBe('the answer has no features');
  });
});

describe('credentials', () => {
  const probe = {
    credentials: {
      leases: { http: { url: '${system}/leases' }, select: '$.leases[*]', role: '$.data.username' },
      roles: 'v-%',
    },
  };

  it('compare the leases with the roles there really are', async () => {
    const admin = await postgres.connect();
    await admin.query(
      `create role "v-a" login valid until '2026-12-31'; create role "v-orphan" login; create role other`,
    );
    system = await startSystem(() => ({
      json: {
        leases: [
          { id: 'l1', ttl: 3600, data: { username: 'v-a' } },
          { id: 'l2', ttl: 5, data: { username: 'v-gone' } },
        ],
      },
    }));
    const { items, complete } = await read(probe);
    expect(complete).toBe(true);
    const byKey = Object.fromEntries(items.map((item) => [item.key, item]));
    expect(Object.keys(byKey).sort()).toEqual(['v-a', 'v-gone', 'v-orphan']);
    expect(byKey['v-a']).toMatchObject({
      value: {
        lease: { id: 'l1' },
        account: { canLogin: true, validUntil: expect.stringContaining('2026-12-31') as string },
      },
    });
    expect(byKey['v-a']).not.toHaveProperty('odd');
    expect(JSON.stringify(byKey['v-a'])).not.toContain('3600');
    expect(byKey['v-orphan']).toMatchObject({
      odd: expect.stringContaining('a role without a lease') as string,
    });
    expect(byKey['v-gone']).toMatchObject({ odd: 'a lease without a role', value: { account: null } });
    await admin.query('drop role "v-a"; drop role "v-orphan"; drop role other');
  });

  it('are unknown without the list of leases: roles would look orphaned', async () => {
    system = await startSystem(() => ({ status: 503, json: {} }));
    const result = await read(probe);
    expect(result.items).toEqual([]);
    expect(result.reason).toMatch(/^leases: .*answered 503/);
  });
});

describe('sql', () => {
  const sql = (text: string, more: object = {}) => read({ sql: text, key: '$.id', ...more });

  it('gives rows as items, as JSON', async () => {
    const { items } = await sql(
      `select 1 as id, 9007199254740993::bigint as big, timestamptz '2026-01-01Z' as at, '{"a":1}'::jsonb as j; -- done`,
    );
    expect(items).toEqual([
      { key: '1', value: { id: 1, big: '9007199254740993', at: '2026-01-01T00:00:00.000Z', j: { a: 1 } } },
    ]);
  });
  it('never writes, whatever the statement', async () => {
    const admin = await postgres.connect();
    await admin.query('create table if not exists kept (id int); create sequence if not exists seq');
    for (const text of [
      'delete from kept returning 1 as id',
      'select 1 as id; commit; drop table kept',
      `select 1 as id, set_config('transaction_read_only', 'off', true); `,
      'with gone as (delete from kept returning 1 as id) select * from gone',
      `select nextval('seq') as id`,
      'select 1 as id into made',
    ]) {
      const result = await sql(text);
      expect(result.complete && !text.includes('set_config'), text).toBe(false);
    }
    const { rows } = await admin.query(
      `select to_regclass('kept') as kept, to_regclass('made') as made, (select is_called from seq)`,
    );
    expect(rows).toEqual([{ kept: 'kept', made: null, is_called: false }]);
  });
  it('ends at its deadline and is unknown; so is one that is refused', async () => {
    const fromNs = process.hrtime.bigint();
    expect(await sql('select 1 as id from pg_sleep(30)', { timeout: '400ms' })).toMatchObject({
      complete: false,
    });
    expect(Number(process.hrtime.bigint() - fromNs) / 1e6).toBeLessThan(8_000);
    expect((await sql('select id from nowhere')).reason).toMatch(/does not exist/);
  });
  it('does not wait for ever behind a lock', async () => {
    const locker = await postgres.connect();
    await locker.query('create table if not exists kept (id int); begin; lock table kept');
    const result = await sql('select id from kept');
    await locker.query('rollback');
    expect(result).toMatchObject({
      complete: false,
      reason: expect.stringContaining('lock timeout') as string,
    });
  });
});

describe('files, environments and programs', () => {
  it('reads JSON, YAML, variables and bytes; a file that is not there has no items', async () => {
    await writeFile(join(folder, 'a.json'), '{"b":{"c":[{"id":"x","v":1}]}}');
    expect((await read({ file: 'a.json', select: '$.b.c[*]', key: '$.id' })).items).toEqual([
      { key: 'x', value: { id: 'x', v: 1 } },
    ]);
    await writeFile(join(folder, 'b.yaml'), 'a: [1, 2]\n');
    expect((await read({ file: 'b.yaml' })).items).toEqual([{ key: '$', value: { a: [1, 2] } }]);
    await writeFile(join(folder, '.env'), '# c\nexport A="x y"\nSECRET=hunter2\nA=z\n');
    const { items } = await read({ file: '.env', redact: ['$.value'] });
    expect(items.map(({ key }) => key)).toEqual(['A', 'SECRET']);
    expect(JSON.stringify(items)).not.toContain('hunter2');
    await writeFile(join(folder, 'notes'), 'hello');
    expect((await read({ file: 'notes' })).items[0]).toMatchObject({ key: 'notes', value: { bytes: 5 } });
    expect(await read({ file: 'missing.json' })).toEqual({ items: [], complete: true });
    await writeFile(join(folder, 'broken.json'), '{');
    expect((await read({ file: 'broken.json' })).complete).toBe(false);
  });

  it('reads the environment a service runs with', async () => {
    const services = { shop: { RELEASE: '1.0', FEATURE_A: 'on', OTHER: 'x' } };
    const { items } = await read({ env: { service: 'shop', names: ['RELEASE', 'FEATURE_*'] } }, services);
    expect(items.map(({ key }) => key)).toEqual(['RELEASE', 'FEATURE_A']);
    expect((await read({ env: { service: 'other' } }, services)).complete).toBe(false);
  });

  const program = (body: string) => ({ exec: [process.execPath, '-e', body] });
  it('asks a program on stdin and hears it on stdout', async () => {
    const echo = `let t='';process.stdin.on('data',d=>t+=d).on('end',()=>{const q=JSON.parse(t);console.log(JSON.stringify({items:[{key:q.probe+q.snapshot,v:process.env.V}]}))})`;
    expect(await read({ ...program(echo), environment: { V: '${env.TOKEN}' } })).toEqual({
      items: [{ key: 'pS0a', value: { key: 'pS0a', v: 'the token' } }],
      complete: true,
    });
  });
  it('is unknown where the program says so, fails, hangs, prints no JSON, or is not there', async () => {
    const says = `console.log(JSON.stringify({items:[{key:'a'}],complete:false,reason:'one shard is down'}))`;
    expect(await read(program(says))).toMatchObject({
      items: [{ key: 'a' }],
      complete: false,
      reason: expect.stringContaining('one shard is down') as string,
    });
    expect((await read(program(`console.error('boom');process.exit(3)`))).reason).toMatch(
      /ended with 3: boom/,
    );
    expect((await read(program(`console.log('hello')`))).reason).toMatch(/printed no JSON: hello/);
    const hangs = `require('child_process').spawn('sleep',['60'],{stdio:'inherit'});setInterval(()=>{},1000)`;
    expect((await read({ ...program(hangs), timeout: '700ms' })).reason).toBe('not done within 700 ms');
    expect((await read({ exec: ['no-such-program'] })).reason).toMatch(
      /no-such-program could not be started/,
    );
  });
});
