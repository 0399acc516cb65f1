import { describe, expect, it } from 'vitest';
import type { ProbeReport, ResidueItem, ResidueReport } from '../../../../src/model/residue.js';
import { judge } from '../../../../src/verdict/judge.js';
import { residue } from '../../../../src/verdict/rules/residue.js';
import { buildView, sqlStep } from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const rollback = [sqlStep('rollback', 'drop status', ['ALTER TABLE orders DROP COLUMN status'])];
const probe = (more: Partial<ProbeReport> = {}): ProbeReport => ({
  probe: 'flags',
  class: 'flag',
  expect: 'restored',
  state: 'clean',
  before: 1,
  after: 1,
  unknown: [],
  unstable: [],
  ...more,
});
const left = (more: Partial<ResidueItem> = {}): ResidueItem => ({
  probe: 'flags',
  class: 'flag',
  owned: false,
  key: 'a',
  path: 'flags/a',
  change: 'changed',
  origin: 'attributed',
  changes: [{ path: '$.on', before: false, upgraded: true, after: true }],
  ...more,
});

function view(report: Partial<ResidueReport> | null, more: { objective?: unknown; waivers?: object[] } = {}) {
  const { objective = 'none', waivers = [] } = more;
  const built = buildView({
    rollback,
    objectives: objective === null ? {} : { residue: objective },
    waivers,
  });
  built.residue = report && { snapshots: [], probes: [probe()], items: [], cleanup: null, ...report };
  return built;
}
const of = (...args: Parameters<typeof view>) => judgeRule(residue, view(...args));

