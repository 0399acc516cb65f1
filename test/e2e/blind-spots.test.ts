import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

interface Report {
  verdict: string;
  findings: { rule: string; weight: string; what: string; why?: string; where: { path?: string } }[];
}

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.stop());

async function rehearse(folder: string, env: Record<string, string> = {}) {
  const args = ['rehearse', folder, '--results', join(folder, 'results'), '--json'];
  const run = new DtenProcess(args, { env });
  const ended = await run.ended;
  return { ...ended, report: JSON.parse(ended.stdout) as Report };
}

test('an external database whose role may see little: what is not seen is said, and is no pass', async () => {
  const admin = await postgres.connect();
  await admin.query(`create role shop login password 'shop'`);
  await admin.query('create database "shop ü" owner shop');
  const url = `postgres://shop:shop@127.0.0.1:${postgres.port}/${encodeURIComponent('shop ü')}`;
  const folder = smallScenario({
    blocks: {
      environment: `
  database: { provide: { external: { urlFrom: SHOP_URL } } }
  data:
    - sql: "create table items (id bigint generated always as identity primary key, name text not null)"
    - sql: "insert into items (name) select 'item ' || i from generate_series(1, 2000) i"`,
      objectives: `
  latency: { p99: 4s, over: 3s }
  locks: { longestWait: 5s, forbid: [ { mode: AccessExclusiveLock, traffic: true, heldLongerThan: 5s } ] }
  residue: none`,
    },
  });
  const { code, report } = await rehearse(folder, { SHOP_URL: url });
  expect([code, report.verdict]).toEqual([3, 'INVALID']);
  // Needed, and not to be had: which locks the statements take.
  const invalid = report.findings.filter(({ weight }) => weight === 'INVALID');
  expect(invalid.map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['forbidden-lock', 'extrapolation', 'queue-hazard-not-exercised']),
  );
  for (const { what } of invalid) expect(what).toContain('the statement trace is failed');
  // Not needed, or only in part: said, and not passed over.
  const said = report.findings.filter(({ weight }) => weight === 'note').map(({ what }) => what);
  for (const what of [
    /the server’s log: permission denied for function pg_current_logfile/,
    /may not see other sessions’ statements.*grant it pg_read_all_stats/,
    /state: the role may not read passwords of roles/,
    /state: the role may not read settings that only superusers see/,
  ]) {
    expect(said).toContainEqual(expect.stringMatching(what));
  }
  const shown = await dten(['report', join(folder, 'results')]);
  expect(shown.code).toBe(3);
  expect(shown.stdout).toMatch(/server log not\s+readable/);
  expect(shown.stdout).toContain('how much data there is is not known');
});

const hook = (id: number) => ({ id, url: `https://example.test/${id}` });

test('probes that fail, flap, page for ever, repeat a page and hang: each is unknown by name, and the verdict INVALID', async () => {
  let flips = 0;
  const asked = new Map<string, number>();
  const system = await startSystem((path, page) => {
    const times = (asked.get(path) ?? 0) + 1;
    asked.set(path, times);
    if (path === '/fails')
      return times === 4 ? { status: 500, json: { error: 'out of cheese' } } : { json: [hook(1)] };
    if (path === '/flaps') return { json: [{ ...hook(1), token: (flips += 1) }] };
    if (path === '/endless') return { json: [hook(page)] };
    if (path === '/repeats') return { json: [hook(1), hook(2)] };
    if (path === '/pages') return { json: page <= 12 ? [hook(page), hook(1_000 + page)] : [] };
    return undefined; // never answers
  });
  const paged = (path: string, max: number) => ({
    http: { url: `${system.url}${path}`, page: { number: 'page', max } },
    select: '$[*]',
    key: '$.id',
    timeout: '20s',
  });
  const plain = (path: string, timeout = '20s') => ({
    http: { url: `${system.url}${path}` },
    select: '$[*]',
    key: '$.id',
    timeout,
  });
  const folder = smallScenario({
    blocks: {
      probes: JSON.stringify({
        fails: plain('/fails'),
        flaps: plain('/flaps'),
        endless: paged('/endless', 5),
        repeats: paged('/repeats', 6),
        pages: paged('/pages', 100),
        hangs: plain('/hangs', '1s'),
      }),
      objectives: `\n  residue: none`,
    },
  });
  try {
    const { code, report } = await rehearse(folder);
    expect([code, report.verdict]).toEqual([3, 'INVALID']);
    const told = report.findings.filter(({ rule, weight }) => rule === 'residue' && weight === 'INVALID');
    const lines = told.map(({ what }) => what.replace('could not be judged: ', ''));
    const everyTime = (what: string) =>
      ['S0a', 'S0b', 'S2'].map((at) => what.replace('…', `could not be read at ${at}`));
    expect(lines.sort()).toEqual(
      [
        `fails could not be read at S2: ${system.url}/fails answered 500: {"error":"out of cheese"}`,
        'flaps differed between two readings before any traffic: 1: $.token',
        ...everyTime('endless …: there are more than 5 pages'),
        // It answers any page with the first: nothing tells the last one.
        ...everyTime('repeats …: there are more than 6 pages'),
        ...everyTime('hangs …: not done within 1 s'),
      ].sort(),
    );
    // Twelve pages with items and an empty one, at S0 twice, S1 and S2.
    expect(asked.get('/pages')).toBe(4 * 13);
  } finally {
    system.server.closeAllConnections();
    system.server.close();
  }
});

/** A JSON API on the loopback; undefined: it takes the request and never answers. */
async function startSystem(
  answer: (path: string, page: number) => { status?: number; json: unknown } | undefined,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const told = answer(url.pathname, Number(url.searchParams.get('page') ?? 1));
    if (!told) return;
    response.writeHead(told.status ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(told.json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
