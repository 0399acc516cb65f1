import { describe, expect, it } from 'vitest';
import { queueHazard } from '../../../../src/verdict/rules/queue-hazard.js';
import { judge } from '../../../../src/verdict/judge.js';
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
import { judgeRule } from '../judge-rule.js';

const step = sqlStep('upgrade', 'add status', ['ALTER TABLE orders ADD COLUMN status text']);
const report = party('background', 'nightly report', 800);
const alter = party('upgrade', step.id, 900);

function planted(more: Planting = {}) {
  return buildView({
    upgrade: [step],
    steps: [ran(step, 23 * s, 25 * s)],
    statements: [traced(step, 0, { locks: [lock('orders', 'AccessExclusiveLock')] })],
    events: statementEvents(step, 0, 23 * s, 23 * s + 5000),
    ...more,
  });
}

describe('queue-hazard-not-exercised', () => {
  it('is INVALID, waivable, and shows how to let them meet', () => {
    const view = planted({ production: { longestTransaction: '90s' } });
    const { findings } = judgeRule(queueHazard, view);
    expect(findings).toMatchObject([{ weight: 'INVALID', where: { step: step.id, table: 'orders' } }]);
    expect(findings[0]?.remedy).toContain(
      'collide: { step: upgrade.add status, startBefore: 1s, holdFor: 90s }',
    );
    expect(judge(view).verdict).toBe('INVALID');
    const waivers = [
      {
        finding: 'queue-hazard-not-exercised',
        step: 'add status',
        table: 'orders',
        reason: 'nobody reads it then',
      },
    ];
    expect(judge(planted({ waivers, production: {} })).verdict).toBe('GO');
  });

  it('is exercised by a wait of the step behind an older session on that table', () => {
    const behind = (ahead: ReturnType<typeof party>, more = {}) =>
      judgeRule(queueHazard, planted({ lockWaits: [wait(alter, [ahead], 23 * s, 300, more)] })).findings
        .length;
    expect(behind(report)).toBe(0);
    // An application may connect under a name of its own.
    const psql = { pid: 5, actor: { kind: 'other' as const, name: 'psql' } };
    expect(behind(psql)).toBe(1);
    expect(behind({ ...psql, transactionAgeMs: 1000 })).toBe(0);
    // The normal come and go of traffic is no older holder; a transaction of a second is.
    expect(behind(party('service', 'shop', 6))).toBe(1);
    expect(behind({ ...party('service', 'shop', 6), transactionAgeMs: 1000 })).toBe(0);
    expect(behind(report, { relation: 'customers' })).toBe(1);
  });

  it('is exercised by what CONCURRENTLY waits out, which is a transaction and no table', () => {
    const waited = { relation: undefined, lockType: 'virtualxid' };
    const findings = (polled: boolean, more: object) => {
      const detach = traced(step, 0, { locks: [lock('orders', 'AccessExclusiveLock')], polled });
      const lockWaits = [wait(alter, [report], 23 * s, 300, { ...waited, ...more })];
      return judgeRule(queueHazard, planted({ statements: [detach], lockWaits })).findings.length;
    };
    expect(findings(true, {})).toBe(0);
    // A statement that takes its lock at once met nobody by it, and a wait for rows is no such wait.
    expect(findings(false, {})).toBe(1);
    expect(findings(true, { lockType: 'transactionid' })).toBe(1);
  });

  it('is exercised by a lock_timeout while a background job was holding', () => {
    const job = { type: 'background' as const, job: 'nightly report', pid: 800 };
    const events = (holdUntil: number) => [
      { ...job, edge: 'holding' as const, atUs: 22.5 * s },
      { ...job, edge: 'end' as const, atUs: holdUntil },
      ...statementEvents(step, 0, 23 * s, 23.3 * s, { sqlState: '55P03' }),
      ...statementEvents(step, 0, 24 * s, 24.01 * s, { attempt: 2 }),
    ];
    expect(judgeRule(queueHazard, planted({ events: events(23.9 * s) })).findings).toEqual([]);
    expect(judgeRule(queueHazard, planted({ events: events(22.9 * s) })).findings).toHaveLength(1);
  });

  it('is not exercised by the lock_timeout of another statement of the step', () => {
    const two = sqlStep('upgrade', 'two', [
      'ALTER TABLE customers ADD a int',
      'ALTER TABLE orders ADD b int',
    ]);
    const job = { type: 'background' as const, job: 'nightly report', pid: 800 };
    const view = planted({
      upgrade: [two],
      steps: [ran(two, 23 * s, 25 * s)],
      statements: [
        traced(two, 0, { locks: [lock('customers', 'AccessExclusiveLock')] }),
        traced(two, 1, { locks: [lock('orders', 'AccessExclusiveLock')] }),
      ],
      events: [
        { ...job, edge: 'holding' as const, atUs: 22.5 * s },
        { ...job, edge: 'end' as const, atUs: 23.9 * s },
        ...statementEvents(two, 0, 23 * s, 23.3 * s, { sqlState: '55P03' }),
        ...statementEvents(two, 0, 24 * s, 24.01 * s, { attempt: 2 }),
        ...statementEvents(two, 1, 24.02 * s, 24.03 * s, { attempt: 2 }),
      ],
    });
    view.trace.tables.customers = { bytes: 8192, rows: 10 };
    expect(judgeRule(queueHazard, view).findings.map(({ where }) => where.table)).toEqual(['orders']);
  });

  it('takes a view as touched, and a table where an endpoint was not seen before the upgrade', () => {
    const view = planted({
      statements: [
        traced(step, 0, { locks: [lock('open_orders', 'AccessExclusiveLock', { relkind: 'v' })] }),
      ],
    });
    expect(judgeRule(queueHazard, view).findings[0]?.what).toContain('whether traffic touches open_orders');
    const settings = planted({
      statements: [traced(step, 0, { locks: [lock('settings', 'AccessExclusiveLock')] })],
      endpoints: { read: { request: { path: '/r' } }, rare: { request: { path: '/w' } } },
    });
    expect(judgeRule(queueHazard, settings).findings).toEqual([]);
    settings.seconds = settings.seconds.map(({ second, tallies }) => ({
      second,
      tallies: tallies.filter(({ endpoint }) => endpoint === 0 || second > 22),
    }));
    expect(judgeRule(queueHazard, settings).findings).toHaveLength(1);
  });

  it('has no data for a step that went well and left no event of its statements', () => {
    const silent = planted({ events: [] });
    expect(judgeRule(queueHazard, silent).unjudged[0]?.what).toContain('left no event under load');
    const failed = planted({ events: [], steps: [ran(step, 23 * s, 25 * s, 'failed')] });
    expect(judgeRule(queueHazard, failed).unjudged).toEqual([]);
  });

  it('is no hazard on tables without traffic, on new relations, and in weaker modes', () => {
    for (const held of [
      lock('settings', 'AccessExclusiveLock'),
      lock('orders', 'AccessExclusiveLock', { created: true }),
      lock('orders', 'ShareRowExclusiveLock'),
    ]) {
      expect(
        judgeRule(queueHazard, planted({ statements: [traced(step, 0, { locks: [held] })] })).findings,
      ).toEqual([]);
    }
  });

  it('has no data without a trace, and for commands', () => {
    const failed = planted();
    failed.trace = { ...failed.trace, state: 'failed', statements: [] };
    expect(judgeRule(queueHazard, failed).unjudged).toHaveLength(1);
    const command = (trace: boolean) => ({
      kind: 'command' as const,
      side: 'upgrade' as const,
      id: 'upgrade.migrate',
      name: 'migrate',
      command: ['migrate'],
      env: {},
      trace,
      timeout: 1000,
      retries: 0,
      retryDelay: 0,
    });
    const unknown = (trace: boolean) =>
      judgeRule(
        queueHazard,
        planted({ upgrade: [command(trace)], statements: [], steps: [ran(command(trace), 23 * s, 24 * s)] }),
      ).unjudged;
    expect(unknown(true)).toMatchObject([{ where: { step: 'upgrade.migrate' } }]);
    expect(unknown(false)).toEqual([]);
  });
});
