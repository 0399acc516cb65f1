import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { dockerAvailable } from '../../src/index.js';
import { lockWaitSchema, type LockWait } from '../../src/model/observation.js';
import { resultFiles, type ResultJson } from '../../src/model/result.js';
import type { Finding } from '../../src/model/verdict.js';
import { DtenProcess } from './support/dten-process.js';

const docker = await dockerAvailable();
const results = mkdtempSync(join(tmpdir(), 'dten-scenarios-'));
afterAll(() => rmSync(results, { recursive: true, force: true }));

interface Rehearsed {
  code: number | null;
  said: string;
  result: ResultJson;
  /** What stands against a GO. */
  against: Finding[];
  waits: LockWait[];
}

async function rehearse(scenario: string): Promise<Rehearsed> {
  const run = new DtenProcess(['rehearse', `scenarios/${scenario}`, '--results', results]);
  const { code, stdout, stderr } = await run.ended;
  expect(run.left()).toEqual([]);
  const said = `${stderr}\n${stdout}`;
  const [id] = readdirSync(join(results, scenario)).sort().slice(-1);
  if (id === undefined) throw new Error(`no result: ${said}`);
  const folder = join(results, scenario, id);
  const result = JSON.parse(readFileSync(join(folder, resultFiles.result), 'utf8')) as ResultJson;
  const waits = readFileSync(join(folder, resultFiles.lockWaits), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => lockWaitSchema.parse(JSON.parse(line)));
  // Made at the end, of the result alone.
  expect(readFileSync(join(folder, resultFiles.report), 'utf8')).toContain(
    `<title>${result.verdict.verdict}: `,
  );
  const against = result.verdict.findings.filter(({ weight, waived }) => weight !== 'note' && !waived);
  return { code, said, result, against, waits };
}

/** Waits of the service's sessions with a session of the step somewhere ahead of them. */
function waitsBehind({ waits }: Rehearsed, step: string): LockWait[] {
  const [side, name] = step.split(/\.(.*)/s);
  return waits.filter(
    ({ waiter, chain, blockers }) =>
      waiter.actor.kind === 'service' &&
      [...chain, ...blockers].some(({ actor }) => actor.kind === side && actor.name.startsWith(name ?? '')),
  );
}

function attemptsOf({ result }: Rehearsed, step: string) {
  return result.steps.find((record) => record.step === step)?.attempts ?? [];
}

function expectSafeOrders(run: Rehearsed): void {
  expect(run.against, run.said).toEqual([]);
  expect(run.result.verdict.verdict, run.said).toBe('GO');
  expect(run.code).toBe(0);
  expect(run.result.conservationError).toBe(0);
  expect(run.result.teardownFailures).toEqual([]);

  // The report lets go 3 s after the step has begun; attempts begin at 0, 0.4, 1.1, 2.4 and 4.9 s.
  for (const step of ['upgrade.add status', 'rollback.drop status']) {
    const attempts = attemptsOf(run, step);
    expect(attempts.length).toBeGreaterThanOrEqual(4);
    expect(attempts.slice(0, -1).map(({ ok, code }) => ({ ok, code }))).toEqual(
      attempts.slice(0, -1).map(() => ({ ok: false, code: '55P03' })),
    );
    expect(attempts.at(-1)?.ok).toBe(true);
    const behind = waitsBehind(run, step);
    expect(behind.length).toBeGreaterThan(0);
    // The root of the queue is the report, not the ALTER that stands in it.
    const roots = behind.filter(({ root }) => root?.actor.name === 'nightly report');
    expect(roots.length).toBeGreaterThan(0);
  }
}

