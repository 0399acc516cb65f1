import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lockLineOf } from '../../../src/observe/log/lock-line.js';
import { parseLogEntry } from '../../../src/observe/log/log-entry.js';
import { compatible, parseLockTarget } from '../../../src/observe/log/lock-target.js';

// As Postgres 18 wrote them.
const base = {
  timestamp: '2026-03-04 05:06:07.089 UTC',
  user: 'postgres',
  dbname: 'app',
  pid: 4711,
  session_id: '69a7a1f0.1267',
  line_num: 1,
  vxid: '12/3',
  txid: 0,
  application_name: 'dten/service/shop',
  backend_type: 'client backend',
  query_id: 0,
};
const atUs = Date.UTC(2026, 2, 4, 5, 6, 7, 89) * 1000;

function line(fields: Record<string, unknown>) {
  const entry = parseLogEntry(JSON.stringify({ ...base, ...fields }), 0);
  return entry && lockLineOf(entry, entry.epochUs);
}

describe('log_lock_waits', () => {
  test('still waiting, with one holder and a queue', () => {
    expect(
      line({
        error_severity: 'LOG',
        message: 'process 4711 still waiting for ShareLock on transaction 817 after 1000.123 ms',
        detail: 'Process holding the lock: 4700. Wait queue: 4711, 4712.',
        context:
          'while updating tuple (0,12) in relation "order "lines""\nSQL statement "update relation "r" set v = 1"',
        statement: 'update t set v = 1',
      }),
    ).toEqual({
      kind: 'waiting',
      pid: 4711,
      atUs,
      applicationName: 'dten/service/shop',
      backendType: 'client backend',
      statement: 'update t set v = 1',
      contextRelation: 'order "lines"',
      mode: 'ShareLock',
      tag: { lockType: 'transactionid', transactionId: '817' },
      afterUs: 1_000_123,
      holders: [4700],
      queue: [4711, 4712],
    });
  });

  test('a prepared transaction holds as process 0', () => {
    const lock = 'AccessShareLock on relation 16384 of database 5 after 1000.123 ms';
    expect(
      line({
        error_severity: 'LOG',
        message: `process 4711 still waiting for ${lock}`,
        detail: 'Process holding the lock: 0. Wait queue: 4711.',
      }),
    ).toMatchObject({ holders: [0], queue: [4711] });
    expect(line({ error_severity: 'LOG', message: `process 4711 acquired ${lock}` })).toMatchObject({
      holders: [],
      queue: [],
    });
  });

  test('several holders, and a wait that was not at the server’s first look', () => {
    expect(
      line({
        error_severity: 'LOG',
        message:
          'process 4711 acquired AccessExclusiveLock on relation 16384 of database 5 after 90000.001 ms',
      }),
    ).toMatchObject({ kind: 'acquired', afterUs: 90_000_001, tag: { relation: 16384, database: 5 } });
    expect(
      line({
        error_severity: 'LOG',
        message:
          'process 4711 avoided deadlock for ShareLock on relation 1 of database 5 by rearranging queue order after 1.000 ms',
        detail: 'Processes holding the lock: 1, 2, 3. Wait queue: .',
      }),
    ).toMatchObject({ kind: 'waiting', holders: [1, 2, 3], queue: [] });
  });

  test.each([
    ['process 1 obtained nothing', 'LOG'],
    ['checkpoint starting: time', 'LOG'],
    ['relation "process" does not exist', 'ERROR'],
  ])('nothing in: %s', (message, severity) => {
    expect(line({ error_severity: severity, message, state_code: '42P01' })).toBeUndefined();
  });
});

