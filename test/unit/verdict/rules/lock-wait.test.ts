import { describe, expect, it } from 'vitest';
import type { LockWait } from '../../../../src/model/observation.js';
import { blocked } from '../../../../src/verdict/rules/blocked.js';
import { lockWait } from '../../../../src/verdict/rules/lock-wait.js';
import { buildView, party, ran, s, sqlStep, wait } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const step = sqlStep('upgrade', 'add status', ['ALTER TABLE orders ADD COLUMN status text']);
const alter = party('upgrade', step.id, 900, 'ALTER TABLE orders ADD COLUMN status text');
const report = party('background', 'nightly report', 800);
const shop = (pid: number) => party('service', 'shop', pid);

function viewWith(lockWaits: LockWait[], locks: object, view: object = {}) {
  return buildView({
    objectives: { locks },
    upgrade: [step],
    steps: [ran(step, 23 * s, 26 * s)],
    lockWaits,
    view,
  });
}

describe('lock-wait', () => {
  const limit = { longestWait: '500ms' };

  it('is not asked without a limit', () => {
    expect(judgeRule(lockWait, buildView({ objectives: { locks: {} } })).state).toBe('not asked');
  });

  it('passes at the limit with its floor and cadence, and fails above it', () => {
    const at = judgeRule(lockWait, viewWith([wait(shop(1), [alter], 23 * s, 500)], limit));
    expect(at.findings).toEqual([]);
    expect(at.summary).toContain('longest 500 ms of 500 ms allowed');
    expect(at.summary).toContain('floor 10 ms, cadence 10.2 ms (p99 14 ms)');
    const above = judgeRule(lockWait, viewWith([wait(shop(1), [alter], 23 * s, 501)], limit));
    expect(above.findings).toMatchObject([
      { weight: 'NO-GO', measured: 501, limit: 500, where: { step: step.id, table: 'orders' } },
    ]);
  });

  it('tells one statement once, however many waited', () => {
    const waits = Array.from({ length: 48 }, (_, i) =>
      wait(shop(i), [alter, report], 23 * s, 1000 + i, {
        mode: i % 2 ? 'RowExclusiveLock' : 'AccessShareLock',
      }),
    );
    const { findings } = judgeRule(lockWait, viewWith(waits, limit));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.what).toContain('48 sessions of the traffic waited up to 1.05 s');
    expect(findings[0]?.what).toContain('48 of 48 waits over it, 49.1 s blocked in all');
    expect(findings[0]?.why).toContain('AccessShareLock, RowExclusiveLock');
    expect(findings[0]?.why).toContain('itself waiting for the background job "nightly report"');
  });

  it('says so where it was rows that they waited for', () => {
    const update = party('upgrade', step.id, 900, 'UPDATE orders SET status = 1');
    const rows = wait(shop(1), [update], 23 * s, 900, { lockType: 'transactionid', mode: 'ShareLock' });
    const { findings } = judgeRule(lockWait, viewWith([rows], limit));
    expect(findings[0]?.why).toBe(
      '1 session waited for rows of orders behind `UPDATE orders SET status = 1` (step add status); longest 900 ms',
    );
    expect(findings[0]?.remedy).toContain('commit in smaller batches');
  });

  it('counts only traffic, and only behind a session of the upgrade or rollback (truth 3)', () => {
    const waits = [
      wait(alter, [report], 23 * s, 9000),
      wait(shop(1), [shop(2)], 23 * s, 9000, { lockType: 'transactionid' }),
      wait(shop(3), [report], 23 * s, 9000),
      wait(report, [alter], 23 * s, 9000),
      wait({ pid: 4, actor: { kind: 'autovacuum', name: 'autovacuum' } }, [alter], 23 * s, 9000),
    ];
    const { findings, summary } = judgeRule(lockWait, viewWith(waits, limit));
    expect(findings).toEqual([]);
    expect(summary).toContain('no wait of traffic behind a step was seen');
    expect(summary).toContain('upgrade 3600');
  });

  it('counts a session that names itself, and one that waits behind a queued step', () => {
    const foreign = { pid: 7, actor: { kind: 'other' as const, name: 'pgboss' } };
    const direct = judgeRule(lockWait, viewWith([wait(foreign, [alter, report], 23 * s, 900)], limit));
    expect(direct.findings).toHaveLength(1);
    const chained = judgeRule(lockWait, viewWith([wait(shop(1), [shop(2), alter], 23 * s, 900)], limit));
    expect(chained.findings).toHaveLength(1);
  });

  it('counts the time behind the step, where the sampler told it apart', () => {
    const mixed = wait(shop(1), [alter], 23 * s, 3000, { lockType: 'transactionid', behindStepMs: 200 });
    expect(judgeRule(lockWait, viewWith([mixed], limit)).findings).toEqual([]);
  });

  it('counts a relation wait whose blocker nobody saw, while a step runs', () => {
    const unseen = wait(shop(1), [], 23 * s, 900, { seenBy: ['log'], step: step.id });
    const { findings } = judgeRule(lockWait, viewWith([unseen], limit));
    expect(findings[0]?.why).toContain('the blocker itself was not seen');
  });

  it('has no data without coverage, above the floor, or blind for longer than the limit', () => {
    const coverage = buildView().lockCoverage!;
    const state = (lockCoverage: object | null) =>
      judgeRule(lockWait, viewWith([], limit, { lockCoverage })).state;
    expect(state(null)).toBe('no data');
    expect(state({ ...coverage, floorMs: null })).toBe('no data');
    expect(state({ ...coverage, floorMs: null, log: 'off' })).toBe('no data');
    expect(state({ ...coverage, floorMs: 501 })).toBe('no data');
    expect(state({ ...coverage, floorMs: 500 })).toBe('judged');
    expect(state({ ...coverage, gaps: [[23 * s, 23.5 * s]] })).toBe('judged');
    expect(state({ ...coverage, gaps: [[23 * s, 23.6 * s]] })).toBe('no data');
    // Outside upgrade and rollback nobody is judged.
    expect(state({ ...coverage, gaps: [[30 * s, 40 * s]] })).toBe('judged');
  });

  it('lets what was seen stand, also where more may have been missed', () => {
    const lockCoverage = { ...buildView().lockCoverage!, floorMs: 600 };
    const both = judgeRule(
      lockWait,
      viewWith([wait(shop(1), [alter], 23 * s, 900)], limit, { lockCoverage }),
    );
    expect(both.findings).toHaveLength(1);
    expect(both.unjudged).toHaveLength(1);
  });
});

