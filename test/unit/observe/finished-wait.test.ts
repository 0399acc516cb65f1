import { describe, expect, test } from 'vitest';
import { finishedWait, targetOf, type WaitContext } from '../../../src/observe/merge/finished-wait.js';
import { frontOf } from '../../../src/observe/merge/front-from-log.js';
import { conflicts } from '../../../src/observe/merge/lock-conflicts.js';
import { mergeProcess, type MergedWait } from '../../../src/observe/merge/merge-waits.js';
import type { WaitLine } from '../../../src/observe/log/lock-line.js';
import type { RelationName } from '../../../src/observe/relation-names.js';

const table = (name: string): RelationName => ({ name, table: name, part: false, isSystem: false });
const names = new Map<number, RelationName>([
  [1, table('public.orders')],
  [2, { name: 'public.orders_pkey', table: 'public.orders', part: true, isSystem: false }],
  [3, table('sales.invoices')],
]);
const applications: Record<number, string> = {
  10: 'dten/background/report',
  20: 'dten/upgrade/upgrade.a',
  30: 'dten/service/shop',
};
const context: WaitContext = {
  names: {
    get: (oid) => names.get(oid),
    byPlainName: (name) => [...names.values()].find((one) => one.name.endsWith(`.${name}`)),
  },
  timeline: { phaseAt: () => 'upgrade', stepAt: () => 'upgrade.a', applicationOf: () => undefined },
  party: (pid) => ({ pid, applicationName: applications[pid] ?? '' }),
};

const waiting = (pid: number, fields: Partial<WaitLine> = {}): WaitLine => ({
  kind: 'waiting',
  pid,
  atUs: 2_000_000,
  applicationName: applications[pid] ?? '',
  mode: 'AccessShareLock',
  tag: { lockType: 'relation', relation: 1, database: 5 },
  afterUs: 1_000_000,
  holders: [10],
  queue: [20, 30],
  ...fields,
});

const fromLog = (...lines: WaitLine[]): MergedWait[] =>
  lines.flatMap((line) =>
    mergeProcess(
      { pid: line.pid, sampled: [], lines: [line], clientErrors: [] },
      { missedWithinUs: 0, logShowsErrors: true, deadlockTimeoutUs: 1_000_000 },
    ),
  );

const pids = (parties: readonly { pid: number }[]) => parties.map(({ pid }) => pid);

describe('who stood in front, by the log alone', () => {
  test('the queued ALTER before the victim, then the holder', () => {
    const [alter, victim] = fromLog(waiting(20, { mode: 'AccessExclusiveLock' }), waiting(30));
    const front = frontOf(victim!, [alter!, victim!], context);
    expect(pids(front.blockers)).toEqual([20, 10]);
    expect(pids(front.chain)).toEqual([20, 10]);
    expect(front.rooted).toBe(true);
    const wait = finishedWait(victim!, front, context);
    expect(wait).toMatchObject({
      waiter: { pid: 30, actor: { kind: 'service', name: 'shop' } },
      relation: 'public.orders',
      root: { pid: 10, actor: { kind: 'background', name: 'report' } },
      logHolders: [10],
      phase: 'upgrade',
      step: 'upgrade.a',
    });
  });

  test('who asks for a mode that conflicts with nothing of ours stands beside us', () => {
    const [other, victim] = fromLog(waiting(20, { mode: 'AccessShareLock' }), waiting(30));
    expect(pids(frontOf(victim!, [other!, victim!], context).blockers)).toEqual([10]);
  });

  test('a queued session of which nothing is known counts', () => {
    const [victim] = fromLog(waiting(30));
    expect(pids(frontOf(victim!, [victim!], context).chain)).toEqual([20, 10]);
  });
});

describe('the table of a row wait', () => {
  const row = { tag: { lockType: 'transactionid', transactionId: '7' }, mode: 'ShareLock' };
  test('by the log’s CONTEXT, an index by its table', () => {
    const [wait] = fromLog(waiting(30, { ...row, contextRelation: 'orders_pkey' }));
    expect(finishedWait(wait!, frontOf(wait!, [wait!], context), context)).toMatchObject({
      relation: 'public.orders',
      target: 'end of transaction 7',
    });
  });

  test('unknown where nobody names one', () => {
    const [wait] = fromLog(waiting(30, row));
    expect(finishedWait(wait!, frontOf(wait!, [wait!], context), context).relation).toBeUndefined();
  });
});

test.each([
  [{ lockType: 'relation', relation: 2 }, 'public.orders_pkey'],
  [{ lockType: 'relation', relation: 99 }, 'relation 99'],
  [{ lockType: 'tuple', relation: 1, page: 3, tuple: 4 }, 'row version (3,4) of public.orders'],
  [{ lockType: 'extend', relation: 1 }, 'extension of public.orders'],
  [{ lockType: 'virtualxid', virtualXid: '3/4' }, 'end of virtual transaction 3/4'],
  [{ lockType: 'advisory', classId: 7, objectId: 42 }, 'advisory lock 7, 42'],
  [{ lockType: 'unknown' }, 'a lock that nobody saw'],
  [{ lockType: 'spectoken' }, 'spectoken'],
])('%o is called %s', (tag, text) => {
  expect(targetOf(tag, (oid) => names.get(oid)?.name)).toBe(text);
});

// PostgreSQL documentation, table 13.2: X where the row's mode conflicts with the column's.
test('lock conflicts, the whole table', () => {
  const modes = [
    'AccessShareLock',
    'RowShareLock',
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ];
  const rows = [
    '.......X',
    '......XX',
    '....XXXX',
    '...XXXXX',
    '..XX.XXX',
    '..XXXXXX',
    '.XXXXXXX',
    'XXXXXXXX',
  ];
  const told = modes.map((a) => modes.map((b) => (conflicts(a, b) ? 'X' : '.')).join(''));
  expect(told).toEqual(rows);
  expect(conflicts('SIReadLock', 'AccessShareLock')).toBe(true);
});
