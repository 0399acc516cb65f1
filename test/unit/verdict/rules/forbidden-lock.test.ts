import { describe, expect, it } from 'vitest';
import { forbiddenLock } from '../../../../src/verdict/rules/forbidden-lock.js';
import {
  buildView,
  lock,
  party,
  ran,
  s,
  sqlStep,
  statementEvents,
  traced,
  transactionEvent,
  wait,
  type Planting,
} from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const alterText = 'ALTER TABLE orders ADD COLUMN status text';
const step = sqlStep('upgrade', 'add status', [alterText]);
const objectives = (more: object = {}) => ({
  locks: { forbid: [{ mode: 'AccessExclusiveLock', heldLongerThan: '200ms', ...more }] },
});
const exclusive = traced(step, 0, { locks: [lock('orders', 'AccessExclusiveLock')] });

function planted(ms: number, more: Planting = {}) {
  return buildView({
    objectives: objectives(),
    upgrade: [step],
    steps: [ran(step, 23 * s, 25 * s)],
    statements: [exclusive],
    events: statementEvents(step, 0, 23 * s, 23 * s + ms * 1000),
    ...more,
  });
}

describe('forbidden-lock', () => {
  it('is not asked where nothing is forbidden', () => {
    expect(judgeRule(forbiddenLock, buildView()).state).toBe('not asked');
  });

  it('passes at the limit, fails above it', () => {
    expect(judgeRule(forbiddenLock, planted(200)).findings).toEqual([]);
    const { findings } = judgeRule(forbiddenLock, planted(201));
    expect(findings).toMatchObject([
      {
        weight: 'NO-GO',
        measured: 201,
        limit: 200,
        where: { step: step.id, table: 'orders', statement: alterText },
      },
    ]);
    expect(findings[0]?.what).toBe(
      '`ALTER TABLE orders ADD COLUMN status text` (step add status) held AccessExclusiveLock on orders for 201 ms, 200 ms allowed',
    );
  });

  it('cannot tell of a table that nobody has seen: a name written wrong is never met', () => {
    const named = (table: string) =>
      judgeRule(forbiddenLock, planted(100, { objectives: objectives({ table }) })).unjudged;
    expect(named('order')[0]?.what).toContain('names the table "order", which is not in the database');
    expect(named('public.orders')).toEqual([]);
  });

  it('counts to the end of the transaction, not of the statement', () => {
    const two = sqlStep('upgrade', 'add status', [alterText, 'select 1'], 'file');
    const view = planted(3, {
      upgrade: [two],
      statements: [exclusive, traced(two, 1)],
      events: [
        ...statementEvents(two, 0, 23 * s, 23 * s + 3000, { alone: false }),
        ...statementEvents(two, 1, 23 * s + 3000, 24 * s, { alone: false }),
        transactionEvent(two, 0, 1, 24 * s + 500_000),
      ],
    });
    expect(judgeRule(forbiddenLock, view).findings).toMatchObject([{ measured: 1500 }]);
  });

  it('leaves out the statement’s own wait for the lock', () => {
    const own = wait(party('upgrade', step.id, 900), [party('background', 'report', 800)], 23 * s, 900, {
      mode: 'AccessExclusiveLock',
    });
    const view = planted(1000, { lockWaits: [own] });
    expect(judgeRule(forbiddenLock, view)).toMatchObject({ findings: [] });
    expect(judgeRule(forbiddenLock, view).summary).toContain('for 100 ms');
  });

  it('counts each attempt by itself, and none that never got the lock', () => {
    const events = [
      ...statementEvents(step, 0, 23 * s, 23 * s + 300_000, { attempt: 1, sqlState: '55P03' }),
      ...statementEvents(step, 0, 24 * s, 24 * s + 150_000, { attempt: 2 }),
    ];
    expect(judgeRule(forbiddenLock, planted(0, { events })).findings).toEqual([]);
    const later = [
      ...events.slice(0, 3),
      ...statementEvents(step, 0, 24 * s, 24 * s + 250_000, { attempt: 2 }),
    ];
    const { findings } = judgeRule(forbiddenLock, planted(0, { events: later }));
    expect(findings).toMatchObject([{ measured: 250 }]);
    expect(findings[0]?.what).toContain('in the worst of 2 runs');
  });

  it('ignores other modes, relations made in the same transaction, and tables without traffic', () => {
    const locks = [
      lock('orders', 'ShareUpdateExclusiveLock'),
      lock('orders_new', 'AccessExclusiveLock', { created: true }),
      lock('settings', 'AccessExclusiveLock'),
    ];
    const view = planted(900, { statements: [traced(step, 0, { locks })] });
    expect(judgeRule(forbiddenLock, view).findings).toEqual([]);
    const anyTable = planted(900, {
      objectives: objectives({ traffic: false }),
      statements: [traced(step, 0, { locks })],
    });
    expect(judgeRule(forbiddenLock, anyTable).findings).toMatchObject([{ where: { table: 'settings' } }]);
    const named = planted(900, { objectives: objectives({ table: 'customers' }) });
    expect(judgeRule(forbiddenLock, named).findings).toEqual([]);
  });

  it('takes a table as touched where nobody knows, and says so', () => {
    const view = planted(900, { view: { server: [] } });
    expect(judgeRule(forbiddenLock, view).findings[0]?.what).toContain('not known: taken as touched');
  });

  it('feels an index’s lock on its table, once', () => {
    const locks = [
      lock('orders', 'AccessExclusiveLock'),
      lock('orders_status_idx', 'AccessExclusiveLock', { relkind: 'i', table: 'orders' }),
    ];
    const { findings } = judgeRule(forbiddenLock, planted(900, { statements: [traced(step, 0, { locks })] }));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.what).toContain('on orders (with orders_status_idx)');
  });

  it('has no data for what was not traced', () => {
    const view = planted(1);
    const failed = buildView({
      ...{ objectives: objectives(), upgrade: [step], statements: [] },
      view: { trace: { ...view.trace, state: 'failed', reason: 'no room', statements: [] } },
    });
    expect(judgeRule(forbiddenLock, failed).unjudged[0]?.what).toContain(
      'the statement trace is failed (no room)',
    );
    expect(judgeRule(forbiddenLock, planted(1, { statements: [] })).unjudged[0]?.what).toContain(
      'ran without a complete trace',
    );
  });

  it('forbids by what a lock blocks: writes from ShareLock on, reads only AccessExclusiveLock', () => {
    const policy = (more: object) => ({ locks: { forbid: [{ heldLongerThan: '200ms', ...more }] } });
    const held = (mode: string, more: object) =>
      judgeRule(
        forbiddenLock,
        planted(900, {
          objectives: policy(more),
          statements: [traced(step, 0, { locks: [lock('orders', mode)] })],
        }),
      ).findings.length;
    const modes = ['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock'];
    expect(modes.map((mode) => held(mode, { blocks: 'writes' }))).toEqual([0, 1, 1, 1]);
    expect(modes.map((mode) => held(mode, { blocks: 'reads' }))).toEqual([0, 0, 0, 1]);
    expect(modes.map((mode) => held(mode, { mode: '*' }))).toEqual([1, 1, 1, 1]);
    expect(held('ShareLock', { blocks: 'writes', table: '*' })).toBe(1);
    expect(held('ShareLock', { blocks: 'writes', table: 'sales.*' })).toBe(0);
    expect(held('ShareLock', { blocks: 'writes', table: 'public.*' })).toBe(1);
  });
});