describe('blocked', () => {
  const limit = { maxBlocked: 3 };
  const crowd = (n: number) =>
    Array.from({ length: n }, (_, i) => wait(shop(i), [alter], 23 * s + i * 1000, 400 - i));

  it('passes at the limit, fails above it', () => {
    expect(judgeRule(blocked, buildView({ objectives: { locks: {} } })).state).toBe('not asked');
    expect(judgeRule(blocked, viewWith(crowd(3), limit)).findings).toEqual([]);
    const { findings } = judgeRule(blocked, viewWith(crowd(4), limit));
    expect(findings).toMatchObject([
      { weight: 'NO-GO', measured: 4, limit: 3, unit: 'count', where: { step: step.id, phase: 'upgrade' } },
    ]);
  });

  it('counts sessions at one instant: one after another are one', () => {
    const turns = Array.from({ length: 9 }, (_, i) => wait(shop(1), [alter], 23 * s + i * 100_000, 100));
    expect(judgeRule(blocked, viewWith(turns, limit)).summary).toContain('at most 1 session');
  });

  it('takes a share of each service’s pool: replicas × sessions', () => {
    const share = (n: number, service: object) => {
      const view = viewWith(crowd(n), { maxBlocked: '50%' });
      Object.assign(view.plan.scenario.environment.services.shop!, service);
      return judgeRule(blocked, view);
    };
    expect(share(10, { pool: 10, replicas: 2 }).findings).toEqual([]);
    const { findings } = share(11, { pool: 10, replicas: 2 });
    expect(findings).toMatchObject([{ weight: 'NO-GO', measured: 11, limit: 10 }]);
    expect(findings[0]?.what).toContain(
      'of the service shop waited at once behind steps, limit 10 (50% of a pool of 20)',
    );
    // Whose pool is not known cannot be judged, and no pool at all is no pass.
    expect(share(1, {}).unjudged[0]?.what).toContain('how many are in its pool is not declared');
    expect(share(0, {}).state).toBe('no data');
    const foreign = { pid: 7, actor: { kind: 'other' as const, name: 'pgboss' } };
    const view = viewWith([wait(foreign, [alter], 23 * s, 400)], { maxBlocked: '50%' });
    expect(judgeRule(blocked, view).unjudged[0]?.what).toContain('"pgboss"');
  });

  it('is blind for half a second at most, however long one session may wait', () => {
    const lockCoverage = { ...buildView().lockCoverage!, gaps: [[23 * s, 26 * s]] };
    const long = { maxBlocked: 3, longestWait: '60s' };
    expect(judgeRule(blocked, viewWith([], long, { lockCoverage })).state).toBe('no data');
  });

  it('has no data without coverage', () => {
    expect(judgeRule(blocked, viewWith([], limit, { lockCoverage: null })).state).toBe('no data');
  });
});
