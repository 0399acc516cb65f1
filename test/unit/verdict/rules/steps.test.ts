import { describe, expect, it } from 'vitest';
import { stepDuration } from '../../../../src/verdict/rules/step-duration.js';
import { stepFailed } from '../../../../src/verdict/rules/step-failed.js';
import { buildView, party, ran, s, sqlStep, statementEvents, wait } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const first = sqlStep('upgrade', 'add status', ['ALTER TABLE orders ADD CHECK (amount > 0)']);
const second = sqlStep('upgrade', 'fill', ['UPDATE orders SET status = 1']);
const back = sqlStep('rollback', 'drop status', ['ALTER TABLE orders DROP COLUMN status']);
const plan = { upgrade: [first, second], rollback: [back] };

describe('step-failed', () => {
  it('passes where all steps were ok', () => {
    expect(judgeRule(stepFailed, buildView(plan))).toMatchObject({
      findings: [],
      unjudged: [],
      summary: '3 of 3 steps ok',
    });
  });

  it('is NO-GO for a failed step, with its error and statement, and tells what did not run', () => {
    const steps = [
      ran(first, 23 * s, 24 * s, 'failed'),
      ran(second, 24 * s, 24 * s, 'skipped'),
      ran(back, 48 * s, 49 * s),
    ];
    const events = statementEvents(first, 0, 23 * s, 24 * s, { sqlState: '23514' });
    const { findings, unjudged } = judgeRule(stepFailed, buildView({ ...plan, steps, events }));
    expect(unjudged).toEqual([]);
    expect(findings).toMatchObject([
      {
        weight: 'NO-GO',
        what: 'upgrade step add status failed; 1 step after it did not run',
        why: 'check violated (23514), 1 s into the attempt',
        where: { step: first.id, statement: 'ALTER TABLE orders ADD CHECK (amount > 0)' },
      },
    ]);
  });

  it('puts what else there is to say below the error', () => {
    const failed = ran(first, 23 * s, 24 * s, 'failed');
    failed.attempts[0]!.message = 'lock timeout\nleft behind: i on orders is invalid';
    const { findings } = judgeRule(stepFailed, buildView({ ...plan, steps: [failed] }));
    expect(findings[0]?.why).toBe(
      'lock timeout (23514), 1 s into the attempt\nleft behind: i on orders is invalid',
    );
  });

  it('is NO-GO for a failed rollback step too', () => {
    const steps = [
      ran(first, 23 * s, 24 * s),
      ran(second, 24 * s, 25 * s),
      ran(back, 48 * s, 49 * s, 'failed'),
    ];
    expect(judgeRule(stepFailed, buildView({ ...plan, steps })).findings).toMatchObject([
      { weight: 'NO-GO', where: { phase: 'rollback' } },
    ]);
  });

  it('cannot tell of steps that the end of the run cut off, or that left no record', () => {
    const cut = [ran(first, 23 * s, 24 * s, 'interrupted'), ran(second, 24 * s, 24 * s, 'skipped')];
    const { findings, unjudged } = judgeRule(stepFailed, buildView({ ...plan, steps: cut }));
    expect(findings).toEqual([]);
    expect(unjudged.map(({ what }) => what)).toEqual([
      '2 upgrade steps did not run to the end: add status, fill',
      '1 rollback step did not run to the end: drop status',
    ]);
  });
});

describe('step-duration', () => {
  const steps = [ran(first, 23 * s, 25 * s), ran(second, 25 * s, 26 * s), ran(back, 48 * s, 49 * s)];

  it('takes the id before the name before *', () => {
    const limits = (limit: object) =>
      judgeRule(stepDuration, buildView({ ...plan, steps, objectives: { steps: limit } }));
    expect(judgeRule(stepDuration, buildView(plan)).state).toBe('not asked');
    expect(limits({ '*': '2s' }).findings).toEqual([]);
    expect(limits({ '*': '1999ms' }).findings).toMatchObject([
      { weight: 'NO-GO', measured: 2000, limit: 1999 },
    ]);
    expect(limits({ '*': '1s', 'add status': '2s' }).findings).toEqual([]);
    expect(limits({ '*': '9s', 'add status': '9s', 'upgrade.add status': '1s' }).findings).toHaveLength(1);
  });

  it('says how much of it was waiting for locks', () => {
    const own = wait(
      party('upgrade', first.id, 900),
      [party('background', 'report', 1, 'select 1')],
      23 * s,
      1500,
      {
        step: first.id,
      },
    );
    const view = buildView({ ...plan, steps, objectives: { steps: { '*': '1s' } }, lockWaits: [own] });
    expect(judgeRule(stepDuration, view).findings[0]?.why).toBe(
      '1.5 s of it waiting for locks (longest 1.5 s for orders behind `select 1`)',
    );
  });

  it('cannot judge a step that does not exist', () => {
    const view = buildView({ ...plan, steps, objectives: { steps: { nobody: '1s' } } });
    expect(judgeRule(stepDuration, view).unjudged[0]?.what).toContain('"nobody"');
  });
});
