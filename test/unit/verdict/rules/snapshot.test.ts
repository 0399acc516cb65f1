import { describe, expect, it } from 'vitest';
import type { Audit } from '../../../../src/model/ledger.js';
import { snapshotLoss } from '../../../../src/verdict/rules/snapshot-loss.js';
import { snapshotSize } from '../../../../src/verdict/rules/snapshot-size.js';
import { secondUpgrade } from '../../../../src/verdict/rules/second-upgrade.js';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { rollbackReportOf } from '../../../../src/verdict/rollback-report.js';
import { coverageMissing } from '../../../../src/verdict/lock-coverage.js';
import { s, type Planted } from '../build-view.js';
import { audit, loss } from '../build-audit.js';
import { judgeRule } from '../judge-rule.js';
import { restoreEvents, rollbackAt, rollbackView } from '../rollback-view.js';

const parts = { stop: 200, 'put back': 1000, start: 300 };
const refused: Planted = { ms: 1, end: 'connectionError', reason: 'ECONNREFUSED' };
const restoredUs = rollbackAt + s;
/** Down from the restore on for some seconds. */
const downFor = (seconds: number) => (_: string, second: number) =>
  second >= 48 && second < 48 + seconds ? refused : undefined;

describe('snapshot-loss', () => {
  const lostAt = (earliestSentUs: number, count = 5) =>
    audit(['rollback', 'recovery'], [loss({ count, earliestSentUs })]);
  const view = (audits: Audit[] | undefined, way: 'steps' | 'snapshot' = 'snapshot') => {
    const built = rollbackView({ way, events: restoreEvents(restoredUs, parts), ...(audits && { audits }) });
    Object.assign(built.plan.scenario.objectives, { ledger: { lostOnSnapshot: { within: 10_000 } } });
    return built;
  };

  it('allows writes younger than `within` when the restore began, and no older one', () => {
    const young = judgeRule(snapshotLoss, view([lostAt(restoredUs - 10 * s)]));
    expect(young.findings).toEqual([]);
    expect(young.summary).toBe('5 acknowledged writes lost, the oldest 10 s old; 10 s allowed');
    const old = judgeRule(snapshotLoss, view([lostAt(restoredUs - 10.001 * s)]));
    expect(old.findings).toMatchObject([{ weight: 'NO-GO', measured: 10_001, limit: 10_000, unit: 'ms' }]);
  });

  it('counts what the rollback gives up knowingly apart from what it loses', () => {
    const given = loss({ class: 'value lost', column: 'status', count: 9, discarded: true });
    const seen = rollbackReportOf(judgedViewOf(view([audit(['rollback', 'recovery'], [given])])));
    expect(seen?.writesLost).toMatchObject({ lost: 0, discarded: 9 });
  });

  it('counts neither what was lost before, nor what was written after the snapshot was back', () => {
    const before = loss({ class: 'value lost', count: 4, earliestSentUs: 1 });
    const { summary } = judgeRule(
      snapshotLoss,
      view([
        audit(['soak'], [before]),
        audit(
          ['rollback', 'recovery'],
          [
            { ...before, fresh: 0, byPhase: {} },
            loss({ count: 5, earliestSentUs: restoredUs - 3 * s, byPhase: { soak: 3, recovery: 2 } }),
          ],
        ),
      ]),
    );
    expect(summary).toBe('3 acknowledged writes lost, the oldest 3 s old; 10 s allowed');
  });

  it('is not asked without the objective or a snapshot; cannot tell without an audit', () => {
    expect(judgeRule(snapshotLoss, rollbackView({ way: 'snapshot' })).state).toBe('not asked');
    expect(judgeRule(snapshotLoss, view([lostAt(1)], 'steps')).state).toBe('not asked');
    expect(judgeRule(snapshotLoss, view(undefined)).state).toBe('no data');
    expect(judgeRule(snapshotLoss, view([audit(['upgrade'], [])])).state).toBe('no data');
    expect(judgeRule(snapshotLoss, view([audit(['recovery'], [])])).findings).toEqual([]);
  });
});

