import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { Finding } from '../../src/model/verdict.js';
import { DtenProcess, repository } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

async function latencyFindings(folder: string): Promise<Finding[]> {
  const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results'), '--json']);
  const { stdout, stderr } = await run.ended;
  if (!stdout.startsWith('{')) throw new Error(`no report:\n${stderr}`);
  expect(run.left()).toEqual([]);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return findings.filter(({ rule }) => rule === 'latency');
}

/** The finding of an endpoint in which most time was lost. */
function worstOf(findings: readonly Finding[], endpoint: string): Finding {
  const own = findings.filter(({ where }) => where.endpoint === endpoint);
  const [worst] = own.sort((a, b) => (b.excess?.excessMs ?? 0) - (a.excess?.excessMs ?? 0));
  if (!worst) throw new Error(`nothing was found slow in ${endpoint}`);
  return worst;
}

const shareOf = (finding: Finding, kind: string) =>
  (finding.excess?.parts ?? [])
    .filter((part) => part.kind === kind)
    .reduce((sum, { share }) => sum + share, 0);

// A tuple of 24 + 8 + 8 + (4 + 164) bytes and its line pointer take 212 of the 8168 of a page: 38 a page.
const rows = 400_000;
const pages = Math.ceil(rows / 38);

test('an index that the upgrade drops: which statement got slower, from what to what, and how much of the excess it is', async () => {
  const folder = smallScenario({
    blocks: {
      environment: `
  database:
    roles: { app: {}, migrator: { owns: [public] } }
    settings: { max_parallel_workers_per_gather: 0 }
  data:
    - sql: "create table items (id bigint primary key, ref bigint not null, filler text not null)"
    - sql: "insert into items select i, i, repeat('x', 164) from generate_series(1, ${rows}) i"
    - sql: "create index items_ref on items (ref)"`,
      traffic: `
  rate: 24/s
  connections: 16
  timeout: 20s
  endpoints:
    by ref: { sql: { text: "select id, filler from items where ref = $1", values: ["\${random.int(1,${rows})}"] } }
    by id: { sql: { text: "select id, filler from items where id = $1", values: ["\${random.int(1,${rows})}"] } }`,
      timeline: `{ warmup: 2s, baseline: 10s, soak: 12s, recovery: 1s }`,
      upgrade: `
  steps:
    - { name: drop index, sql: "drop index items_ref", transaction: statement }`,
      rollback: `{ steps: [] }`,
      objectives: `\n  latency: { p50: 15ms, over: 10s }`,
    },
  });
  const found = worstOf(await latencyFindings(folder), 'by ref');
  expect(shareOf(found, 'plan')).toBeGreaterThan(0.6);
  const told =
    /`select id, filler from items where ref = \$1`, whose plan has changed: (?<now>[\d.]+) ms and (?<blocks>[\d\s]+) blocks a call, (?<usual>[\d.]+) ms and (?<few>\d+) in the baseline/.exec(
      found.why ?? '',
    )?.groups;
  expect(told, found.why).toBeDefined();
  const blocks = Number(told?.['blocks']?.replace(/\s/g, ''));
  expect(blocks).toBeGreaterThanOrEqual(pages);
  expect(blocks).toBeLessThanOrEqual(pages * 1.02);
  // A page of the table, and the way to it through the index.
  expect(Number(told?.['few'])).toBeLessThanOrEqual(5);
  expect(Number(told?.['now'])).toBeGreaterThan(10 * Number(told?.['usual']));
  expect(found.remedy).toContain('EXPLAIN');
});

const app = (max: number) => `import http from 'node:http';
import pg from '${pathToFileURL(join(repository, 'node_modules/pg/lib/index.js')).href}';
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: ${max}, min: ${max}, idleTimeoutMillis: 0 });
const answer = {
  '/read': () => pool.query('select count(*) from settings'),
  '/write': () => pool.query('insert into items (name) values ($1)', ['new']),
};
http.createServer((request, response) => {
  (answer[request.url] ?? (async () => {}))()
    .then(() => response.end('ok'), (error) => response.writeHead(500).end(error.message));
}).listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

test('reads that starve in the pool while writes are blocked: told as the pool’s, and not as blocked themselves', async () => {
  const folder = smallScenario({
    blocks: {
      environment: `
  database:
    roles: { app: {}, migrator: { owns: [public] } }
  data:
    - sql: "create table items (id bigint generated always as identity primary key, name text not null)"
    - sql: "create table settings (id int); insert into settings values (1)"
  services:
    shop: { command: [node, app.mjs], replicas: 1, pool: 4, ready: { http: / }, env: { DATABASE_URL: "\${database.url.app}" } }`,
      traffic: `
  rate: 60/s
  connections: 400
  timeout: 20s
  endpoints:
    read: { weight: 2, request: { path: /read } }
    write: { weight: 1, request: { method: POST, path: /write } }`,
      timeline: `{ warmup: 2s, baseline: 6s, soak: 4s, recovery: 1s }`,
      upgrade: `
  steps:
    - { name: build, transaction: file, sql: "lock table items in share mode; select pg_sleep(4)" }`,
      rollback: `{ steps: [] }`,
      objectives: `\n  latency: { p90: 500ms, over: 4s }`,
    },
    files: { 'app.mjs': app(4) },
  });
  const findings = await latencyFindings(folder);
  const read = worstOf(findings, 'read');
  expect(shareOf(read, 'pool')).toBeGreaterThan(0.6);
  // Four sessions waited for 4 s each; some 160 reads for 2 s on average.
  expect(shareOf(read, 'lock')).toBeLessThan(0.2);
  expect(read.why).toContain(
    'starved in the pool: all 4 connections of shop were busy while those before them waited for these locks',
  );
});
