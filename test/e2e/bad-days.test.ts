import { createServer } from 'node:net';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lockWaitSchema, type LockWait } from '../../src/model/observation.js';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

interface Report {
  verdict: string;
  findings: { rule: string; what: string; why?: string }[];
}

async function rehearse(folder: string, env?: Record<string, string>) {
  const args = ['rehearse', folder, '--results', join(folder, 'results'), '--json'];
  const run = new DtenProcess(args, env ? { env } : {});
  const ended = await run.ended;
  const report = ended.stdout.startsWith('{') ? (JSON.parse(ended.stdout) as Report) : undefined;
  return { ...ended, report, left: run.left() };
}

const server = (body: string) => `import http from 'node:http';
${body}
http.createServer((request, response) => { response.end('ok'); }).listen(process.env.PORT, '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;
const withService = (ready: string) => ({
  environment: `
  services:
    web: { command: [node, app.mjs], ready: ${ready} }`,
  traffic: `
  rate: 40/s
  connections: 8
  timeout: 2s
  endpoints:
    page: { request: { path: / } }`,
  upgrade: `\n  steps: [ { name: nothing, wait: 3s } ]`,
  rollback: `\n  steps: [ { name: nothing back, wait: 1s } ]`,
});

test('a service that never gets ready: named, with its last log lines', async () => {
  const folder = smallScenario({
    blocks: withService('{ http: /healthz, timeout: 2s }'),
    files: { 'app.mjs': "console.log('waiting for a licence'); setInterval(() => {}, 1000);" },
  });
  const ended = await rehearse(folder);
  expect(ended.code).not.toBe(0);
  expect(ended.code).not.toBe(1);
  expect(ended.stderr).toMatch(/web#\d/);
  expect(ended.stderr).toContain('waiting for a licence');
  expect(ended.left).toEqual([]);
});

test('a service that dies mid-phase: NO-GO, with its last words', async () => {
  const folder = smallScenario({
    blocks: withService('{ http: / }'),
    files: {
      'app.mjs': server("setTimeout(() => { console.error('out of cheese'); process.exit(7); }, 6000);"),
    },
  });
  const ended = await rehearse(folder);
  expect(ended.code).toBe(1);
  const died = ended.report!.findings.find((finding) => finding.rule === 'service-died');
  expect(died?.what).toMatch(/web#\d/);
  expect(JSON.stringify(died)).toContain('out of cheese');
  expect(ended.left).toEqual([]);
});

test('Postgres killed mid-migration: the step fails, the rollback is still tried, NO-GO', async () => {
  const kill =
    "do $$ begin if current_database() not like '%trace%' then perform pg_sleep(20); end if; end $$";
  const folder = smallScenario({
    blocks: { upgrade: `\n  steps: [ { name: doomed, sql: "${kill}", transaction: statement } ]` },
  });
  const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results'), '--json']);
  await run.says(/upgrade\.doomed: begins/);
  const postmaster = run.left().find((line) => /postgres.* -D /.test(line));
  expect(postmaster).toBeDefined();
  process.kill(Number(postmaster!.split(' ')[0]), 'SIGKILL');
  const ended = await run.ended;
  expect(ended.code).toBe(1);
  const { findings } = JSON.parse(ended.stdout) as Report;
  expect(findings.map((finding) => finding.rule)).toContain('step-failed');
  expect(run.left()).toEqual([]);
});

test('a rate that this machine cannot generate: INVALID, and what to change', async () => {
  const blocks = withService('{ http: / }');
  const folder = smallScenario({
    blocks: {
      ...blocks,
      traffic: blocks.traffic.replace('40/s', '20000/s').replace('connections: 8', 'connections: 512'),
      // A tenth of it is what the harness may be late by: that much it is, whoever of the two is the slower.
      objectives: `
  latency: { p99: 50ms, over: 3s }
  errors: { ratio: 1%, over: 3s }`,
    },
    files: { 'app.mjs': server('') },
  });
  const ended = await rehearse(folder);
  expect(ended.code).toBe(3);
  expect(ended.report!.verdict).toBe('INVALID');
  expect(ended.report!.findings.map((finding) => finding.rule)).toContain('harness');
}, 180_000);

test('an unreachable database URL: exit 2, naming variable, host and port', async () => {
  const folder = smallScenario({
    blocks: { environment: `\n  database: { provide: { external: { urlFrom: SHOP_URL } } }` },
  });
  const ended = await rehearse(folder, { SHOP_URL: 'postgres://shop:secret@127.0.0.1:9/shop' });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('SHOP_URL');
  expect(ended.stderr).toContain('127.0.0.1:9');
  expect(ended.stderr).not.toContain('secret');
});

test('no Docker: exit 2, what to install, or to use the embedded Postgres', async () => {
  const folder = smallScenario({
    blocks: { environment: `\n  database: { provide: { container: { image: "postgres:17" } } }` },
  });
  const ended = await rehearse(folder, { DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/Docker/);
  expect(ended.stderr).toContain('provide: embedded');
});

test('reads queued behind an ALTER that waits for a report: whole length, root and statement', async () => {
  const folder = smallScenario({
    blocks: {
      background: `
  report:
    kind: longTransaction
    sql: select count(*) from items
    collide: { step: upgrade.add note, startBefore: 500ms, holdFor: 5s }`,
      upgrade: `
  steps:
    - { name: add note, sql: "alter table items add column note text", transaction: statement, timeout: 60s }`,
      objectives: `\n  locks: { longestWait: 500ms }`,
    },
  });
  const ended = await rehearse(folder);
  expect(ended.code).toBe(1);
  const found = ended.report!.findings.find((finding) => finding.rule === 'lock-wait');
  const told = `${found?.what} ${found?.why}`;
  expect(told).toContain('AccessShareLock');
  expect(told).toMatch(/alter table items/i);
  const waits = lockWaitsIn(await lastResult(folder));
  const longest = Math.max(
    ...waits.filter((w) => w.waiter.actor.kind === 'traffic').map((w) => w.durationMs),
  );
  // The report holds for 5 s and starts 0.5 s before the step: whoever came first behind the ALTER waited ~4.5 s.
  expect(longest).toBeGreaterThan(4_000);
  expect(longest).toBeLessThan(5_500);
  expect(waits.filter((w) => w.durationMs > 1_000).every((w) => w.root?.actor.name === 'report')).toBe(true);
});

test('a lock wait that outlasts its phase is recorded with its whole length', async () => {
  const folder = smallScenario({
    blocks: {
      background: `
  holder:
    kind: idleInTransaction
    sql: lock table items in access exclusive mode
    role: migrator
    collide: { step: upgrade.quick, startBefore: 500ms, holdFor: 3s }`,
      upgrade: `\n  steps: [ { name: quick, sql: "select 1", transaction: statement } ]`,
      rollback: `\n  steps: [ { name: quick back, sql: "select 1", transaction: statement } ]`,
      timeline: '{ warmup: 1s, baseline: 3s, soak: 6s, recovery: 3s }',
    },
  });
  const ended = await rehearse(folder);
  const dir = await lastResult(folder);
  const { phases } = JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8')) as {
    phases: { phase: string; fromUs: number }[];
  };
  const soakFromUs = phases.find(({ phase }) => phase === 'soak')!.fromUs;
  const began = lockWaitsIn(dir).filter(
    ({ phase, waiter }) => phase === 'upgrade' && waiter.actor.kind === 'traffic',
  );
  // All eight connections wait for the holder, the first of them nearly as long as it holds.
  expect(began.length, ended.stderr).toBe(8);
  const longest = Math.max(...began.map(({ durationMs }) => durationMs));
  expect(longest).toBeGreaterThan(2_500);
  expect(longest).toBeLessThan(3_300);
  for (const wait of began) {
    expect(wait.toUs).toBeGreaterThan(soakFromUs);
    expect(wait.ended).toBe('granted');
    expect(wait.root?.actor).toEqual({ kind: 'background', name: 'holder' });
  }
});

test('a port in use by somebody else does not stop a rehearsal', async () => {
  const squatter = createServer().listen(5432, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve).once('error', resolve));
  try {
    const ended = await rehearse(smallScenario());
    expect(ended.report?.verdict).toBe('GO');
    expect(ended.code).toBe(0);
  } finally {
    squatter.close();
  }
});

test('wrong input: every problem at once, with file and line, exit 2', async () => {
  const folder = smallScenario({
    blocks: {
      timeline: '{ warmup: 1 parsec, baseline: 3s }',
      objectives: '{ latencies: [] }',
      upgrade: `\n  steps: [ { name: broken, sql: "alter tabel items", transaction: statement } ]`,
    },
  });
  const ended = await dten(['validate', folder]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/scenario\.yaml:\d+:\d+: timeline\.warmup/);
  expect(ended.stderr).toMatch(/did you mean .*latency/i);
  expect(ended.stderr).toMatch(/syntax error at or near "tabel"/);
});

function lockWaitsIn(dir: string): LockWait[] {
  return readFileSync(join(dir, 'lock-waits.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => lockWaitSchema.parse(JSON.parse(line)));
}

async function lastResult(folder: string): Promise<string> {
  const listed = await dten(['report', join(folder, 'results'), '--json']);
  return (JSON.parse(listed.stdout) as { paths?: { dir: string }; dir?: string }).paths?.dir ?? '';
}
