import { describe, expect, it } from 'vitest';
import { rollbackNotExercised } from '../../../../src/verdict/rules/rollback-not-exercised.js';
import { buildView, sqlStep, type Planting } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const rollback = [sqlStep('rollback', 'drop status', ['ALTER TABLE orders DROP COLUMN status'])];
const variant = { from: 'upgrade.noop', request: { path: '/' }, writes: ['orders.status'] };

function planted(added: object, more: Planting = {}) {
  const view = buildView({
    rollback,
    endpoints: { write: { request: { path: '/' }, variants: [variant] } },
    ...more,
  });
  view.trace.added = { columns: [], constraints: [], enumLabels: [], ...added };
  return view;
}
const byVariant = (from: number, to: number): Planting => ({
  request: (_, second) => (second >= from && second < to ? { ms: 5, variant: 0 } : undefined),
});

describe('rollback-not-exercised', () => {
  const columns = ['orders.status'];

  it('is not asked without a rollback', () => {
    expect(judgeRule(rollbackNotExercised, buildView()).state).toBe('not asked');
  });

  it('is INVALID where no request wrote what was added before the rollback began', () => {
    const { findings } = judgeRule(rollbackNotExercised, planted({ columns }));
    expect(findings).toMatchObject([{ weight: 'INVALID', where: { table: 'orders' } }]);
    expect(findings[0]?.what).toContain('orders.status');
    // Writes of the baseline and of the recovery do not count.
    expect(judgeRule(rollbackNotExercised, planted({ columns }, byVariant(5, 20))).findings).toHaveLength(1);
    expect(judgeRule(rollbackNotExercised, planted({ columns }, byVariant(48, 70))).findings).toHaveLength(1);
  });

  it('passes with one successful write of a variant, or of an endpoint', () => {
    expect(judgeRule(rollbackNotExercised, planted({ columns }, byVariant(40, 41))).findings).toEqual([]);
    const endpoints = { write: { request: { path: '/' }, writes: ['orders.status'] } };
    expect(judgeRule(rollbackNotExercised, planted({ columns }, { endpoints })).findings).toEqual([]);
    const failing = planted(
      { columns },
      { request: (_, second) => (second > 21 ? { ms: 5, variant: 0, end: 'httpError' } : undefined) },
    );
    expect(judgeRule(rollbackNotExercised, failing).findings).toHaveLength(1);
  });

  it('counts a constraint as checked by any write to its table, and a table as all of its columns', () => {
    const added = { columns, constraints: ['orders.orders_status_check', 'refunds.refunds_pkey'] };
    const { findings } = judgeRule(rollbackNotExercised, planted(added, byVariant(40, 41)));
    expect(findings.map(({ where }) => where.table)).toEqual(['refunds']);
    const endpoints = { write: { request: { path: '/' }, writes: ['refunds'] } };
    const whole = planted({ columns: ['refunds.id', 'refunds.amount'] }, { endpoints });
    expect(judgeRule(rollbackNotExercised, whole).findings).toEqual([]);
  });

  it('does not count what an endpoint wrote before anything was added', () => {
    const endpoints = { write: { request: { path: '/' }, writes: ['orders.status'] } };
    // The step ends at 24 s: what succeeded in 22 and 23 wrote no column of it.
    const until = (lastSecond: number): Planting => ({
      endpoints,
      request: (_, second) => (second > lastSecond ? { ms: 5, end: 'httpError' } : undefined),
    });
    expect(judgeRule(rollbackNotExercised, planted({ columns }, until(23))).findings).toHaveLength(1);
    expect(judgeRule(rollbackNotExercised, planted({ columns }, until(24))).findings).toEqual([]);
  });

  it('is not asked of an upgrade whose commands leave the database alone', () => {
    const command = (trace: boolean) => ({
      kind: 'command' as const,
      side: 'upgrade' as const,
      id: 'upgrade.deploy',
      name: 'deploy',
      command: ['deploy'],
      env: {},
      trace,
      timeout: 1000,
      retries: 0,
      retryDelay: 0,
    });
    const state = (trace: boolean) => {
      const view = planted({}, { upgrade: [command(trace)], statements: [] });
      view.trace.state = 'off';
      return judgeRule(rollbackNotExercised, view).state;
    };
    expect(state(false)).toBe('not asked');
    expect(state(true)).toBe('no data');
  });

  it('has no data without a trace', () => {
    const view = planted({ columns });
    view.trace.state = 'failed';
    expect(judgeRule(rollbackNotExercised, view).state).toBe('no data');
  });
});
