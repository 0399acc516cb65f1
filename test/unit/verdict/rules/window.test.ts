import { describe, expect, it } from 'vitest';
import { window } from '../../../../src/verdict/rules/window.js';
import { buildView, type Planted } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const objectives = { latency: { p99: '250ms' }, window: { downtime: '2s' } };
const down =
  (seconds: number[], planted: Planted, n = 50) =>
  (_: string, second: number, i: number) =>
    seconds.includes(second) && i < n ? planted : undefined;
const refused: Planted = { ms: 1, end: 'connectionError', reason: 'ECONNREFUSED' };

describe('window', () => {
  it('is not asked without limits', () => {
    expect(judgeRule(window, buildView({ objectives: { window: {} } })).state).toBe('not asked');
  });

  it('counts a second as down above 5%, of failures or of slow requests', () => {
    const summary = (n: number, planted: Planted) =>
      judgeRule(window, buildView({ objectives, perSecond: 40, request: down([30], planted, n) })).summary;
    expect(summary(2, refused)).toMatch(/^0 seconds down of 50/);
    expect(summary(3, refused)).toMatch(/^1 second down of 50 \(read 1\)/);
    expect(summary(2, { ms: 251 })).toMatch(/^0 seconds down/);
    expect(summary(3, { ms: 251 })).toMatch(/^1 second down/);
    expect(summary(3, { ms: 250 })).toMatch(/^0 seconds down/);
    // A timeout is slow and failed, and is one request.
    expect(summary(2, { ms: 10_000, end: 'timeout' })).toMatch(/^0 seconds down/);
    expect(summary(3, { ms: 0, end: 'dropped' })).toMatch(/^1 second down/);
  });

  it('passes at the limit and fails above it, and prints the baseline by the same rule', () => {
    const at = judgeRule(window, buildView({ objectives, request: down([10, 30, 31], refused) }));
    expect(at.findings).toEqual([]);
    expect(at.summary).toContain('2 s allowed; in the baseline 1 of 20');
    const above = judgeRule(window, buildView({ objectives, request: down([30, 31, 60], refused) }));
    expect(above.findings).toMatchObject([{ weight: 'NO-GO', measured: 3000, limit: 2000, unit: 'ms' }]);
  });

  it('adds up the seconds in which any endpoint is down', () => {
    const view = buildView({
      objectives,
      endpoints: { read: { request: { path: '/r' } }, write: { request: { path: '/w' } } },
      request: (endpoint, second) =>
        (endpoint === 'read' ? [30, 31] : [31, 32]).includes(second) ? refused : undefined,
    });
    const { findings } = judgeRule(window, view);
    expect(findings[0]?.what).toContain('3 seconds down of 50 (read 2, write 2)');
  });

  it('is INVALID where the baseline was down as often', () => {
    const every = (n: number) => (_: string, second: number) => (second % n === 0 ? refused : undefined);
    const { findings } = judgeRule(window, buildView({ objectives, request: every(2) }));
    expect(findings).toMatchObject([{ weight: 'INVALID', measured: 25_000 }]);
    expect(findings[0]?.what).toContain('in the baseline 10 of 20 seconds were down');
    // One second in twenty is the baseline's: 2.5 of 50 are its share, and 5 are more than 2 s beyond it.
    const more = (seconds: number[]) =>
      judgeRule(window, buildView({ objectives, request: down([10, ...seconds], refused) })).findings;
    expect(more([30, 31, 32, 33])).toMatchObject([{ weight: 'INVALID' }]);
    expect(more([30, 31, 32, 33, 34])).toMatchObject([{ weight: 'NO-GO' }]);
  });

  it('cannot tell where a rare endpoint had no request between two that failed', () => {
    const view = (failing: number[]) =>
      buildView({
        objectives,
        perSecond: 1,
        endpoints: { read: { request: { path: '/r' } }, rare: { request: { path: '/w' } } },
        request: (endpoint, second) =>
          endpoint === 'rare' && failing.includes(second) ? refused : undefined,
      });
    // Of the rare endpoint only every fifth second has a request.
    const sparse = (failing: number[]) => {
      const all = view(failing);
      const gone = (endpoint: number, second: number) => endpoint === 1 && second % 5 !== 0;
      return judgeRule(window, {
        ...all,
        seconds: all.seconds.map(({ second, tallies }) => ({
          second,
          tallies: tallies.filter(({ endpoint }) => !gone(endpoint, second)),
        })),
        series: all.series.filter(({ endpoint, second }) => !gone(endpoint, second)),
      });
    };
    expect(sparse([]).unjudged).toEqual([]);
    const { findings, unjudged } = sparse([30, 35]);
    expect(findings).toEqual([]);
    expect(unjudged[0]?.what).toMatch(/^2 seconds down of 50 .*\(12 more beside a down one/);
  });

  it('does not call a second up whose requests the end of the run cut off', () => {
    const cut = buildView({
      objectives: { window: { downtime: '2s' } },
      request: (_, second) => (second >= 67 ? { ms: 0, end: 'aborted' } : undefined),
    });
    expect(judgeRule(window, cut).summary).toMatch(/^0 seconds down of 50, 5 without requests/);
    expect(judgeRule(window, cut).unjudged).toHaveLength(1);
    // With a limit, those that had waited longer than it by then are slow for certain.
    const limited = judgeRule(window, { ...cut, plan: buildView({ objectives }).plan });
    expect(limited.summary).toMatch(/^4 seconds down of 50/);
  });

  it('is INVALID where the harness made it so', () => {
    const late = down([30, 31, 32], { ms: 900, dueMs: 5 });
    expect(judgeRule(window, buildView({ objectives, request: late })).findings).toMatchObject([
      { weight: 'INVALID' },
    ]);
  });

  it('counts seconds without requests apart, and cannot tell where they decide', () => {
    const view = buildView({ objectives });
    const silent = (seconds: number[]) => ({
      ...view,
      seconds: view.seconds.filter(({ second }) => !seconds.includes(second)),
      series: view.series.filter(({ second }) => !seconds.includes(second)),
    });
    expect(judgeRule(window, silent([30, 31])).unjudged).toEqual([]);
    expect(judgeRule(window, silent([30, 31])).summary).toContain('2 without requests');
    expect(judgeRule(window, silent([30, 31, 32])).unjudged).toHaveLength(1);
  });

  it('counts failures only where no latency limit can say what is slow, and says so', () => {
    const view = buildView({
      objectives: { latency: { p50: '20ms' }, window: { downtime: '2s' } },
      request: down([30, 31, 32], { ms: 900 }),
    });
    expect(judgeRule(window, view)).toMatchObject({ findings: [] });
    expect(judgeRule(window, view).summary).toContain('failures only');
  });

  it('judges the length of the upgrade', () => {
    const total = (limit: string) =>
      judgeRule(window, buildView({ objectives: { window: { total: limit } } })).findings;
    expect(total('5s')).toEqual([]);
    expect(total('4999ms')).toMatchObject([{ weight: 'NO-GO', measured: 5000, limit: 4999 }]);
  });

  it('has no data where no upgrade was run', () => {
    const view = buildView({ objectives, phases: { upgrade: 0, soak: 0, rollback: 0, recovery: 0 } });
    expect(judgeRule(window, view).state).toBe('no data');
  });
});
