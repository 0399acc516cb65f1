import { describe, expect, it } from 'vitest';
import type { Audit, Loss } from '../../../../src/model/ledger.js';
import { ledger } from '../../../../src/verdict/rules/ledger.js';
import { buildView, sqlStep, type Planting } from '../build-view.js';
import { audit, loss } from '../build-audit.js';
import { judgeRule } from '../judge-rule.js';

const find = 'select id, status from orders where id = any($1)';
const endpoints = {
  create: {
    request: { method: 'POST', path: '/orders' },
    ledger: { entity: 'order', op: 'create', key: '$.id', find },
  },
};

const rollback = [sqlStep('rollback', 'back', ['select 2'])];
const judged = (audits: Audit[], planting: Planting = {}) =>
  judgeRule(ledger, buildView({ endpoints, rollback, ...planting, view: { audits, ...planting.view } }));
const clean = [audit(['upgrade', 'soak']), audit(['rollback', 'recovery'])];

describe('ledger', () => {
  it('passes what is all there, and says how much was looked for', () => {
    const { findings, unjudged, summary } = judged(clean);
    expect([...findings, ...unjudged]).toEqual([]);
    expect(summary).toBe(
      '1 200 acknowledged writes of 1 000 keys: 0 lost, 0 changed; 4 writes may have happened, 4 of them had; audited after upgrade+soak, rollback+recovery',
    );
  });

  it('is NO-GO for what is lost, with the phase, an example and a remedy; without an objective too', () => {
    const audits = [audit(['upgrade', 'soak']), audit(['rollback', 'recovery'], [loss()])];
    const [finding, ...others] = judged(audits).findings;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      weight: 'NO-GO',
      measured: 7,
      limit: 0,
      where: { table: 'orders', phase: 'recovery' },
    });
    expect(finding?.what).toBe(
      '7 acknowledged rows of orders not there any more (row lost), first seen after rollback and recovery',
    );
    expect(finding?.why).toBe('written: 7 in soak; for example 17: found nothing (create by create in soak)');
  });

  it('counts a loss that several audits see once, and adds those that are new', () => {
    const audits = [
      audit(['upgrade'], [loss({ count: 4, fresh: 4 })]),
      audit(['soak'], [loss({ count: 4, fresh: 0 })]),
      // Two came back and one more is gone: five rows were missing at some time.
      audit(['rollback', 'recovery'], [loss({ count: 3, fresh: 1 })]),
    ];
    // Four are the upgrade's doing and one is the rollback's: never five of one of them.
    expect(judged(audits).findings).toMatchObject([
      { measured: 4, where: { phase: 'upgrade' } },
      { measured: 1, where: { phase: 'recovery' } },
    ]);
    expect(judged(audits).summary).toContain(': 5 lost, 0 changed');
  });

  it('adds up the writes that turned out to have happened, audit by audit', () => {
    const landed = (after: Audit['after'], n: number, indeterminate: number, underWay = 0): Audit => ({
      ...audit(after, [], { landed: n, indeterminate }),
      underWay,
    });
    const audits = [
      landed(['upgrade'], 3, 5),
      landed(['soak'], 2, 8),
      landed(['rollback', 'recovery'], 1, 9),
    ];
    expect(judged(audits).summary).toContain('9 writes may have happened, 6 of them had');
    // With requests under way nothing is kept of what was found: the next audit tells it again.
    const busy = [landed(['upgrade'], 3, 5, 2), landed(['soak', 'rollback', 'recovery'], 4, 9)];
    expect(judged(busy).summary).toContain('9 writes may have happened, 4 of them had');
  });

  it('says of writes without a key that nobody can tell, not that they did not happen', () => {
    const keyless = { indeterminate: 9, landed: 1, unidentifiedIndeterminate: 7 };
    const { summary } = judged([audit(['upgrade', 'soak', 'rollback', 'recovery'], [], keyless)]);
    expect(summary).toContain('9 writes may have happened, 1 of the 2 with a key had, of 7 nobody can tell');
  });

  it('counts at least what is more than before, where which ones are new was no longer told apart', () => {
    const audits: Audit[] = [
      audit(['upgrade'], [loss({ count: 250_000 })]),
      { ...audit(['rollback', 'recovery'], [loss({ count: 250_010 })]), freshInexact: true },
    ];
    expect(judged(audits).findings.map(({ measured }) => measured)).toEqual([250_000, 10]);
  });

  describe('what was so before the upgrade', () => {
    // The service lowers the case of what it is given: every value is another than was written, from the start.
    const changed = (count: number, fresh = count) =>
      loss({ class: 'changed', column: 'email', count, fresh });
    const before = (losses: Loss[]) => audit(['warmup', 'baseline'], losses, { acknowledged: 400 });
    const weights = (audits: Audit[], objective: object = {}) =>
      judged(audits, { objectives: { ledger: objective } }).findings.map(
        ({ weight, measured }) => `${weight} ${measured}`,
      );

    it('is INVALID, also where it goes on at that rate: never the upgrade’s', () => {
      const audits = [
        before([changed(400)]),
        audit(['upgrade', 'soak'], [changed(900, 500)], { acknowledged: 900 }),
        audit(['rollback', 'recovery'], [changed(1_200, 300)]),
      ];
      expect(weights(audits)).toEqual(['INVALID 400', 'INVALID 500', 'INVALID 300']);
      const { findings } = judged(audits);
      expect(findings[0]?.what).toContain('already before the upgrade');
      expect(findings[1]?.what).toContain('not blamed on the upgrade');
      // 400 in all are allowed, and there are 1 200: what is not blamed passes no more than what is.
      expect(weights(audits, { changed: 400 })).toEqual(['INVALID 400', 'INVALID 500', 'INVALID 300']);
      expect(weights(audits, { changed: 1_200 })).toEqual(['note 400', 'note 500', 'note 300']);
    });

    it('excuses nothing beyond its rate, and no other kind of loss', () => {
      const audits = [
        before([changed(4)]),
        audit(['upgrade', 'soak'], [changed(6, 2), loss({ count: 1 })]),
        audit(['rollback', 'recovery'], [changed(700, 694)]),
      ];
      expect(weights(audits)).toEqual(['INVALID 4', 'INVALID 2', 'NO-GO 1', 'NO-GO 694']);
    });

    it('has no data where nothing was looked at since', () => {
      expect(judged([audit([]), before([])]).state).toBe('no data');
    });
  });

  it('allows what the objective allows, apart for lost and changed', () => {
    const audits = [
      ...clean.slice(0, 1),
      audit(['rollback', 'recovery'], [loss(), loss({ class: 'changed', column: 'status' })]),
    ];
    const weights = (objective: object) =>
      judged(audits, { objectives: { ledger: objective } }).findings.map(({ weight }) => weight);
    expect(weights({ lost: 7 })).toEqual(['note', 'NO-GO']);
    expect(weights({ lost: 6, changed: 7 })).toEqual(['NO-GO', 'note']);
  });

  it('reports what was discarded, and a discard that met nothing', () => {
    const gone = loss({ class: 'value lost', column: 'status', discarded: true, gone: true });
    const view = buildView({
      endpoints,
      rollback,
      view: { audits: [clean[0]!, audit(['rollback', 'recovery'], [gone])] },
    });
    view.plan.scenario.rollback.discards = ['orders.status', 'public.orders.state'];
    const { findings, summary } = judgeRule(ledger, view);
    expect(findings.map(({ weight }) => weight)).toEqual(['note', 'note']);
    expect(findings[0]?.what).toContain('7 acknowledged values went with orders.status');
    expect(findings[1]?.what).toContain('public.orders.state, and nothing acknowledged was lost there');
    expect(summary).toContain('7 discarded as declared');
  });

  it.each<[string, Audit[], RegExp]>([
    ['a phase without an audit', [audit(['upgrade', 'soak'])], /no audit was made after rollback, recovery/],
    [
      'keys that could not be looked for',
      [...clean, audit(['recovery'], [], { unaudited: { keys: 9, reason: 'timeout' } })],
      /9 keys of order could not be looked for after recovery: timeout/,
    ],
    [
      'acknowledged writes without a key',
      [clean[0]!, audit(['rollback', 'recovery'], [], { unidentified: 5 })],
      /5 of 1 200 acknowledged writes of order named no key/,
    ],
    [
      'nothing acknowledged',
      [clean[0]!, audit(['rollback', 'recovery'], [], { acknowledged: 0 })],
      /no write of order was acknowledged/,
    ],
  ])('cannot tell: %s', (_what, audits, expected) => {
    const { findings, unjudged } = judged(audits);
    expect(findings).toEqual([]);
    expect(unjudged.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('has no data without an audit, and is not asked without a ledger', () => {
    expect(judged([audit([])]).state).toBe('no data');
    expect(judgeRule(ledger, buildView()).state).toBe('not asked');
  });

  it('leaves what a snapshot loses to its own objective, where there is one', () => {
    const audits = [clean[0]!, audit(['rollback', 'recovery'], [loss()])];
    const bySnapshot = (objectives: object) => {
      const view = buildView({ endpoints, rollback, objectives, view: { audits } });
      view.plan.rollbackWay = 'snapshot';
      return judgeRule(ledger, view).findings.map(({ weight }) => weight);
    };
    expect(bySnapshot({ ledger: {} })).toEqual(['NO-GO']);
    expect(bySnapshot({ ledger: { lostOnSnapshot: { within: '5m' } } })).toEqual(['note']);
  });

  describe('with lostOnSnapshot', () => {
    const bySnapshot = (audits: Audit[]) => {
      const objectives = { ledger: { lostOnSnapshot: { within: '5m' } } };
      const view = buildView({ endpoints, rollback, objectives, view: { audits } });
      view.plan.rollbackWay = 'snapshot';
      return judgeRule(ledger, view);
    };

    it('judges what was written after the snapshot was back, and lost', () => {
      const audits = [
        clean[0]!,
        audit(['rollback'], [loss({ count: 700, byPhase: { baseline: 700 } })]),
        audit(['recovery'], [loss({ count: 712, fresh: 12, byPhase: { recovery: 12 } })]),
      ];
      const { findings, summary } = bySnapshot(audits);
      expect(findings.map(({ weight, measured }) => [weight, measured])).toEqual([
        ['note', 700],
        ['NO-GO', 12],
      ]);
      expect(summary).toContain(': 12 lost, 0 changed; 700 went with the snapshot, judged apart');
      // The same in one audit: the phase of the write tells them apart.
      const mixed = loss({ count: 712, byPhase: { baseline: 700, recovery: 12 } });
      const [finding] = bySnapshot([clean[0]!, audit(['rollback', 'recovery'], [mixed])]).findings;
      expect(finding).toMatchObject({ weight: 'NO-GO', measured: 12 });
      expect(finding?.what).toContain('712 acknowledged rows of orders');
      expect(finding?.what).toContain('700 of them went with the snapshot');
    });

    it('judges what the upgrade lost before the snapshot was put back', () => {
      const audits = [
        audit(['upgrade', 'soak'], [loss({ count: 1 })]),
        audit(['rollback', 'recovery'], [loss({ count: 501, fresh: 500 })]),
      ];
      expect(bySnapshot(audits).findings.map(({ weight, measured }) => [weight, measured])).toEqual([
        ['NO-GO', 1],
        ['note', 500],
      ]);
    });

    it('leaves deletes and updates that the snapshot undid to it too, and no phantom', () => {
      const back = (kind: Loss['class']) => [
        clean[0]!,
        audit(['rollback', 'recovery'], [loss({ class: kind })]),
      ];
      for (const kind of ['resurrected delete', 'changed', 'reverted update'] as const)
        expect(bySnapshot(back(kind)).findings[0]?.weight).toBe('note');
      expect(bySnapshot(back('phantom')).findings[0]?.weight).toBe('NO-GO');
    });
  });
});
