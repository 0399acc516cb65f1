import { describe, expect, it } from 'vitest';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { lockStoryOf } from '../../../../src/verdict/locks/lock-story.js';
import { wants } from '../../../../src/verdict/locks/reads-writes.js';
import {
  buildView,
  lock,
  party,
  ran,
  s,
  sqlStep,
  statementEvents,
  traced,
  wait,
  type Planting,
} from '../build-view.js';

const text = 'alter table orders add column c int';
const step = sqlStep('upgrade', 'add c', [text]);
const migrator = party('upgrade', 'add c', 900, text);
const report = party('background', 'report', 5, 'select count(*) from orders');
const reader = (pid: number) => party('traffic', 'read', pid, 'select 1 from orders');
const writer = (pid: number) => party('service', 'shop', pid, 'insert into orders values (1)');

function storyOf(more: Planting) {
  return lockStoryOf(
    judgedViewOf(
      buildView({
        upgrade: [step],
        steps: [ran(step, 23 * s, 30 * s)],
        statements: [traced(step, 0, { locks: [lock('orders', 'AccessExclusiveLock')] })],
        ...more,
      }),
    ),
  )!;
}

describe('the story of the locks', () => {
  it('tells one incident: root, chain, victims, reads and writes apart, the deepest queue', () => {
    const { incidents, statements } = storyOf({
      // Granted after 4 s, done and committed 0.25 s later.
      events: statementEvents(step, 0, 23 * s, 27.25 * s),
      lockWaits: [
        wait(migrator, [report], 23 * s, 4_000, { mode: 'AccessExclusiveLock' }),
        wait(reader(10), [migrator, report], 24 * s, 3_000),
        wait(reader(11), [migrator, report], 25 * s, 2_000),
        wait(writer(12), [migrator, report], 26 * s, 1_000, { mode: 'RowExclusiveLock' }),
      ],
    });
    expect(incidents).toHaveLength(1);
    expect(incidents[0]).toMatchObject({
      root: { who: 'background report' },
      chain: [{ who: 'upgrade.add c' }],
      step: 'upgrade.add c',
      lock: 'AccessExclusiveLock on orders',
      sessions: 3,
      waits: 3,
      blockedMs: { reads: 5_000, writes: 1_000, other: 0 },
      longestMs: 3_000,
      deepest: { sessions: 3, atUs: 26 * s },
      victims: [
        { who: 'endpoint read', endpoints: ['read'], exact: true, sessions: 2, blockedMs: 5_000 },
        { who: 'service shop', exact: false, sessions: 1, blockedMs: 1_000 },
      ],
    });
    expect(Math.max(...incidents[0]!.overTime.map(({ sessions }) => sessions))).toBe(3);
    expect(statements).toMatchObject([
      {
        ownWaitMs: 4_000,
        holdMs: 250,
        victimsMs: { reads: 5_000, writes: 1_000, other: 0 },
        victims: 3,
        deepest: 3,
      },
    ]);
  });

  it('names the endpoints of a service by its statements’ tags, the others by overlap', () => {
    const endpoints = {
      'create order': { request: { method: 'POST', path: '/orders', json: {} } },
      'list orders': { request: { path: '/orders?page=2' } },
      'read order': { request: { path: '/orders/${seen.order}' } },
      report: { request: { path: '/report' } },
    };
    const tagged = (pid: number, text: string) =>
      wait(party('service', 'shop', pid, text), [migrator], 24 * s, 1_000);
    const { incidents } = storyOf({
      endpoints,
      request: (endpoint, second) =>
        endpoint === 'report' && second >= 23 && second < 26 ? { ms: 900 } : undefined,
      lockWaits: [
        tagged(10, `insert into orders values (1) /*framework='express',route='%2Forders'*/`),
        tagged(11, `insert into orders values (1) /*route='%2Forders'*/`),
        tagged(12, `select 1 from orders where id = 3 /*route='orders%2F%3Cint%3Aid%3E'*/`),
        tagged(13, `/*action='read%20order'*/ select 2 from orders`),
        tagged(14, `select 1 from orders /*route='%2Forders'*/`),
        tagged(15, `select 1 from orders /*route='%2Forders',method='GET'*/`),
        tagged(16, 'select count(*) from orders'),
        tagged(17, `select 1 from orders /*route='%2Fnowhere'*/`),
      ],
    });
    const victims = incidents[0]?.victims.map(({ endpoints: names, by, exact, sessions, blocked }) => [
      names.join('|'),
      by,
      exact,
      sessions,
      blocked?.reads,
      blocked?.writes,
    ]);
    expect(victims?.sort()).toEqual([
      ['create order', 'tags', true, 2, 0, 2_000],
      ['create order|list orders', 'tags', false, 1, 1_000, 0],
      ['list orders', 'tags', true, 1, 1_000, 0],
      ['read order', 'tags', true, 2, 2_000, 0],
      ['report', 'overlap', false, 2, 2_000, 0],
    ]);
  });

  it('counts each attempt’s damage by itself, one that never got its lock too', () => {
    const failed = { attempt: 1, sqlState: '55P03' };
    const { statements } = storyOf({
      events: [
        ...statementEvents(step, 0, 23 * s, 23.3 * s, failed),
        ...statementEvents(step, 0, 25 * s, 25.1 * s, { attempt: 2 }),
      ],
      lockWaits: [
        wait(migrator, [report], 23 * s, 300, { mode: 'AccessExclusiveLock', ended: 'lock timeout' }),
        wait(reader(10), [migrator, report], 23.1 * s, 200),
        wait(reader(11), [migrator], 25 * s, 100),
      ],
    });
    expect(
      statements.map(({ attempt, ownWaitMs, holdMs, victimsMs }) => [
        attempt,
        ownWaitMs,
        holdMs,
        victimsMs.reads,
      ]),
    ).toEqual([
      [1, 300, 0, 200],
      [2, 0, 100, 100],
    ]);
  });

  it('puts a wait that only the log saw into the one queue on its relation', () => {
    const alone = { blockers: [], chain: [], seenBy: ['log' as const] };
    const { incidents } = storyOf({
      events: statementEvents(step, 0, 23 * s, 27 * s),
      lockWaits: [
        wait(reader(10), [migrator], 24 * s, 3_000),
        wait(reader(11), [], 25 * s, 1_000, alone),
        wait(reader(12), [], 40 * s, 1_000, alone),
      ],
    });
    expect(incidents.map(({ waits, root }) => [waits, root?.who])).toEqual([
      [2, 'upgrade.add c'],
      [1, undefined],
    ]);
  });

  it('has both sides of a deadlock from the log, else what the sampler saw', () => {
    const sides = [
      { pid: 900, mode: 'AccessExclusiveLock', target: 'public.p', blockedBy: 12, query: text },
      {
        pid: 12,
        mode: 'RowExclusiveLock',
        target: 'public.orders',
        blockedBy: 900,
        query: 'update orders set a = 1',
      },
    ];
    const ended = (more: object) =>
      wait(migrator, [writer(12)], 23 * s, 1_000, { ended: 'deadlock', ...more });
    expect(storyOf({ lockWaits: [ended({ deadlock: { sides } })] }).deadlocks).toMatchObject([
      {
        source: 'log',
        sides: [
          { who: 'upgrade.add c', victim: true, waitedFor: 'AccessExclusiveLock on public.p', query: text },
          { who: 'service shop', victim: false, query: 'update orders set a = 1' },
        ],
      },
    ]);
    expect(storyOf({ lockWaits: [ended({})] }).deadlocks).toMatchObject([
      { source: 'sampler', sides: [{ victim: true }, { who: 'service shop', victim: false }] },
    ]);
  });

  it.each([
    ['select 1 from t', 'AccessShareLock', 'reads'],
    ['/* app */ select 1 from t for update', 'RowShareLock', 'writes'],
    ['with a as (delete from t returning 1) select * from a', 'RowExclusiveLock', 'writes'],
    ['insert into t select * from u', 'AccessShareLock', 'writes'],
    ['vacuum t', 'ShareUpdateExclusiveLock', 'other'],
    [undefined, 'AccessShareLock', 'reads'],
    [undefined, 'RowExclusiveLock', 'writes'],
  ])('%s wants to …', (query, mode, expected) => {
    expect(wants(wait(party('other', 'x', 1, query), [], 0, 1, { mode }))).toBe(expected);
  });
});