describe('scenarios', () => {
  test('orders: GO, with the report met and every retry paid for', async () => {
    expectSafeOrders(await rehearse('orders'));
  }, 240_000);

  // At one time with pg-boss: a NO-GO stands whatever else the machine does.
  test.concurrent(
    'orders-risky: NO-GO, each statement named with its lock',
    async () => {
      const run = await rehearse('orders-risky');
      expect(run.result.verdict.verdict, run.said).toBe('NO-GO');
      expect(run.code).toBe(1);
      const noGo = run.against.filter(({ weight }) => weight === 'NO-GO');
      const about = (step: string, statement: RegExp) =>
        noGo.filter(
          ({ where, what, why }) =>
            where.step === step && statement.test(`${where.statement ?? ''} ${what} ${why ?? ''}`),
        );
      const words = (findings: Finding[]) =>
        findings.map(({ what, why }) => `${what} ${why ?? ''}`).join('\n');

      const alter = about('upgrade.add status', /alter table orders add column status/i);
      expect(words(alter)).toContain('AccessExclusiveLock');
      const backfill = about('upgrade.backfill status', /update orders/i);
      expect(backfill.map(({ rule }) => rule)).toContain('lock-wait');
      const index = about('upgrade.index status', /create index orders_status_idx/i);
      expect(words(index)).toContain('ShareLock');

      // Seven seconds behind the report: it holds for eight and is there one second ahead.
      const longest = Math.max(...waitsBehind(run, 'upgrade.add status').map(({ durationMs }) => durationMs));
      expect(longest).toBeGreaterThan(4_000); // statement_timeout of the shop is 5 s
      expect(longest).toBeLessThan(7_500);
    },
    240_000,
  );

  test.concurrent(
    'pg-boss: NO-GO, since its rollback fails once its new schema has been used',
    async () => {
      const run = await rehearse('pg-boss');
      expect(run.result.verdict.verdict, run.said).toBe('NO-GO');
      expect(run.code).toBe(1);
      expect(run.result.steps.map(({ step, outcome }) => [step, outcome])).toEqual([
        ['upgrade.schema 20', 'ok'],
        ['rollback.schema 19', 'failed'],
      ]);
      expect(attemptsOf(run, 'rollback.schema 19').at(-1)?.code).toBe('23505');
      const failed = run.against.find(({ rule }) => rule === 'step-failed');
      expect(failed?.where.step).toBe('rollback.schema 19');
      const queued = run.against.find(
        ({ rule, where }) => rule === 'lock-wait' && where.step === 'upgrade.schema 20',
      );
      expect(queued?.why).toContain('AccessExclusiveLock');
    },
    240_000,
  );

  test('flags-and-webhooks: NO-GO for the three things that the rollback left behind, cleaned by what it prints', async () => {
    const run = await rehearse('flags-and-webhooks');
    expect(run.result.verdict.verdict, run.said).toBe('NO-GO');
    expect(run.code).toBe(1);
    expect(run.against.map(({ rule, where }) => [rule, where.path?.replace(/[0-9a-f]{8}$/, '…')])).toEqual([
      ['residue', 'flags/multi-currency'],
      ['residue', 'webhooks/wh_4'],
      ['residue', 'credentials/v-importer-…'],
    ]);
    expect(run.against.map(({ remedy }) => remedy.replace(/%2F[0-9a-f-]{36}/, '%2F…'))).toEqual([
      `curl -fsS -X PUT "$ADMIN_URL"/flags/multi-currency -H 'authorization: Bearer rehearsal' -H 'content-type: application/json' -d '{"enabled":false}'`,
      `curl -fsS -X DELETE "$ADMIN_URL"/webhooks/wh_4 -H 'authorization: Bearer rehearsal'`,
      `curl -fsS -X DELETE "$ADMIN_URL"/leases/database%2Fcreds%2Fimporter%2F… -H 'authorization: Bearer rehearsal'`,
    ]);
    const { residue } = run.result;
    expect(residue?.probes.filter(({ unknown, unstable }) => unknown.length + unstable.length > 0)).toEqual(
      [],
    );
    // The database itself is as before: nothing of its catalog is left.
    expect(residue?.items.map(({ probe, origin }) => [probe, origin])).toEqual([
      ['flags', 'attributed'],
      ['webhooks', 'attributed'],
      ['credentials', 'attributed'],
    ]);
    expect(residue?.cleanup).toMatchObject({ proven: true, items: [], afterFirst: [], unknown: [] });
    expect(residue?.cleanup?.runs.map(({ round, ok }) => [round, ok])).toEqual(
      [1, 1, 1, 2, 2, 2].map((round) => [round, true]),
    );
    expect(run.result.conservationError).toBe(0);
    expect(run.result.teardownFailures).toEqual([]);
  }, 240_000);

  test.skipIf(!docker.ok && process.env.DTEN_REQUIRE_DOCKER !== '1')(
    'orders-container: GO, as on the embedded Postgres',
    async () => {
      expectSafeOrders(await rehearse('orders-container'));
    },
    300_000,
  );
});
