import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerWrite } from '../../../src/model/ledger.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { TrafficRig, type TrafficSpec } from './rig.js';
import { TestServer, answerJson } from './test-server.js';

function writesOf(rig: TrafficRig): LedgerWrite[] {
  return rig.messages.flatMap((message) => (message.type === 'writes' ? message.writes : []));
}

function statesOf(writes: readonly LedgerWrite[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { state, reason } of writes) {
    const name = reason === undefined ? state : `${state}: ${reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const ledger = {
  entity: 'order',
  op: 'create' as const,
  key: '${request.id}',
  values: { n: '${request.json.n}', total: '$.total' },
  find: 'select 1',
};
const create = (more: object = {}): TrafficSpec['endpoints'][string] => ({
  request: { method: 'POST', path: '/orders', json: { n: '${random.int(1,9)}', id: '${request.id}' } },
  ledger,
  ...more,
});

describe('the write log over HTTP', () => {
  it('tells every attempt: acknowledged, rejected, indeterminate, also those that a retry followed', async () => {
    const landed = new Set<string>();
    const server = await TestServer.start((asked, nth) => {
      const { id, n } = JSON.parse(asked.body) as { id: string; n: number };
      const kind = nth % 6;
      if (kind === 1) answerJson(asked, {}, 422);
      else if (kind === 2) answerJson(asked, {}, landed.has(id) ? 409 : 500);
      else if (kind === 3) asked.socket.destroy();
      else if (kind === 4) {
        landed.add(id);
        // Landed, and never answered.
      } else {
        landed.add(id);
        answerJson(asked, { total: n * 2 }, 201);
      }
    });
    const rig = await TrafficRig.start(
      {
        rate: '60/s',
        connections: 30,
        timeout: '300ms',
        endpoints: {
          create: create({
            expect: { status: 201 },
            retry: { on: ['timeout', 'connection'], max: 1, delay: '10ms' },
          }),
        },
      },
      { targets: [server.target] },
    );
    await rig.run('baseline', 1_500);
    const totals = await rig.stop();
    await server.stop();
    const writes = writesOf(rig);
    // Each attempt that reached the server, and no more.
    expect(writes).toHaveLength(server.asked.length);
    const states = statesOf(writes);
    expect(states.acknowledged).toBe(totals.ok);
    expect(states['rejected: 422']).toBeGreaterThan(5);
    expect(states['indeterminate: 500']).toBeGreaterThan(5);
    expect(states['indeterminate: no answer']).toBeGreaterThan(5);
    const reset = Object.entries(states).filter(([name]) =>
      /indeterminate: (connection closed|ECONNRESET|.*other side)/.test(name),
    );
    expect(reset.reduce((sum, [, n]) => sum + n, 0)).toBeGreaterThan(5);
    // A retry is a write of its own with the key of the first.
    const attempts = new Map<string, number>();
    for (const { key } of writes) attempts.set(key ?? '', (attempts.get(key ?? '') ?? 0) + 1);
    expect(attempts.size).toBe(totals.intended);
    expect(Math.max(...attempts.values())).toBe(2);
    for (const { state, values, sentUs, endUs } of writes) {
      expect(endUs).toBeGreaterThanOrEqual(sentUs);
      if (state === 'acknowledged') expect(values.total).toBe(Number(values.n) * 2);
      else expect(values).not.toHaveProperty('total');
    }
  });

  it('what was never sent is rejected, and what the end cut off is not known', async () => {
    const server = await TestServer.start(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '100/s', connections: 5, timeout: '10s', endpoints: { create: create() } },
      { targets: [server.target] },
    );
    await rig.run('baseline', 400);
    const totals = await rig.stop(100);
    await server.stop();
    expect(statesOf(writesOf(rig))).toEqual({
      'indeterminate: end of the run': 5,
      'rejected: not sent: end of the run': totals.intended - 5,
    });
  });
});

describe('a pause', () => {
  it('offers nothing, waits for what is under way, and then offers the rest of the phase', async () => {
    const server = await TestServer.start((asked) => {
      setTimeout(() => answerJson(asked, { total: 1 }, 201), 150);
    });
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 60, workers: 2, endpoints: { create: create() } },
      { targets: [server.target] },
    );
    await rig.run('soak', 700);
    const { fromUs, rested } = rig.traffic.pause(5_000);
    expect(await rested).toBe(0);
    const restedUs = rig.now();
    // All that was sent was told before the pause was.
    expect(writesOf(rig)).toHaveLength(server.asked.length);
    const asked = server.asked.length;
    await rig.until(fromUs + 600_000);
    expect(server.asked.length).toBe(asked);
    const resumedUs = rig.traffic.resume();
    const doneUs = rig.traffic.enter('rollback', resumedUs + 500_000);
    await rig.until(doneUs + 300_000);
    await rig.stop();
    await server.stop();
    const sent = writesOf(rig).map(({ sentUs, phase }) => ({ sentUs, phase }));
    expect(sent.filter(({ sentUs }) => sentUs > restedUs && sentUs < resumedUs)).toEqual([]);
    const indexes = writesOf(rig)
      .filter(({ phase }) => phase === 'soak')
      .map(({ key }) => Number(key?.replace('soak-', '')));
    // No request of the schedule is left out, none is offered twice.
    expect(indexes.sort((a, b) => a - b)).toEqual(indexes.map((_, i) => i));
    expect(sent.filter(({ sentUs, phase }) => phase === 'soak' && sentUs > resumedUs).length).toBeGreaterThan(
      50,
    );
    // Every second is settled, the empty ones too.
    const finals = rig.finalSeconds(0);
    const first = Math.min(...finals);
    expect([...new Set(finals)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: Math.max(...finals) - first + 1 }, (_, i) => first + i),
    );
  });

  it('does not wait for ever, and tells what may be written meanwhile', async () => {
    const server = await TestServer.start(() => undefined);
    const rig = await TrafficRig.start(
      { rate: '100/s', connections: 4, timeout: '20s', endpoints: { create: create() } },
      { targets: [server.target] },
    );
    await rig.run('soak', 300);
    const { rested } = rig.traffic.pause(200);
    expect(await rested).toBeGreaterThan(10);
    expect(statesOf(writesOf(rig))).toEqual({ 'indeterminate: still under way': 4 });
    rig.traffic.resume();
    await rig.stop(50);
    await server.stop();
  });
});

describe('the write log over SQL', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const client = await postgres.connect();
    await client.query('create table item (id int primary key, n int check (n < 5))');
  });
  afterAll(() => postgres?.stop());

  it('a statement that was refused or touched no row wrote nothing; a conflict says so', async () => {
    const values = ['${random.int(1, 40)}', '${random.int(1, 6)}'];
    const spec = { entity: 'item', key: '${request.values.1}', values: { n: '${request.values.2}' } };
    const rig = await TrafficRig.start(
      {
        rate: '150/s',
        connections: 4,
        endpoints: {
          add: {
            sql: { text: 'insert into item values ($1, $2)', values },
            expect: { rows: 1 },
            ledger: { ...spec, op: 'create' },
          },
          change: {
            sql: { text: 'update item set n = $2 where id = $1', values },
            expect: { rows: 1 },
            ledger: { ...spec, op: 'update' },
          },
        },
      },
      {
        databaseUrls: { add: postgres.url, change: postgres.url },
      },
    );
    await rig.run('baseline', 1_500);
    const totals = await rig.stop();
    const writes = writesOf(rig);
    const states = statesOf(writes);
    expect(writes).toHaveLength(totals.intended);
    expect(Object.keys(states).sort()).toEqual([
      'acknowledged',
      'rejected: 23505',
      'rejected: 23514',
      'rejected: rows 0',
    ]);
    expect(states.acknowledged).toBe(totals.ok);
    for (const { reason, conflict } of writes) expect(conflict === true).toBe(reason === '23505');
    expect(writes.every(({ key, values: { n } }) => Number(key) >= 1 && Number(n) >= 1)).toBe(true);
  });
});