describe('errors', () => {
  test.each([
    ['55P03', 'canceling statement due to lock timeout', 'ERROR', 'lock timeout', true],
    ['57014', 'canceling statement due to statement timeout', 'ERROR', 'statement timeout', false],
    ['57014', 'canceling statement due to user request', 'ERROR', 'cancelled', false],
    ['57014', 'canceling autovacuum task', 'ERROR', 'cancelled', false],
    ['57P01', 'terminating connection due to administrator command', 'FATAL', 'disconnected', false],
    ['25P03', 'terminating connection due to idle-in-transaction timeout', 'FATAL', 'disconnected', false],
  ])('%s %s', (sqlState, message, severity, ended, provesWait) => {
    expect(line({ error_severity: severity, state_code: sqlState, message })).toMatchObject({
      kind: 'error',
      ended,
      provesWait,
    });
  });

  test('NOWAIT raises 55P03 without a wait', () => {
    const message = 'could not obtain lock on relation "orders"';
    expect(line({ error_severity: 'ERROR', state_code: '55P03', message })).toBeUndefined();
  });

  test('a deadlock’s DETAIL names the lock of the process that lost', () => {
    expect(
      line({
        error_severity: 'ERROR',
        state_code: '40P01',
        message: 'deadlock detected',
        detail:
          'Process 4711 waits for RowExclusiveLock on relation 16390 of database 5; blocked by process 4800.\n' +
          'Process 4800 waits for ShareLock on transaction 9; blocked by process 4711.\nProcess 4711: update …',
      }),
    ).toMatchObject({
      ended: 'deadlock',
      provesWait: true,
      mode: 'RowExclusiveLock',
      tag: { lockType: 'relation', relation: 16390, database: 5 },
      blockedBy: 4800,
    });
  });
});

describe('entries', () => {
  test('another time zone is read with its offset', () => {
    const text = JSON.stringify({ ...base, timestamp: '2026-03-04 06:06:07.089 CET', message: 'x' });
    expect(parseLogEntry(text, 3_600_000_000)?.epochUs).toBe(atUs);
  });

  test.each([
    '',
    '{',
    '{"pid":1,',
    '[]',
    'null',
    '"text"',
    '{"pid":1,"message":"m","timestamp":"yesterday"}',
  ])('torn or foreign: %s', (text) => expect(parseLogEntry(text, 0)).toBeUndefined());

  test('any prefix of a line is refused, never misread', () => {
    const whole = JSON.stringify({
      ...base,
      message: 'process 4711 acquired ShareLock on transaction 1 after 1.000 ms',
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
        expect(parseLogEntry(whole.slice(0, length), 0)).toBeUndefined();
      }),
    );
  });
});

describe('lock targets, as DescribeLockTag writes them', () => {
  test.each([
    ['relation 1 of database 2', { lockType: 'relation', relation: 1, database: 2 }],
    ['extension of relation 1 of database 2', { lockType: 'extend', relation: 1, database: 2 }],
    ['page 3 of relation 1 of database 2', { lockType: 'page', page: 3, relation: 1, database: 2 }],
    [
      'tuple (3,4) of relation 1 of database 2',
      { lockType: 'tuple', page: 3, tuple: 4, relation: 1, database: 2 },
    ],
    ['transaction 77', { lockType: 'transactionid', transactionId: '77' }],
    ['virtual transaction 5/12', { lockType: 'virtualxid', virtualXid: '5/12' }],
    ['object 3 of class 1247 of database 2', { lockType: 'object', objectId: 3, classId: 1247, database: 2 }],
    [
      'advisory lock [5,7,42,2]',
      { lockType: 'advisory', database: 5, classId: 7, objectId: 42, objectSubId: 2 },
    ],
    ['something new in Postgres 30', { lockType: 'unknown' }],
  ])('%s', (text, tag) => expect(parseLockTarget(text)).toEqual(tag));

  test('what one channel leaves out does not set two descriptions apart', () => {
    expect(
      compatible({ lockType: 'relation', relation: 1 }, { lockType: 'relation', relation: 1, database: 5 }),
    ).toBe(true);
    expect(compatible({ lockType: 'relation', relation: 1 }, { lockType: 'relation', relation: 2 })).toBe(
      false,
    );
    expect(compatible({ lockType: 'tuple', relation: 1 }, { lockType: 'relation', relation: 1 })).toBe(false);
  });
});
