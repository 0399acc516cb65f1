import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startClock } from '../../../src/foundation/clock.js';
import { resultFiles } from '../../../src/model/result.js';
import { createResult } from '../../../src/results/create-result.js';
import { ResultIndex } from '../../../src/results/result-index.js';
import type { ListedPage } from '../../../src/serve/browse/list-query.js';
import { startResultsServer } from '../../../src/serve/browse/results-server.js';
import type { RunningServer } from '../../../src/serve/server.js';
import { fullSecond, sampleEvents, samplePlan } from '../../unit/results/sample.js';
import { plantResult, plantResults, verdictOf } from './planted-results.js';
import { rawRequest, type Answer } from './raw-request.js';

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'dten-serve-'));
  folders.push(folder);
  return folder;
};
const token = 'a-token-of-this-test-0123456789';
const servers: RunningServer[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.close()));
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function browse(root: string): Promise<(path: string) => Promise<Answer>> {
  const server = await startResultsServer({
    root,
    host: '127.0.0.1',
    port: 0,
    token,
    clock: startClock(),
    onError: (error) => {
      throw error;
    },
  });
  servers.push(server);
  return (path) =>
    rawRequest(server.port, path, {
      headers: { host: 'localhost', authorization: `Bearer ${token}`, accept: 'text/html, application/json' },
    });
}

describe('ten thousand results', () => {
  const count = 10_000;
  let root: string;
  let get: (path: string) => Promise<Answer>;
  const list = async (query: string) => JSON.parse((await get(`/api/results${query}`)).body) as ListedPage;

  beforeAll(async () => {
    root = newFolder();
    plantResults(root, count);
    get = await browse(root);
  });

  test('are counted and paged, the newest first', async () => {
    const first = await list('');
    expect(first).toMatchObject({ total: count, matching: count, offset: 0, limit: 50 });
    expect(first.results.map(({ because }) => because)).toEqual(
      Array.from({ length: 50 }, (_, at) => `reason ${count - 1 - at}`),
    );
    const last = await list('?offset=9960&limit=500');
    expect(last.results.map(({ because }) => because)).toEqual(
      Array.from({ length: 40 }, (_, at) => `reason ${39 - at}`),
    );
    expect(last.results[0]).not.toHaveProperty('dir');
  });

  test('are filtered by scenario, verdict, day and revision', async () => {
    const numbers = Array.from({ length: count }, (_, n) => n);
    const matching = async (query: string) => (await list(query)).matching;
    expect(await matching('?scenario=scenario-3')).toBe(2_000);
    expect(await matching('?verdict=NO-GO')).toBe(numbers.filter((n) => verdictOf(n) === 'NO-GO').length);
    expect(await matching('?scenario=scenario-3&verdict=NO-GO')).toBe(
      numbers.filter((n) => n % 5 === 3 && verdictOf(n) === 'NO-GO').length,
    );
    expect(await matching('?from=2026-01-02&to=2026-01-03')).toBe(2 * 24 * 60);
    expect(await matching('?verdict=none')).toBe(0);
    expect(await matching(`?revision=${(0xabc000000 + 77).toString(16).toUpperCase()}`)).toBe(1);
  });

  test('are sorted by what is asked for', async () => {
    const shortest = await list('?sort=duration&order=asc&limit=3');
    expect(shortest.results.map(({ durationMs }) => durationMs)).toEqual([30_000, 30_001, 30_002]);
    const oldest = await list('?sort=start&order=asc&limit=2');
    expect(oldest.results.map(({ because }) => because)).toEqual(['reason 0', 'reason 1']);
  });

  test('are read once: a refresh reads only what is new or has changed', async () => {
    let nowMs = Date.now();
    const index = new ResultIndex(root, () => nowMs);
    await index.entries();
    expect(index.reads).toBe(count);
    nowMs += 2_000;
    plantResult(root, '20270101T000000Z-ffffff', {
      scenario: 'scenario-0',
      startedAt: '2027-01-01T00:00:00Z',
    });
    const dir = plantResult(root, '20260101T000000Z-000000', { scenario: 'scenario-0', because: 'changed' });
    utimesSync(join(dir, 'result.json'), 1, 1);
    const entries = await index.entries();
    expect(index.reads).toBe(count + 2);
    expect(entries).toHaveLength(count + 1);
    expect(entries[0]?.id).toBe('scenario-0/20270101T000000Z-ffffff');
    expect(await index.find('scenario-0/20260101T000000Z-000000')).toMatchObject({ because: 'changed' });
  });

  test('wrong filters: every one of them in one answer', async () => {
    const answer = await get('/api/results?verdict=PERHAPS&from=yesterday&limit=-1');
    expect(answer.status).toBe(400);
    for (const name of ['verdict', 'from', 'limit']) expect(answer.body).toContain(`${name}: expected`);
  });

  test('the page lists them, with hostile names as text', async () => {
    plantResult(root, '20280101T000000Z-aaaaaa', {
      scenario: '<img src=x onerror=alert(1)>',
      startedAt: '2028-01-01T00:00:00Z',
      because: '"><script>alert(2)</script>',
    });
    await expect.poll(async () => (await get('/')).body).toContain('2028-01-01 00:00:00');
    const page = await get('/');
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.body).not.toContain('<img src=x');
    expect(page.body).not.toContain('<script>alert');
    expect(page.body).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });
});

