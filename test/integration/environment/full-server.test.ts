import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep } from '../../../src/foundation/clock.js';
import { runStep } from '../../../src/steps/run-step.js';
import { observedDatabase } from '../observe/observed-server.js';
import { planned, stepBench } from '../steps/step-bench.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';

let postgres: TestPostgres;
let crowdUrl: string;
beforeAll(async () => {
  postgres = await startTestPostgres({
    settings: { max_connections: '6', superuser_reserved_connections: '1', max_wal_senders: '0' },
  });
  const admin = await postgres.connect();
  await admin.query(`create role app login password 'app'; grant all on schema public to app`);
  await admin.end();
  crowdUrl = `postgres://app:app@127.0.0.1:${postgres.port}/postgres`;
});
afterAll(() => postgres?.stop());

/** Sessions of a role that is no superuser, until the server has no room for another one of them. */
async function crowd(): Promise<{ leave(): Promise<void>; goHome(): Promise<void> }> {
  const clients: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: crowdUrl });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      expect((error as { code?: string }).code).toBe('53300');
      break;
    }
    clients.push(client);
  }
  expect(clients.length).toBeGreaterThan(2);
  return {
    leave: async () => clients.pop()?.end(),
    goHome: async () => void (await Promise.all(clients.splice(0).map((client) => client.end()))),
  };
}

const asApp = { consumer: { kind: 'observer', name: 'audit' }, role: 'app' } as const;

it('an observer waits for room on a full server, and is told when there is none', async () => {
  const database = observedDatabase(postgres, 'postgres', { app: 'app' });
  const guests = await crowd();
  try {
    await expect(database.connect(asApp)).rejects.toMatchObject({ code: '53300' });
    const session = database.connect(asApp);
    await sleep(150);
    await guests.leave();
    await using there = await session;
    expect((await there.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  } finally {
    await guests.goHome();
  }
});

it('a step that finds the server full tries again with back-off, as often as it may', async () => {
  const guests = await crowd();
  try {
    await using bench = await stepBench(crowdUrl, 'postgres');
    const step = (retries: number) =>
      planned({ sql: 'create table made (n int)', transaction: 'statement', retries, retryDelay: '50ms' });
    const never = await runStep(await step(1), bench.env, bench.ctx);
    expect(never).toMatchObject({ attempts: 2, outcome: { ok: false, code: '53300' } });
    bench.onEvent((event) => {
      if (event.type === 'step' && event.edge === 'end' && event.attempt === 2) void guests.leave();
    });
    const late = await runStep(await step(10), bench.env, bench.ctx);
    expect(late.outcome).toEqual({ ok: true });
    expect(late.attempts).toBeGreaterThan(2);
    const ends = bench.events.flatMap((event) =>
      event.type === 'step' && event.edge === 'end' ? [event.outcome] : [],
    );
    expect(ends.slice(0, -1).every((outcome) => outcome?.ok === false && outcome.code === '53300')).toBe(
      true,
    );
  } finally {
    await guests.goHome();
  }
});