describe('residue', () => {
  it('passes where everything was read and is as before', () => {
    expect(of({})).toMatchObject({ state: 'judged', findings: [], unjudged: [] });
  });

  it('is NO-GO for what the upgrade left, with what cleans it', () => {
    expect(of({ items: [left({ command: 'curl …' })] }).findings).toMatchObject([
      {
        weight: 'NO-GO',
        what: 'flags/a was not restored: on: false → true, by the upgrade',
        where: { path: 'flags/a', phase: 'rollback' },
        remedy: 'curl …',
      },
    ]);
  });

  it('is INVALID for what somebody else may have changed, NO-GO where nobody else can', () => {
    expect(of({ items: [left({ origin: 'unattributed' })] }).findings[0]?.weight).toBe('INVALID');
    expect(of({ items: [left({ origin: 'unattributed', owned: true })] }).findings[0]?.weight).toBe('NO-GO');
    expect(of({ items: [left({ origin: 'unknown' })] }).findings[0]?.weight).toBe('INVALID');
  });

  it('only notes what was so before the upgrade', () => {
    const item = left({ origin: 'pre-existing', change: 'present', odd: 'an invalid index', changes: [] });
    expect(of({ items: [item] }).findings).toMatchObject([
      { weight: 'note', what: 'flags/a: an invalid index already before the upgrade' },
    ]);
  });

  it('never passes on what could not be read, or flaps', () => {
    const unread = probe({ state: 'unknown', unknown: [{ snapshot: 'S2', reason: 'page 2: 500' }] });
    expect(of({ probes: [unread] }).unjudged[0]?.what).toBe('flags could not be read at S2: page 2: 500');
    expect(of({ probes: [probe({ unstable: ['a: $.n'] })] }).unjudged[0]?.what).toMatch(
      /differed between two readings/,
    );
    // S1 only tells whose doing something is.
    expect(of({ probes: [probe({ unknown: [{ snapshot: 'S1', reason: 'x' }] })] }).unjudged).toEqual([]);
    const upgraded = probe({ expect: 'upgraded', unknown: [{ snapshot: 'S1', reason: 'x' }] });
    expect(of({ probes: [upgraded] }).unjudged).toHaveLength(1);
  });

  it('notes a probe that saw nothing at any time: a path that selects nothing looks the same', () => {
    const empty = probe({ before: 0, after: 0 });
    expect(of({ probes: [empty] }).findings).toMatchObject([
      { weight: 'note', what: expect.stringMatching(/^flags saw not one item/) as string },
    ]);
    for (const other of [
      { before: 1 },
      { probe: 'catalog.roles' },
      { expect: 'absent' as const },
      { state: 'unknown' as const },
    ])
      expect(of({ probes: [{ ...empty, ...other }] }).findings).toEqual([]);
  });

  it('has no data where nothing was read', () => {
    expect(of(null).state).toBe('no data');
  });

  it('without an objective notes what was left, and is not asked otherwise', () => {
    expect(of({}, { objective: null }).state).toBe('not asked');
    expect(of({ items: [left()] }, { objective: null }).findings).toMatchObject([{ weight: 'note' }]);
  });

  it('judges the classes asked for alone', () => {
    expect(of({ items: [left()] }, { objective: { classes: ['schema'] } }).findings).toEqual([]);
    expect(of({ items: [left()] }, { objective: { classes: ['flag'] } }).findings).toHaveLength(1);
  });

  it('counts what one probe has beyond thirty', () => {
    const items = Array.from({ length: 40 }, (_, i) => left({ key: `k${i}`, path: `flags/k${i}` }));
    const { findings } = of({ items });
    expect(findings).toHaveLength(31);
    expect(findings.at(-1)).toMatchObject({ weight: 'NO-GO', measured: 10, where: { path: 'flags/…' } });
  });

  describe('with a cleanup', () => {
    const cleanup = (more: Partial<NonNullable<ResidueReport['cleanup']>> = {}) => ({
      runs: [],
      afterFirst: [],
      items: [],
      unknown: [],
      proven: true,
      ...more,
    });
    const after = { objective: { after: 'cleanup' } };

    it('counts nothing that the cleanup is proven to take away, where asked so', () => {
      expect(of({ items: [left()], cleanup: cleanup() }, after).findings).toEqual([]);
      expect(of({ items: [left()], cleanup: cleanup() }).findings).toHaveLength(1);
      expect(of({ items: [left()] }, after).state).toBe('no data');
    });
    it('is NO-GO where it does not clean, needs two runs, or cannot run twice', () => {
      const words = (more: Parameters<typeof cleanup>[0]) =>
        of({ items: [left()], cleanup: cleanup({ proven: false, ...more }) }, after).findings.map(
          ({ what }) => what,
        );
      expect(words({ items: [left()], afterFirst: [left()] })).toEqual([
        'the cleanup does not clean flags/a',
      ]);
      expect(words({ afterFirst: [left()] })).toEqual(['the cleanup cleans flags/a only when it runs twice']);
      const run = {
        type: 'cleanup',
        round: 2,
        name: 'flags/a',
        command: 'c',
        fromUs: 0,
        toUs: 1,
        ok: false,
      } as const;
      expect(words({ runs: [run] })).toEqual(['the cleanup of flags/a fails when it runs a second time']);
    });
    it('is told with the thing itself where that is a finding, and a command that fails, once', () => {
      const run = (round: 1 | 2) =>
        ({ type: 'cleanup', round, name: 'flags/a', command: 'c', fromUs: 0, toUs: 1, ok: false }) as const;
      const still = cleanup({
        proven: false,
        items: [left()],
        afterFirst: [left()],
        runs: [run(1), run(2)],
      });
      expect(of({ items: [left()], cleanup: still }).findings.map(({ what }) => what)).toEqual([
        'flags/a was not restored: on: false → true, by the upgrade; the cleanup does not clean it',
        'the cleanup of flags/a failed',
      ]);
    });
    it('never passes what is still there and was not its to clean: not known whose it is, it is residue', () => {
      for (const origin of ['unattributed', 'unknown'] as const) {
        const item = left({ origin });
        const still = cleanup({ proven: false, items: [item], afterFirst: [item] });
        const words = (owned: boolean) =>
          of({ items: [{ ...item, owned }], cleanup: still }, after).findings.map(
            ({ weight, what }) => `${weight} ${what}`,
          );
        expect(words(false)).toEqual([expect.stringMatching(/^INVALID flags\/a was not restored/)]);
        expect(words(true)).toEqual([expect.stringMatching(/^NO-GO flags\/a was not restored/)]);
        expect(of({ items: [item], cleanup: cleanup() }, after).findings).toEqual([]);
      }
    });
    it('tells what the upgrade left of a thing that somebody else changed too', () => {
      const theirs = left({ origin: 'unattributed', changes: [{ path: '$.note', before: 'a', after: 'b' }] });
      const still = cleanup({ proven: false, items: [left(), theirs], afterFirst: [left(), theirs] });
      expect(of({ items: [left(), theirs], cleanup: still }, after).findings.map(({ what }) => what)).toEqual(
        [
          'flags/a was not restored: note: "a" → "b", after the upgrade: by the rollback or by somebody else',
          'the cleanup does not clean flags/a',
        ],
      );
    });
    it('tells what is not as before since the cleanup', () => {
      const gone = left({ change: 'removed', origin: 'unattributed', changes: [] });
      const since = cleanup({ proven: false, items: [gone], afterFirst: [gone] });
      // It was the upgrade's to restore, and was removed: not cleaned.
      expect(of({ items: [left()], cleanup: since }, after).findings).toMatchObject([
        { weight: 'NO-GO', what: 'the cleanup does not clean flags/a' },
      ]);
      expect(of({ items: [], cleanup: since }, after).findings).toMatchObject([
        { weight: 'INVALID', what: expect.stringMatching(/^since the cleanup: flags\/a is gone/) as string },
      ]);
    });
    it('never passes where S3 could not be read', () => {
      const unread = cleanup({ proven: false, unknown: [{ probe: 'flags', reason: 'S3a: refused' }] });
      expect(of({ items: [left()], cleanup: unread }, after).unjudged[0]?.what).toBe(
        'flags could not be read at S3a: refused',
      );
    });
    it('does not blame the cleanup for what is somebody else’s', () => {
      const foreign = left({ origin: 'unattributed' });
      expect(
        of({ items: [foreign], cleanup: cleanup({ items: [foreign], afterFirst: [foreign] }) }).findings,
      ).toHaveLength(1);
    });
  });

  it('counts the rest as INVALID where nothing of it is known to be the upgrade’s', () => {
    const items = Array.from({ length: 40 }, (_, i) =>
      left({ key: `k${i}`, path: `flags/k${i}`, origin: 'unattributed' }),
    );
    expect(of({ items }).findings.at(-1)).toMatchObject({ weight: 'INVALID', measured: 10 });
  });

  describe('waivers', () => {
    const waiver = (more: object) => ({ finding: 'residue', reason: 'known and accepted', ...more });
    const verdictWith = (waivers: object[], item = left()) =>
      judge(view({ items: [item] }, { waivers })).findings.filter(
        ({ rule }) => rule === 'residue' || rule === 'waiver',
      );

    it('name a path, and stay printed', () => {
      expect(verdictWith([waiver({ path: 'flags/a' })])).toMatchObject([
        { waived: { reason: 'known and accepted' } },
      ]);
      expect(verdictWith([waiver({ path: 'flags/*' })])).toMatchObject([{ waived: {} }]);
    });
    it('do not count for another path, nor once they have expired', () => {
      for (const other of [
        { path: 'flags/b' },
        { path: 'lags/a' },
        { path: 'flags/a', until: '2020-01-01' },
      ]) {
        const found = verdictWith([waiver(other)]);
        expect(found.find(({ rule }) => rule === 'residue')).not.toHaveProperty('waived');
        expect(found.some(({ rule }) => rule === 'waiver')).toBe(true);
      }
    });
    it('waive column order alone', () => {
      const moved = left({
        probe: 'catalog.columnOrder',
        path: 'catalog.columnOrder/orders',
        class: 'schema',
        owned: true,
      });
      expect(verdictWith([waiver({ path: 'catalog.columnOrder/*' })], moved)).toMatchObject([{ waived: {} }]);
    });
  });
});