describe('snapshot-size', () => {
  const at = (production: object | undefined, downtime: string) =>
    judgeRule(
      snapshotSize,
      rollbackView({
        way: 'snapshot',
        objectives: { window: { downtime } },
        ...(production && { production }),
        events: restoreEvents(restoredUs, parts),
        request: downFor(2),
      }),
    );

  it('extrapolates the copy to what production declares', () => {
    // 100 MB in 1 s; 3 000 MB take 30 s: 29 s more than the 2 seconds that were down.
    const production = { tables: { orders: { size: '3000MB' } } };
    expect(at(production, '31s').findings).toEqual([]);
    expect(at(production, '30s').findings).toMatchObject([
      { weight: 'NO-GO', extrapolated: true, measured: 31_000, limit: 30_000 },
    ]);
  });

  it('says nothing of production where no size is declared', () => {
    expect(at(undefined, '1h').state).toBe('no data');
    expect(at({ tables: { orders: { rows: 10 } } }, '1h').state).toBe('no data');
  });
});

describe('second-upgrade', () => {
  const again = (...events: object[]) =>
    judgeRule(
      secondUpgrade,
      rollbackView({
        events: events.map((event, at) => ({ type: 'again', atUs: (70 + at) * s, ...event })) as never,
      }),
    );
  const step = 'upgrade.add note';

  it('passes when it ran to its end', () => {
    const ran = again(
      { edge: 'start' },
      { edge: 'start', step },
      { edge: 'end', step, ok: true },
      { edge: 'end' },
    );
    expect(ran.findings).toEqual([]);
    expect(ran.summary).toContain('in 3 s');
  });

  it('is NO-GO with the step that failed', () => {
    const failed = { edge: 'end', step, ok: false, code: '42P07', message: 'relation exists' };
    expect(again({ edge: 'start' }, { edge: 'start', step }, failed, { edge: 'end' }).findings).toMatchObject(
      [{ weight: 'NO-GO', where: { step }, why: 'relation exists (42P07)' }],
    );
  });

  it('cannot be told when it was not run, or not to its end', () => {
    expect(again().state).toBe('no data');
    expect(again({ edge: 'end', skipped: 'rollback.drop note had failed' }).summary).toContain('had failed');
    expect(again({ edge: 'start' }, { edge: 'start', step }).state).toBe('no data');
    expect(again({ edge: 'start' }, { edge: 'start', step }, { edge: 'end', step, ok: true }).state).toBe(
      'no data',
    );
  });

  it('is not asked where it was turned off, and of results of before', () => {
    expect(judgeRule(secondUpgrade, rollbackView({ rollbackKeys: { again: false } })).state).toBe(
      'not asked',
    );
    const plan = { ...rollbackView().plan };
    delete plan.rollbackWay;
    expect(judgeRule(secondUpgrade, { ...rollbackView(), plan }).state).toBe('not asked');
  });
});