describe('one result', () => {
  let root: string;
  let get: (path: string) => Promise<Answer>;
  let id: string;
  const clock = startClock();

  beforeAll(async () => {
    root = newFolder();
    const writer = await createResult({
      root,
      plan: samplePlan(1),
      clock,
      startedAt: '2026-11-22T10:15:00.000Z',
      id: 'abc123',
    });
    for (const event of sampleEvents()) writer.event(event);
    for (let second = 1; second < 5; second++) writer.traffic(fullSecond(0, second, 1));
    await writer.close();
    id = 'orders/20261122T101500Z-abc123';
    for (const name of Object.values(resultFiles)) {
      try {
        utimesSync(join(root, id, name), 1, 1); // nobody has written to it since 1970
      } catch {
        // not every file is there
      }
    }
    get = await browse(root);
  });

  test('opens as its report, whose own script and style the policy lets run, and no other', async () => {
    const page = await get(`/results/${id}`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('id="page-data"');
    const inMeta = [...page.body.matchAll(/'(sha256-[^']+)'/g)].map(([, hash]) => hash);
    expect(inMeta).toHaveLength(2);
    for (const hash of inMeta) expect(page.headers['content-security-policy']).toContain(`'${hash}'`);
  });

  test('is told to programs as dten report --json tells it', async () => {
    const answer = JSON.parse((await get(`/api/results/${id}`)).body) as { verdict: { verdict: string } };
    expect(JSON.stringify(answer)).toContain('INVALID');
  });

  test('one that another process writes to is in progress, and has no verdict', async () => {
    writeFileSync(
      join(root, id, 'events.ndjson'),
      `${JSON.stringify({ type: 'note', message: 'tracing <b>statements</b>', seq: 0, atUs: 1_500_000 })}\n{"type":"no`,
    );
    await expect.poll(async () => (await get('/api/results')).body).toContain('"state":"running"');
    const page = await get(`/results/${id}`);
    expect(page.body).toContain('in progress');
    expect(page.body).toContain('tracing &lt;b&gt;statements&lt;/b&gt;');
    expect(page.body).not.toContain('page-data');
    expect((await get(`/api/results/${id}`)).status).toBe(409);
  });
});

describe('what lies outside the folder', () => {
  let get: (path: string) => Promise<Answer>;
  const secret = 'root:x:0:0:the-secret';

  beforeAll(async () => {
    const outside = newFolder();
    plantResult(outside, '20260101T000000Z-secret', { scenario: 'elsewhere', because: secret });
    writeFileSync(join(outside, 'secret.txt'), secret);
    const root = join(outside, 'results');
    mkdirSync(root);
    const dir = plantResult(root, '20260101T000000Z-000001', { scenario: 'orders' });
    symlinkSync(join(outside, 'elsewhere'), join(root, 'linked-scenario'));
    symlinkSync(join(outside, 'elsewhere', '20260101T000000Z-secret'), join(root, 'orders', 'linked-result'));
    for (const file of ['manifest.json', 'result.json', 'events.ndjson']) {
      const copy = join(root, 'orders', `20260101T000000Z-link-${file}`);
      cpSync(dir, copy, { recursive: true });
      rmSync(join(copy, file), { force: true });
      symlinkSync(join(outside, 'secret.txt'), join(copy, file));
    }
    get = await browse(root);
  });

  test.each([
    '/results/../elsewhere/20260101T000000Z-secret',
    '/results/..%2felsewhere/20260101T000000Z-secret',
    '/results/..%2F..%2Felsewhere%2F20260101T000000Z-secret/x',
    '/results/orders/..%2f..%2f..%2felsewhere%2f20260101T000000Z-secret',
    '/results/orders/%2e%2e%2f%2e%2e%2felsewhere%2f20260101T000000Z-secret',
    '/results/%252e%252e%252felsewhere/20260101T000000Z-secret',
    '/results/..%5celsewhere/20260101T000000Z-secret',
    '/results/linked-scenario/20260101T000000Z-secret',
    '/results/orders/linked-result',
    '/results/orders/.',
    '/results/orders/..',
    '/results/orders/%00',
    '/results//etc/passwd',
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/api/results/..%2felsewhere/20260101T000000Z-secret',
  ])('%s: not found', async (path) => {
    const answer = await get(path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toContain('the-secret');
  });

  test('links that lead out are neither listed nor followed, and that is said', async () => {
    const page = await get('/');
    expect(page.body).not.toContain('the-secret');
    expect(page.body).not.toContain('elsewhere');
    expect(page.body).toContain('2 left out: symbolic links');
    for (const file of ['manifest.json', 'result.json', 'events.ndjson']) {
      const answer = await get(`/results/orders/20260101T000000Z-link-${file}`);
      expect(answer.status).toBe(422);
      expect(answer.body).toContain('symbolic link');
      expect(answer.body).not.toContain('the-secret');
    }
  });
});
