import { describe, expect, it } from 'vitest';
import { judge, ruleCatalogue } from '../../../src/verdict/judge.js';
import { verdictReportSchema, type VerdictReport } from '../../../src/model/verdict.js';
import { buildView, ran, s, sqlStep, upgradeAt } from './build-view.js';

const latency = { latency: [{ endpoint: '*', p99: '250ms', over: '10s' }] };
/** A stall of 3 s from the upgrade's second second on. */
const stalled = (_: string, second: number, i: number) =>
  second >= 23 && second < 26 ? { ms: (26 - second) * 1000 - i * 10 } : undefined;

function of(report: VerdictReport, rule: string) {
  return report.findings.filter((finding) => finding.rule === rule);
}
function stateOf(report: VerdictReport, rule: string) {
  return report.rules.find((one) => one.rule === rule)?.state;
}

describe('judge', () => {
  it('says GO where nothing was planted, and that every rule was asked or not', () => {
    const report = judge(buildView({ objectives: latency }));
    expect(report.findings.filter(({ weight }) => weight !== 'note')).toEqual([]);
    expect(report.verdict).toBe('GO');
    expect(report.rules.map(({ rule }) => rule)).toEqual(ruleCatalogue.map(({ id }) => id));
    expect(stateOf(report, 'latency')).toBe('pass');
    expect(stateOf(report, 'errors')).toBe('not asked');
  });

  it('is pure: the same view gives the same report, and is left as it was', () => {
    const view = buildView({ objectives: latency, request: stalled });
    const before = JSON.stringify(view);
    expect(judge(view)).toEqual(judge(view));
    expect(JSON.stringify(view)).toBe(before);
  });

  it('survives being written to result.json, also with latencies of +∞ and without data', () => {
    const drops = buildView({
      objectives: {
        ...latency,
        dropped: { ratio: 0 },
        locks: { longestWait: '1s' },
        window: { downtime: '1s' },
      },
      request: (_, second) => (second >= 30 && second < 40 ? { ms: 0, end: 'dropped' } : undefined),
      view: { lockCoverage: null, server: [] },
    });
    for (const view of [
      drops,
      buildView({ objectives: latency, phases: { upgrade: 0, soak: 0, recovery: 0 } }),
    ]) {
      const report = judge(view);
      expect(report.verdict).not.toBe('GO');
      expect(verdictReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
    }
  });

  it('orders NO-GO before INVALID before GO', () => {
    const late = (_: string, second: number, i: number) => ({
      ms: stalled('', second, i)?.ms ?? 5,
      lagMs: 40,
    });
    const both = judge(buildView({ objectives: latency, request: late }));
    expect(of(both, 'harness').map(({ weight }) => weight)).toContain('INVALID');
    expect(of(both, 'latency').map(({ weight }) => weight)).toEqual(['NO-GO']);
    expect(both.verdict).toBe('NO-GO');
    expect(both.because).toContain('read p99');
    expect(both.findings[0]?.weight).toBe('NO-GO');

    const onlyLate = judge(buildView({ objectives: latency, request: () => ({ ms: 5, lagMs: 40 }) }));
    expect(onlyLate.verdict).toBe('INVALID');
    expect(onlyLate.because).toContain('send lag');
  });

  it('does not let a violation stand that is gone when measured from when the pacer fired', () => {
    const report = judge(
      buildView({
        objectives: latency,
        request: (_, second, i) => {
          const slow = stalled('', second, i);
          return slow ? { ...slow, dueMs: 5 } : undefined;
        },
      }),
    );
    expect(of(report, 'latency')).toMatchObject([{ weight: 'INVALID' }]);
    expect(of(report, 'latency')[0]?.what).toContain('the harness was late');
    expect(report.verdict).toBe('INVALID');
  });

  it('never blames on the upgrade what the baseline broke', () => {
    const report = judge(buildView({ objectives: latency, request: () => ({ ms: 400 }) }));
    expect(report.verdict).toBe('INVALID');
    expect(of(report, 'baseline-met')).toMatchObject([{ weight: 'INVALID', limit: 250, unit: 'ms' }]);
    expect(of(report, 'baseline-met')[0]?.measured).toBeCloseTo(400, -1);
    expect(of(report, 'latency').map(({ weight }) => weight)).not.toContain('NO-GO');
    expect(of(report, 'latency')[0]?.what).toContain('not blamed on the upgrade');
    // Nobody says what the upgrade adds to it: waiving the baseline does not make the broken limit met.
    const waivers = [{ finding: 'baseline-met', reason: 'known to be slow' }];
    const waived = judge(buildView({ objectives: latency, request: () => ({ ms: 400 }), waivers }));
    expect(of(waived, 'baseline-met')[0]?.waived).toBeDefined();
    expect(waived.verdict).toBe('INVALID');
  });

  it('says INVALID of a run that was cut short, interrupted or broken, and keeps what it saw', () => {
    const killed = judge(buildView({ view: { complete: false } }));
    expect(killed.verdict).toBe('INVALID');
    expect(killed.because).toContain('cut short');
    const interrupted = judge(buildView({ view: { ended: 'interrupted', endReason: 'SIGINT' } }));
    expect(interrupted.because).toContain('interrupted: SIGINT');
    const stalledThenCut = judge(
      buildView({ objectives: latency, request: stalled, view: { ended: 'interrupted' } }),
    );
    expect(stalledThenCut.verdict).toBe('NO-GO');
  });

  it('counts a rule without its data as INVALID, never as a pass', () => {
    const report = judge(
      buildView({ objectives: { locks: { longestWait: '500ms' } }, view: { lockCoverage: null } }),
    );
    expect(stateOf(report, 'lock-wait')).toBe('no data');
    expect(report.verdict).toBe('INVALID');
    expect(report.because).toContain('lock waits were not observed');
  });

  describe('waivers', () => {
    const slowStep = sqlStep('upgrade', 'noop', ['select 1']);
    const objectives = { steps: { '*': '500ms' } };
    const steps = [ran(slowStep, upgradeAt, upgradeAt + s)];
    const waiver = { finding: 'step-duration', step: 'noop', reason: 'known, accepted by the owner' };

    it('keep the finding, and take its weight', () => {
      const report = judge(buildView({ objectives, steps, waivers: [{ ...waiver, until: '2026-06-15' }] }));
      expect(of(report, 'step-duration')).toMatchObject([
        { weight: 'NO-GO', waived: { reason: waiver.reason, until: '2026-06-15' } },
      ]);
      expect(report.verdict).toBe('GO');
      expect(report.because).toContain('1 finding waived');
    });

    it('expire by the day the run began', () => {
      const report = judge(buildView({ objectives, steps, waivers: [{ ...waiver, until: '2026-06-14' }] }));
      expect(report.verdict).toBe('NO-GO');
      expect(of(report, 'waiver')[0]?.what).toContain('expired on 2026-06-14');
    });

    it('match by step and table only', () => {
      const other = judge(buildView({ objectives, steps, waivers: [{ ...waiver, step: 'another' }] }));
      expect(other.verdict).toBe('NO-GO');
      expect(of(other, 'waiver')[0]?.what).toContain('matched nothing');
      const table = judge(buildView({ objectives, steps, waivers: [{ ...waiver, table: 'orders' }] }));
      expect(table.verdict).toBe('NO-GO');
    });

    it('never waive a failed step, nor the harness', () => {
      const failed = judge(
        buildView({
          steps: [ran(slowStep, upgradeAt, upgradeAt + s, 'failed')],
          waivers: [{ finding: 'step-failed', reason: 'we hope for the best' }],
        }),
      );
      expect(failed.verdict).toBe('NO-GO');
      expect(of(failed, 'waiver')[0]?.what).toContain('cannot be waived');
      const broken = judge(
        buildView({ view: { ended: 'broken' }, waivers: [{ finding: 'harness', reason: 'never mind' }] }),
      );
      expect(broken.verdict).toBe('INVALID');
    });
  });
});