describe('the report of a snapshot', () => {
  const report = (more: object = {}) =>
    rollbackReportOf(
      judgedViewOf(
        rollbackView({
          way: 'snapshot',
          events: [
            { type: 'snapshot', bytes: 5000, tookMs: 900, atUs: 0 },
            ...restoreEvents(restoredUs, parts),
          ],
          request: downFor(4),
          ...more,
        }),
      ),
    );

  it('has its parts, the last of them until everything was up', () => {
    expect(report()).toMatchObject({
      way: 'snapshot',
      snapshot: { bytes: 5000, tookMs: 900, takenUs: 0 },
      downMs: 4000,
      parts: [
        { part: 'stop', ms: 200 },
        { part: 'put back', ms: 1000, bytes: 100 * 1024 ** 2 },
        { part: 'start', ms: 300 },
        { part: 'until all was up (cold cache, new sessions, reads of what is gone)', ms: 2500 },
      ],
    });
  });

  const until = (more: object) => report(more)?.parts.at(-1)?.ms;
  // The restore ends at 49.5 s.
  const down = (from: number, to: number) => (_: string, second: number) =>
    second >= from && second < to ? refused : undefined;

  it('a pause of the load is no sign that anything was up', () => {
    const gaps = [{ fromUs: 58 * s, toUs: 62 * s, purpose: 'audit after rollback' }];
    const paused = (from: number, to: number) => {
      const request = down(from, to);
      const view = rollbackView({ way: 'snapshot', events: restoreEvents(restoredUs, parts), request });
      const inGap = ({ second }: { second: number }) => second >= 58 && second < 62;
      return rollbackReportOf(
        judgedViewOf({
          ...view,
          gaps,
          seconds: view.seconds.filter((one) => !inGap(one)),
          series: view.series.filter((one) => !inGap(one)),
        }),
      );
    };
    expect(paused(48, 58)).toMatchObject({ downMs: 10_000, unknownSeconds: 4 });
    expect(paused(48, 58)?.parts.at(-1)?.ms).toBe(12_500);
    expect(paused(48, 64)?.parts.at(-1)?.ms).toBe(14_500);
    expect(paused(48, 52)).toMatchObject({ downMs: 4_000, unknownSeconds: 0 });
  });

  it('an endpoint that nobody asks for meanwhile is not up for that', () => {
    const rare = {
      endpoints: { read: { request: { path: '/r' } }, rare: { request: { path: '/x' } } },
    };
    const view = rollbackView({
      ...rare,
      way: 'snapshot',
      events: restoreEvents(restoredUs, parts),
      request: (endpoint, second) =>
        second >= 48 && second < (endpoint === 'rare' ? 56 : 51) ? refused : undefined,
    });
    const unasked = (endpoint: number, second: number) =>
      endpoint === 1 && second > 48 && second !== 55 && second !== 57;
    const seen = rollbackReportOf(
      judgedViewOf({
        ...view,
        seconds: view.seconds.map((one) => ({
          ...one,
          tallies: one.tallies.filter(({ endpoint }) => !unasked(endpoint, one.second)),
        })),
        series: view.series.filter(({ endpoint, second }) => !unasked(endpoint, second)),
      }),
    );
    // Down when it was asked at 48 s and at 55 s, up at 57 s.
    expect(seen?.parts.at(-1)?.ms).toBe(7_500);
    expect(until({ request: down(48, 49) })).toBe(0);
  });

  it('what was not measured is null, never 0', () => {
    expect(report()).toMatchObject({ writesLost: null, residue: null, secondUpgrade: null });
    expect(
      report({ request: (_: string, second: number) => (second >= 48 ? refused : undefined) })?.parts.at(-1),
    ).toMatchObject({
      ms: null,
    });
    const lost = loss({ count: 7, earliestSentUs: restoredUs - 5 * s });
    expect(report({ audits: [audit(['recovery'], [lost], { acknowledged: 90 })] })?.writesLost).toEqual({
      lost: 7,
      discarded: 0,
      acknowledged: 90,
      oldestMs: 5000,
      unaudited: 0,
    });
  });
});

it('a sampler without a server was not blind: nobody could wait', () => {
  const gaps = (toUs: number): [number, number][] => [[restoredUs, toUs]];
  const view = (toUs: number) => {
    const built = rollbackView({ way: 'snapshot', events: restoreEvents(restoredUs, parts) });
    return judgedViewOf({ ...built, lockCoverage: { ...built.lockCoverage!, gaps: gaps(toUs) } });
  };
  expect(coverageMissing(view(restoredUs + 1.6 * s), 200)).toBeUndefined();
  expect(coverageMissing(view(restoredUs + 1.9 * s), 200)?.noData).toContain('blind for up to 400 ms');
});
