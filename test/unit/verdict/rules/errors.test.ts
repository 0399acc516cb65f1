import { describe, expect, it } from 'vitest';
import { errors } from '../../../../src/verdict/rules/errors.js';
import { buildView } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const objectives = { errors: { endpoint: '*', ratio: '1%', over: '10s' } };
const failing =
  (second: number, n: number, reason = '503') =>
  (_: string, at: number, i: number) =>
    at === second && i < n ? ({ ms: 2, end: 'httpError', reason } as const) : undefined;

describe('errors', () => {
  it('is not asked without an objective', () => {
    expect(judgeRule(errors, buildView()).state).toBe('not asked');
  });

  it('is exact at the boundary: 5 of 500 is 1%, 6 is more', () => {
    expect(judgeRule(errors, buildView({ objectives, request: failing(30, 5) })).findings).toEqual([]);
    const { findings } = judgeRule(errors, buildView({ objectives, request: failing(30, 6) }));
    expect(findings).toMatchObject([{ weight: 'NO-GO', measured: 6 / 500, limit: 0.01, unit: 'ratio' }]);
    expect(findings[0]?.why).toContain('503 ×6');
  });

  it('counts timeouts and lost connections, and neither drops nor what the end cut off', () => {
    const ends = ['timeout', 'connectionError', 'httpError', 'dropped', 'aborted'] as const;
    const view = buildView({
      objectives: { errors: { ratio: 0 } },
      request: (_, second, i) => (second === 30 && i < 5 ? { ms: 1, end: ends[i]! } : undefined),
    });
    const { findings, summary } = judgeRule(errors, view);
    expect(findings[0]?.what).toContain('3 of 498 requests failed');
    expect(summary).toContain('2 dropped or cut off');
  });

  it('widens a window until one failure alone is not over the ratio', () => {
    const strict = { errors: { ratio: '0.1%', over: '1s' } };
    const one = judgeRule(errors, buildView({ objectives: strict, request: failing(30, 1) }));
    expect(one.findings).toEqual([]);
    const two = judgeRule(errors, buildView({ objectives: strict, request: failing(30, 2) }));
    expect(two.findings).toMatchObject([{ measured: 2 / 1000 }]);
  });

  it('takes in what was under way when the upgrade began', () => {
    const view = buildView({ objectives, request: failing(21, 20) });
    expect(judgeRule(errors, view).findings).toMatchObject([{ weight: 'NO-GO' }]);
  });

  it('cannot tell on fewer than 100 requests, unless it is certain', () => {
    const few = judgeRule(errors, buildView({ objectives, perSecond: 1 }));
    expect(few.unjudged[0]?.what).toContain('100 needed');
    const all = judgeRule(errors, buildView({ objectives, perSecond: 1, request: failing(30, 1) }));
    expect(all.findings).toEqual([]);
    const certain = judgeRule(
      errors,
      buildView({
        objectives,
        perSecond: 1,
        request: (_, second) => (second >= 30 && second < 32 ? { ms: 1, end: 'timeout' } : undefined),
      }),
    );
    expect(certain.findings).toHaveLength(1);
  });

  it('cannot tell where drops or cut-off requests could hide a violation', () => {
    const lost = (end: 'dropped' | 'aborted', n: number, more: object = {}) =>
      judgeRule(
        errors,
        buildView({
          objectives: { ...objectives, ...more },
          request: (_, second, i) => (second === 30 && i < n ? { ms: 1, end } : undefined),
        }),
      );
    expect(lost('dropped', 5)).toMatchObject({ findings: [], unjudged: [] });
    expect(lost('dropped', 6)).toMatchObject({ findings: [] });
    expect(lost('dropped', 6).unjudged[0]?.what).toContain('6 of 500 requests were dropped or cut off');
    expect(lost('aborted', 6).unjudged).toHaveLength(1);
    // An objective of their own judges drops; nothing else judges what was cut off.
    expect(lost('dropped', 6, { dropped: { ratio: '5%' } }).unjudged).toEqual([]);
    expect(lost('aborted', 6, { dropped: { ratio: '5%' } }).unjudged).toHaveLength(1);
  });

  it('does not take for the system’s the timeouts of requests that the harness sent late', () => {
    const timeouts = (dueMs: number) =>
      judgeRule(
        errors,
        buildView({
          endpoints: { read: { request: { path: '/' }, timeout: '1s' } },
          objectives,
          request: (_, second, i) =>
            second === 30 && i < 20 ? { ms: 1000, dueMs, end: 'timeout' } : undefined,
        }),
      ).findings;
    expect(timeouts(999)).toMatchObject([{ weight: 'NO-GO', measured: 20 / 500 }]);
    expect(timeouts(400)).toMatchObject([{ weight: 'INVALID', measured: 20 / 500 }]);
    expect(timeouts(400)[0]?.what).toContain('the harness sent late');
  });

  it('takes no drop for a kind of failure', () => {
    const view = buildView({
      objectives,
      request: (_, second, i) => {
        if (i < 20 && second < 40) return { ms: 2, end: 'httpError', reason: '500' };
        return second >= 24 && second < 26 && i < 40
          ? { ms: 0, end: 'dropped', reason: 'in-flight cap' }
          : undefined;
      },
    });
    const { findings } = judgeRule(errors, view);
    expect(findings).toMatchObject([{ weight: 'INVALID' }]);
    expect(findings[0]?.why).not.toContain('in-flight cap');
  });

  it('takes deadlines that passed for one kind of failure, wherever they found the request', () => {
    const view = buildView({
      endpoints: { read: { request: { path: '/' }, timeout: '1s' } },
      objectives,
      request: (_, second, i) =>
        i < 20 && second < 40
          ? {
              ms: 1000,
              dueMs: 1000,
              end: 'timeout',
              reason: second < 22 ? 'no free connection' : 'no answer',
            }
          : undefined,
    });
    expect(judgeRule(errors, view).findings).toMatchObject([{ weight: 'INVALID' }]);
  });

  it('does not blame the upgrade for what failed before, but for a new kind of failure', () => {
    const before = (_: string, __: number, i: number) =>
      i < 2 ? ({ ms: 2, end: 'httpError', reason: '500' } as const) : undefined;
    const same = judgeRule(errors, buildView({ objectives, request: before }));
    expect(new Set(same.findings.map(({ weight }) => weight))).toEqual(new Set(['INVALID']));
    const fresh = judgeRule(
      errors,
      buildView({
        objectives,
        request: (_, second, i) => {
          if (second >= 24 && second < 26) return { ms: 1, end: 'connectionError', reason: 'ECONNREFUSED' };
          return before('', second, i);
        },
      }),
    );
    expect(fresh.findings.map(({ weight }) => weight)).toContain('NO-GO');
  });
});
