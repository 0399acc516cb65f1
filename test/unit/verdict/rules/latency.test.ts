import { describe, expect, it } from 'vitest';
import { latency } from '../../../../src/verdict/rules/latency.js';
import { buildView, party, ran, s, sqlStep, upgradeAt, wait, type Planting } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const p99 = { latency: [{ endpoint: '*', p99: '250ms', over: '10s' }] };
const slow = (from: number, to: number, ms: number, every = 1) =>
  ((_: string, second: number, i: number) =>
    second >= from && second < to && i % every === 0 ? { ms } : undefined) satisfies Planting['request'];

describe('latency', () => {
  it('is not asked without an objective', () => {
    expect(judgeRule(latency, buildView()).state).toBe('not asked');
  });

  it('passes below the limit, and says the worst that it saw', () => {
    const { findings, summary } = judgeRule(
      latency,
      buildView({ objectives: p99, request: slow(23, 26, 180) }),
    );
    expect(findings).toEqual([]);
    expect(summary).toContain('read p99 180 ms over 10 s (limit 250 ms');
  });

  it('finds in a window what the phase would hide', () => {
    // 1 s of 60 s: 1.7%, and p99 of everything from the upgrade on is over too; 0.5 s is 0.8% and is not.
    const half = (_: string, second: number, i: number) =>
      second === 35 && i % 2 === 0 ? { ms: 900 } : undefined;
    const { findings } = judgeRule(latency, buildView({ objectives: p99, request: half }));
    expect(findings).toMatchObject([{ weight: 'NO-GO', limit: 250, unit: 'ms' }]);
    expect(findings[0]?.measured).toBeCloseTo(900, -1);
    expect(findings[0]?.where).toMatchObject({ endpoint: 'read', phase: 'soak' });
  });

  it('is exact at the boundary: 5 of 500 requests are p99 met, 6 are not', () => {
    const planted = (n: number) =>
      buildView({
        objectives: p99,
        request: (_, second, i) => (second === 35 && i < n ? { ms: 251 } : undefined),
      });
    expect(judgeRule(latency, planted(5)).findings).toEqual([]);
    expect(judgeRule(latency, planted(6)).findings).toHaveLength(1);
    const atLimit = buildView({ objectives: p99, request: slow(35, 36, 250) });
    expect(judgeRule(latency, atLimit).findings).toEqual([]);
  });

  it('judges each endpoint by itself, and a named one by its own limit', () => {
    const view = buildView({
      endpoints: { read: { request: { path: '/r' } }, write: { request: { path: '/w' } } },
      objectives: {
        latency: [
          { endpoint: '*', p99: '250ms' },
          { endpoint: 'write', p99: '2s' },
        ],
      },
      request: (endpoint, second) => (second === 24 ? { ms: endpoint === 'read' ? 300 : 900 } : undefined),
    });
    const { findings } = judgeRule(latency, view);
    expect(findings.map(({ where }) => where.endpoint)).toEqual(['read']);
  });

  it('counts drops as +∞, and names no number for it', () => {
    const view = buildView({
      objectives: p99,
      request: (_, second, i) =>
        second === 24 && i < 20 ? { ms: 0, end: 'dropped', reason: 'in-flight cap' } : undefined,
    });
    const { findings } = judgeRule(latency, view);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.what).toContain('read p99 ∞');
    expect(findings[0]?.what).toContain('20 dropped');
    expect(findings[0]).not.toHaveProperty('measured');
  });

  it('does not take for the system’s what the harness was too late to send', () => {
    const dropped = (reason: string) =>
      buildView({
        objectives: p99,
        request: (_, second, i) => (second === 24 && i < 20 ? { ms: 0, end: 'dropped', reason } : undefined),
      });
    expect(judgeRule(latency, dropped('generator late')).findings).toMatchObject([{ weight: 'INVALID' }]);
    expect(judgeRule(latency, dropped('in-flight cap')).findings).toMatchObject([{ weight: 'NO-GO' }]);
  });

  it('does not blame the upgrade for drops where half of the requests met their deadline before it', () => {
    const view = (timeoutsFrom: number) =>
      buildView({
        objectives: { ...p99, errors: { ratio: '1%', over: '10s' } },
        request: (_, second, i) => {
          if (second >= timeoutsFrom && i % 2 === 0) return { ms: 200, end: 'timeout', reason: 'no answer' };
          return second === 24 && i < 20 ? { ms: 0, end: 'dropped', reason: 'in-flight cap' } : undefined;
        },
      });
    expect(judgeRule(latency, view(5)).findings).toMatchObject([{ weight: 'INVALID' }]);
    expect(judgeRule(latency, view(24)).findings).toMatchObject([{ weight: 'NO-GO' }]);
  });

  it('counts in a step what the step delayed, though it was intended before', () => {
    // Intended in the last second of the baseline, answered 2 s into the upgrade.
    const step = sqlStep('upgrade', 'noop', ['select 1']);
    const view = buildView({
      objectives: p99,
      upgrade: [step],
      steps: [ran(step, upgradeAt + 100_000, upgradeAt + 3 * s)],
      request: (_, second, i) => (second === 21 && i < 20 ? { ms: 3000 } : undefined),
    });
    const { findings } = judgeRule(latency, view);
    expect(findings).toMatchObject([{ weight: 'NO-GO', where: { step: 'upgrade.noop' } }]);
  });

  it('tells it as a story: the statement, its lock, and who stood before it', () => {
    const step = sqlStep('upgrade', 'add status', ['ALTER TABLE orders ADD COLUMN status text']);
    const alter = party('upgrade', step.id, 900, 'ALTER TABLE orders ADD COLUMN status text');
    const report = party('background', 'nightly report', 800, 'select count(*) from orders');
    const waits = Array.from({ length: 48 }, (_, i) =>
      wait(party('service', 'shop', 100 + i), [alter, report], 23 * s + i * 10_000, 4000 - i * 10),
    );
    const view = buildView({
      objectives: p99,
      upgrade: [step],
      steps: [ran(step, 23 * s, 27 * s)],
      request: (_, second, i) =>
        second >= 23 && second < 27 ? { ms: (27 - second) * 1000 - i * 20 } : undefined,
      lockWaits: waits,
      statements: [
        {
          ...buildView({ upgrade: [step] }).trace.statements[0]!,
          locks: [{ relation: 'orders', relkind: 'r', mode: 'AccessExclusiveLock', created: false }],
        },
      ],
    });
    const { findings } = judgeRule(latency, view);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.what).toMatch(
      /^read p99 3\.9\d? s over 10 s \(limit 250 ms; .*at worst before the upgrade$/,
    );
    expect(findings[0]?.where).toMatchObject({ step: step.id, table: 'orders', statement: alter.query });
    expect(findings[0]?.why).toBe(
      '48 sessions waited (AccessShareLock) for orders behind AccessExclusiveLock of ' +
        '`ALTER TABLE orders ADD COLUMN status text` (step add status), itself waiting for the background job ' +
        '"nightly report"; longest 4 s (45% of the 6 min 41 s that 500 requests lost against the usual 5 ms); ' +
        '55% was lost meanwhile by requests that were not seen to wait for a lock themselves; <1% unexplained',
    );
  });

  it('says cause unknown rather than invent one', () => {
    const { findings } = judgeRule(latency, buildView({ objectives: p99, request: slow(35, 37, 900) }));
    expect(findings[0]?.why).toContain('cause unknown');
    const short = buildView({
      objectives: p99,
      request: slow(35, 37, 900),
      lockWaits: [wait(party('service', 'shop', 1), [party('upgrade', 'upgrade.noop', 900)], 35 * s, 20)],
    });
    expect(judgeRule(latency, short).findings[0]?.why).toContain('cause unknown: the longest wait');
  });

  it('cannot tell on too few requests, unless what is over the limit is certain', () => {
    const fast = judgeRule(latency, buildView({ objectives: p99, perSecond: 1 }));
    expect(fast.findings).toEqual([]);
    expect(fast.unjudged[0]?.what).toContain('50 requests from the upgrade on, 100 needed');
    const certain = judgeRule(
      latency,
      buildView({ objectives: p99, perSecond: 1, request: slow(30, 34, 900) }),
    );
    expect(certain.findings).toMatchObject([{ weight: 'NO-GO' }]);
    const two = { latency: [{ endpoint: 'nobody', p99: '1s' }] };
    expect(judgeRule(latency, buildView({ objectives: two })).unjudged[0]?.what).toContain('"nobody"');
  });

  it('blames a baseline’s own slowness on the upgrade only where a lock wait alone breaks the limit', () => {
    const step = sqlStep('upgrade', 'noop', ['select 1']);
    const request = () => ({ ms: 300 });
    expect(
      judgeRule(latency, buildView({ objectives: p99, request })).findings.map((f) => f.weight),
    ).not.toContain('NO-GO');
    const proven = buildView({
      objectives: p99,
      request,
      lockWaits: [
        wait(party('service', 'shop', 1), [party('upgrade', step.id, 900, 'select 1')], 23 * s, 2000),
      ],
    });
    expect(judgeRule(latency, proven).findings.map((f) => f.weight)).toContain('NO-GO');
  });
});
