import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { TrafficRig } from './rig.js';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { max_connections: '40' } });
  const client = await postgres.connect();
  await client.query('create table item (id int primary key generated always as identity, n int not null)');
  await client.query('insert into item (n) select g from generate_series(1, 100) g');
});
afterAll(async () => {
  await postgres?.stop();
});

const urlOf = (name: string) => `${postgres.url}?application_name=dten/traffic/${name}`;

describe('SQL endpoints', () => {
  it('run on the schedule, prepared, within their connections, and capture from rows', async () => {
    const watch = await postgres.connect();
    const rig = await TrafficRig.start(
      {
        rate: '300/s',
        connections: 10,
        endpoints: {
          add: {
            sql: { text: 'insert into item (n) values ($1) returning id', values: ['${random.int(1,9)}'] },
            expect: { rows: 1 },
            capture: { item: '$[0].id' },
          },
          read: {
            weight: 3,
            sql: { text: 'select n from item where id = $1', values: ['${seen.item}'] },
            expect: { rows: 1 },
          },
        },
      },
      { databaseUrls: { add: urlOf('add'), read: urlOf('read') }, pools: { item: [1, 2, 3] } },
    );
    await rig.run('baseline', 1000);
    const { rows } = await watch.query<{ application_name: string; n: string }>(
      `select application_name, count(*) n from pg_stat_activity
       where application_name like 'dten/traffic/%' group by 1`,
    );
    const sessions = Object.fromEntries(rows.map((row) => [row.application_name, Number(row.n)]));
    await rig.run('soak', 300);
    const totals = await rig.stop();
    expect(rig.reasons()).toEqual({});
    expect(totals.ok).toBe(totals.intended);
    expect(rig.counts('response').total).toBe(totals.intended);
    expect(sessions['dten/traffic/add']).toBeLessThanOrEqual(3);
    expect(sessions['dten/traffic/read']).toBeLessThanOrEqual(8);
    const { rows: added } = await watch.query<{ n: string }>('select count(*) n from item where id > 100');
    expect(Number(added[0]!.n)).toBe(rig.tally(0).ok);
  });

  it('name the SQLSTATE of what the server refused, and the rows that were not there', async () => {
    const rig = await TrafficRig.start(
      {
        rate: '100/s',
        connections: 3,
        endpoints: {
          divide: { sql: { text: 'select 1 / $1::int', values: [0] } },
          absent: { sql: { text: 'select n from item where id = $1', values: [-1] }, expect: { rows: 1 } },
          wrong: { sql: { text: 'select $1::int', values: [1, 2] } },
        },
      },
      { databaseUrls: { divide: urlOf('divide'), absent: urlOf('absent'), wrong: urlOf('wrong') } },
    );
    await rig.run('baseline', 600);
    const totals = await rig.stop();
    expect(totals.httpError).toBe(totals.intended);
    expect(Object.keys(rig.reasons()).sort()).toEqual(['08P01', '22012', 'rows 0']);
  });

  it('a lock held longer than the timeout: at the deadline, cancelled, and no session left waiting', async () => {
    const holder = await postgres.connect();
    const watch = await postgres.connect();
    const rig = await TrafficRig.start(
      {
        rate: '40/s',
        connections: 4,
        timeout: '400ms',
        endpoints: { update: { sql: { text: 'update item set n = n + 1 where id = 1' } } },
      },
      { databaseUrls: { update: urlOf('update') } },
    );
    await rig.run('baseline', 400);
    await holder.query('begin; select from item where id = 1 for update');
    await rig.run('upgrade', 1500);
    const { rows } = await watch.query<{ n: string }>(
      `select count(*) n from pg_stat_activity where application_name = 'dten/traffic/update'`,
    );
    await holder.query('commit');
    await rig.run('soak', 800);
    const totals = await rig.stop();
    // A cancelled session may be on its way out while its successor starts.
    expect(Number(rows[0]!.n)).toBeLessThanOrEqual(8);
    expect(totals.timeout).toBeGreaterThan(30);
    expect(totals.ok + totals.timeout).toBe(totals.intended);
    expect(rig.counts('response', { phase: 'upgrade' }).maxUs()).toBe(400_127);
    expect(rig.counts('response', { phase: 'baseline' }).total).toBeGreaterThan(5);
  });

  it('sessions that the server ends are connection errors, made again within their rests', async () => {
    const killer = await postgres.connect();
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 4, endpoints: { sleep: { sql: { text: 'select pg_sleep(0.005)' } } } },
      { databaseUrls: { sleep: urlOf('sleep') } },
    );
    await rig.run('baseline', 400);
    await killer.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dten/traffic/sleep'`,
    );
    await rig.run('soak', 800);
    const totals = await rig.stop();
    expect(totals.ok + totals.connectionError).toBe(totals.intended);
    expect(totals.connectionError).toBeLessThanOrEqual(8);
    for (const reason of Object.keys(rig.reasons())) expect(['57P01', 'connection closed']).toContain(reason);
  });

  it('more connections than the server has: says so, and works with those it got', async () => {
    const rig = await TrafficRig.start(
      { rate: '200/s', connections: 60, endpoints: { sleep: { sql: { text: 'select pg_sleep(0.2)' } } } },
      { databaseUrls: { sleep: urlOf('sleep') } },
    );
    await rig.run('baseline', 1000);
    const totals = await rig.stop();
    expect(Object.keys(rig.reasons())).toEqual(['53300']);
    expect(totals.ok).toBeGreaterThan(50);
    expect(totals.ok + totals.connectionError).toBe(totals.intended);
  });
});
