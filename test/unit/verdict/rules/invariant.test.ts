import { describe, expect, it } from 'vitest';
import type { Audit, InvariantReading } from '../../../../src/model/ledger.js';
import { invariant } from '../../../../src/verdict/rules/invariant.js';
import { buildView } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const reading = (more: Partial<InvariantReading> = {}): InvariantReading => ({
  name: 'no orphan',
  expect: 'nothing',
  holds: true,
  rows: 0,
  sample: [],
  tookMs: 1,
  ...more,
});
const audit = (after: Audit['after'], ...invariants: InvariantReading[]): Audit => ({
  after,
  atUs: 0,
  toUs: 1,
  underWay: 0,
  entities: [],
  invariants,
});

function judged(...audits: Audit[]) {
  const view = buildView({ view: { audits } });
  view.plan.scenario.ledger = {
    entities: {},
    invariants: { 'no orphan': { sql: 'select 1 where false', expect: 'nothing' } },
  };
  return judgeRule(invariant, view);
}

describe('invariant', () => {
  it('passes one that held at every reading', () => {
    const { findings, unjudged, summary } = judged(audit([], reading()), audit(['recovery'], reading()));
    expect([...findings, ...unjudged]).toEqual([]);
    expect(summary).toBe('1 of 1 invariant held');
  });

  it('is NO-GO for one that broke, with where and what', () => {
    const broken = reading({ holds: false, rows: 3, sample: ['{"id":1}'] });
    const { findings } = judged(
      audit([], reading()),
      audit(['upgrade', 'soak'], broken),
      audit(['recovery'], broken),
    );
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      weight: 'NO-GO',
      measured: 3,
      limit: 0,
      where: { phase: 'soak' },
      why: '{"id":1}',
    });
    expect(findings[0]?.what).toBe(
      'no orphan returned 3 rows where there must be none after upgrade and soak',
    );
  });

  it('is INVALID for one that was broken before', () => {
    const broken = reading({ holds: false, rows: 3 });
    expect(judged(audit([], broken), audit(['recovery'], broken)).findings[0]?.weight).toBe('INVALID');
    // The traffic alone broke it: no step had run.
    const [finding] = judged(
      audit([], reading()),
      audit(['warmup', 'baseline'], broken),
      audit(['recovery'], broken),
    ).findings;
    expect(finding).toMatchObject({ weight: 'INVALID', where: { phase: 'baseline' } });
    expect(finding?.what).toContain('after warmup and baseline: broken before the upgrade');
  });

  it('cannot tell where it was not read', () => {
    const unread: InvariantReading = {
      name: 'no orphan',
      expect: 'nothing',
      sample: [],
      error: 'permission denied',
      tookMs: 1,
    };
    expect(judged(audit([], reading()), audit(['recovery'], unread)).unjudged[0]?.what).toContain(
      'permission denied',
    );
    for (const after of [[], ['baseline']] as Audit['after'][])
      expect(judged(audit(after, reading())).unjudged[0]?.what).toContain('was not read after the upgrade');
    expect(judgeRule(invariant, buildView()).state).toBe('not asked');
  });
});
