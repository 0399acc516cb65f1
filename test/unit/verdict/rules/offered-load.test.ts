import { describe, expect, it } from 'vitest';
import { dropped } from '../../../../src/verdict/rules/dropped.js';
import { throughput } from '../../../../src/verdict/rules/throughput.js';
import { buildView } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const dropping = (from: number, n: number) => (_: string, second: number, i: number) =>
  second === from && i < n ? ({ ms: 0, end: 'dropped', reason: 'in-flight cap' } as const) : undefined;

describe('dropped', () => {
  const objectives = { dropped: { ratio: '1%', over: '10s' } };

  it('is not asked without an objective, passes at the limit, fails above it', () => {
    expect(judgeRule(dropped, buildView()).state).toBe('not asked');
    expect(judgeRule(dropped, buildView({ objectives, request: dropping(30, 5) })).findings).toEqual([]);
    const { findings } = judgeRule(dropped, buildView({ objectives, request: dropping(30, 6) }));
    expect(findings).toMatchObject([{ weight: 'NO-GO', measured: 0.012, limit: 0.01 }]);
    expect(findings[0]?.why).toContain('in-flight cap ×6');
  });

  it('leaves the baseline out', () => {
    expect(judgeRule(dropped, buildView({ objectives, request: dropping(10, 50) })).findings).toEqual([]);
  });

  it('is INVALID, not the upgrade’s, where the baseline dropped as many', () => {
    const always = (_: string, __: number, i: number) =>
      i < 1 ? ({ ms: 0, end: 'dropped', reason: 'in-flight cap' } as const) : undefined;
    const { findings } = judgeRule(dropped, buildView({ objectives, request: always }));
    expect(findings).toMatchObject([{ weight: 'INVALID', measured: 0.02 }]);
    expect(findings[0]?.what).toContain('not met before the upgrade: 2% in the baseline');
  });

  it('has no data where nothing was offered', () => {
    const view = buildView({ objectives, phases: { upgrade: 0, soak: 0, rollback: 0, recovery: 0 } });
    expect(judgeRule(dropped, view).state).toBe('no data');
  });
});

describe('throughput', () => {
  const objectives = { throughput: { achieved: '99%' } };

  it('is judged a phase: 5 of 250 lost in the upgrade are 2%', () => {
    expect(judgeRule(throughput, buildView()).state).toBe('not asked');
    expect(judgeRule(throughput, buildView({ objectives, request: dropping(30, 10) })).findings).toEqual([]);
    const { findings, summary } = judgeRule(throughput, buildView({ objectives, request: dropping(23, 5) }));
    expect(findings).toMatchObject([{ weight: 'NO-GO', measured: 0.98, where: { phase: 'upgrade' } }]);
    expect(summary).toContain('upgrade 98%, soak 100%');
  });

  it('is INVALID, not the upgrade’s, where the baseline did not reach it', () => {
    const always = (_: string, __: number, i: number) =>
      i < 1 ? ({ ms: 0, end: 'httpError' } as const) : undefined;
    const { findings } = judgeRule(throughput, buildView({ objectives, request: always }));
    expect(new Set(findings.map(({ weight }) => weight))).toEqual(new Set(['INVALID']));
    expect(findings[0]?.what).toContain('not met before the upgrade: 98% in the baseline');
  });

  it('has no data where no phase was run', () => {
    const view = buildView({ objectives, phases: { upgrade: 0, soak: 0, rollback: 0, recovery: 0 } });
    expect(judgeRule(throughput, view).state).toBe('no data');
  });
});
