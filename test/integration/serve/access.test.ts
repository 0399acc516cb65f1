import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createServer } from 'node:net';
import { leastPasswordLength } from '../../../src/serve/guard/password.js';
import { startServer, type RunningServer } from '../../../src/serve/server.js';
import { cookieOf, rawRequest } from './raw-request.js';

const token = 'a-token-of-this-test-0123456789';
const password = 'correct horse battery staple';
/** Its hands stand still unless a test moves them. */
const clock = { zeroNs: 0n, zeroEpochUs: 0, nowUs: 0, now: () => clock.nowUs };
let changed = 0;

function routes(app: FastifyInstance): void {
  app.get('/', () => ({ secret: 'results' }));
  app.get('/csrf', (request) => ({ csrf: request.session?.csrf ?? null }));
  app.post('/change', () => ({ changed: ++changed }));
}

const servers: RunningServer[] = [];
async function serve(access: { token?: string; password?: string; host?: string; names?: string[] }) {
  const server = await startServer({ host: '127.0.0.1', port: 0, clock, routes: [routes], ...access });
  servers.push(server);
  return server;
}
let withToken: RunningServer;
beforeAll(async () => {
  withToken = await serve({ token });
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

const get = (path: string, headers: Record<string, string> = {}, port = withToken.port) =>
  rawRequest(port, path, { headers: { host: `127.0.0.1:${port}`, ...headers } });

describe('the token of the address', () => {
  test('is exchanged for a cookie and taken out of the address', async () => {
    const first = await get(`/csrf?token=${token}&sort=start`);
    expect(first.status).toBe(303);
    expect(first.headers.location).toBe('/csrf?sort=start');
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(
        new RegExp(`^dten_${withToken.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
      ),
    ]);
    expect((await get('/', { cookie: cookieOf(first) })).body).toBe('{"secret":"results"}');
  });

  test('an address that would lead elsewhere stays here', async () => {
    for (const path of ['//evil.example/x', '/\\evil.example/x', '///evil.example']) {
      const answer = await get(`${path}?token=${token}`);
      expect(answer.status).toBe(303);
      expect(answer.headers.location).toMatch(/^\/[^/\\]/);
    }
  });

  test.each([
    ['none', '/'],
    ['a wrong one', '/?token=a-token-of-this-test-0123456788'],
    ['an empty one', '/?token='],
    ['a longer one', `/?token=${token}x`],
    ['two', `/?token=${token}&token=${token}`],
  ])('%s: 401, and nothing of the results', async (_name, path) => {
    const answer = await get(path);
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain('results');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test('programs send it as a bearer token', async () => {
    expect((await get('/', { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await get('/', { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  test('a cookie of another server, or one made up, is none of ours', async () => {
    expect((await get('/', { cookie: `dten_${withToken.port}=made-up` })).status).toBe(401);
    expect((await get('/', { cookie: `dten_${withToken.port}=` })).status).toBe(401);
  });

  test('what does not exist is not told to who has not signed in', async () => {
    expect((await get('/no-such-thing')).status).toBe(401);
    expect((await get('/no-such-thing', { authorization: `Bearer ${token}` })).status).toBe(404);
  });
});

describe('by which name it is called', () => {
  const signedIn = { authorization: `Bearer ${token}` };

  test.each([
    'evil.example',
    'evil.example:80',
    '127.0.0.1.evil.example',
    '192.168.1.7',
    '[fe80::1]',
    'localhost@evil',
  ])('%s: 421, whatever token it brings', async (host) => {
    const answer = await get('/', { ...signedIn, host });
    expect(answer.status).toBe(421);
    expect(answer.body).not.toContain('secret');
  });

  test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:9000'])('%s: taken', async (host) => {
    expect((await get('/', { ...signedIn, host })).status).toBe(200);
  });

  test('names that were allowed are taken, and others’ addresses only where others are served', async () => {
    const open = await serve({ token, password, host: '0.0.0.0', names: ['dten.example'] });
    const status = async (host: string) => (await get('/', { ...signedIn, host }, open.port)).status;
    expect(await status('dten.example')).toBe(200);
    expect(await status('192.168.1.7:4000')).toBe(200);
    expect(await status('evil.example')).toBe(421);
  });
});

describe('what changes something', () => {
  const post = (headers: Record<string, string>) =>
    rawRequest(withToken.port, '/change', {
      method: 'POST',
      headers: { host: `127.0.0.1:${withToken.port}`, ...headers },
    });
  const origin = () => `http://127.0.0.1:${withToken.port}`;
  let cookie: string;
  let csrf: string;
  beforeAll(async () => {
    cookie = cookieOf(await get(`/?token=${token}`));
    csrf = (JSON.parse((await get('/csrf', { cookie })).body) as { csrf: string }).csrf;
  });

  test('needs the cookie, the page’s own token, and this origin', async () => {
    const before = changed;
    const refused: Record<string, string>[] = [
      { origin: origin() },
      { cookie, origin: origin() },
      { cookie, 'x-dten-csrf': csrf },
      { cookie, origin: origin(), 'x-dten-csrf': `${csrf}x` },
      { cookie, origin: 'http://evil.example', 'x-dten-csrf': csrf },
      { cookie, origin: 'null', 'x-dten-csrf': csrf },
      { cookie, origin: `http://127.0.0.1:${withToken.port + 1}`, 'x-dten-csrf': csrf },
      { cookie, origin: origin(), 'x-dten-csrf': csrf, 'sec-fetch-site': 'cross-site' },
      { cookie, origin: origin(), 'x-dten-csrf': csrf, 'sec-fetch-site': 'same-site' },
      { authorization: `Bearer ${token}`, origin: 'http://evil.example' },
    ];
    for (const headers of refused) expect([401, 403]).toContain((await post(headers)).status);
    expect(changed).toBe(before);
    expect((await post({ cookie, origin: origin(), 'x-dten-csrf': csrf })).status).toBe(200);
    expect((await post({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect(changed).toBe(before + 2);
  });

  test('a token in the address opens no door for a POST', async () => {
    const answer = await rawRequest(withToken.port, `/change?token=${token}`, {
      method: 'POST',
      headers: { host: 'localhost' },
    });
    expect(answer.status).toBe(401);
  });

  test('a body of more than 4 kB is refused', async () => {
    const answer = await rawRequest(withToken.port, '/change', {
      method: 'POST',
      headers: { host: 'localhost', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify('x'.repeat(5_000)),
    });
    expect(answer.status).toBe(413);
  });
});

describe('a password', () => {
  const signIn = (server: RunningServer, given: string, headers: Record<string, string> = {}) =>
    rawRequest(server.port, '/sign-in', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ password: given }).toString(),
    });

  test('is demanded where others can reach it, and then no token stands in the address', async () => {
    await expect(startServer({ host: '0.0.0.0', port: 0, clock, token, routes: [] })).rejects.toMatchObject({
      code: 'no-password',
      exitCode: 2,
    });
    expect(password.length).toBeGreaterThan(leastPasswordLength);
    const server = await serve({ password, host: '0.0.0.0' });
    expect(server.url).toBe(`http://0.0.0.0:${server.port}/`);
    expect((await get('/?token=', {}, server.port)).status).toBe(401);
    const page = await get('/', { accept: 'text/html' }, server.port);
    expect([page.status, page.headers.location]).toEqual([303, '/sign-in']);
  });

  test('opens a session; a form of another site does not', async () => {
    const server = await serve({ password });
    expect((await signIn(server, 'wrong')).status).toBe(401);
    const foreign = await signIn(server, password, { origin: 'http://evil.example' });
    expect([foreign.status, foreign.headers['set-cookie']]).toEqual([403, undefined]);
    const right = await signIn(server, password);
    expect(right.status).toBe(303);
    expect((await get('/', { cookie: cookieOf(right) }, server.port)).status).toBe(200);
  });

  test('five wrong ones in a minute: no more are looked at, right or wrong, until it is over', async () => {
    const server = await serve({ password });
    for (let n = 0; n < 5; n++) expect((await signIn(server, `wrong ${n}`)).status).toBe(401);
    const sixth = await signIn(server, password);
    expect([sixth.status, sixth.headers['retry-after']]).toEqual([429, '60']);
    clock.nowUs += 61_000_000;
    expect((await signIn(server, password)).status).toBe(303);
  });
});

describe('every answer', () => {
  test('forbids what a page of results has no use for', async () => {
    for (const answer of [await get('/'), await get('/', { host: 'evil.example' }), await get('/%zz')]) {
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cache-control': 'no-store',
      });
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
    }
  });
});

test('nothing listens once it is closed; a port that is taken is the user’s to change', async () => {
  const server = await serve({ token });
  const { port } = server;
  await expect(startServer({ host: '127.0.0.1', port, clock, token, routes: [] })).rejects.toMatchObject({
    code: 'cannot-listen',
    exitCode: 2,
  });
  await server.close();
  await server.close();
  const again = createServer();
  await new Promise<void>((resolve, reject) => {
    again.once('error', reject);
    again.listen(port, '127.0.0.1', resolve);
  });
  again.close();
});
