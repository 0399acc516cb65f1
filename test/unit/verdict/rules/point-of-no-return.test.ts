import { describe, expect, it } from 'vitest';
import type { Loss } from '../../../../src/model/ledger.js';
import type { ResultView } from '../../../../src/model/result.js';
import { pointOfNoReturn } from '../../../../src/verdict/rules/point-of-no-return.js';
import { noReturnsOf } from '../../../../src/verdict/no-return.js';
import { rollbackReportOf } from '../../../../src/verdict/rollback-report.js';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { lock, ran, s, statementEvents, traced, upgradeAt } from '../build-view.js';
import { audit, loss } from '../build-audit.js';
import { judgeRule } from '../judge-rule.js';
import {
  addNote,
  dropKind,
  dropNote,
  indexNote,
  rollbackAt,
  rollbackView,
  trial,
  trialsOf,
} from '../rollback-view.js';

const judge = (view: ResultView) => judgeRule(pointOfNoReturn, view);
const found = (view: ResultView) =>
  noReturnsOf(judgedViewOf(view)).map(({ step, seenBy, how }) => [step, seenBy, how]);
const tooEarly = {
  failedStep: dropNote.id,
  sqlState: '42704',
  message: 'index "by_note" does not exist',
  place: 'x:1',
};

describe('seen on the clones', () => {
  it('names the first step after which rows are lost, also behind a statement that came too early', () => {
    const view = rollbackView({
      trials: trialsOf(
        trial(addNote.id, { ...tooEarly, leftOut: 1 }),
        trial(dropKind.id, {
          ...tooEarly,
          leftOut: 1,
          outcome: 'loses',
          lost: ['orders.kind: values differ'],
        }),
        trial(indexNote.id, { outcome: 'loses', lost: ['orders.kind: values differ'] }),
      ),
    });
    expect(found(view)).toEqual([[dropKind.id, 'clone', 'loses']]);
    const { findings, summary } = judge(view);
    expect(findings.map(({ weight, where }) => [weight, where.step])).toEqual([
      ['NO-GO', dropKind.id],
      ['note', addNote.id],
      ['note', dropKind.id],
    ]);
    expect(findings[1]?.what).toContain('if the upgrade stops after add note');
    expect(summary).toBe('after drop kind (seen by the clone)');
  });

  it('what rollback.discards gives up is no loss, column or table', () => {
    for (const discards of [['orders.kind'], ['orders'], ['public.orders']]) {
      const lost = trial(dropKind.id, { outcome: 'loses', lost: ['orders.kind: the column is gone'] });
      const view = rollbackView({ rollbackKeys: { discards }, trials: trialsOf(trial(addNote.id), lost) });
      expect(found(view)).toEqual([]);
      expect(judge(view).findings).toMatchObject([{ weight: 'note', where: { step: dropKind.id } }]);
    }
  });

  it('a failure half-way counts, unless the statement is written for a later step', () => {
    const fails = (sqlState: string | undefined, whole: object = {}) =>
      found(
        rollbackView({
          trials: trialsOf(
            trial(addNote.id, {
              outcome: 'failed',
              failedStep: dropNote.id,
              place: 'x:1',
              ...(sqlState !== undefined && { sqlState }),
            }),
            trial(indexNote.id, whole),
          ),
        }),
      );
    expect(fails('22001')).toEqual([[addNote.id, 'clone', 'fails']]);
    expect(fails('42P01')).toEqual([]);
    expect(fails('42703')).toEqual([]);
    // It fails so at the end as well: nothing that a later step would have made.
    const same = { outcome: 'failed', failedStep: dropNote.id, place: 'x:1', sqlState: '42703' };
    expect(fails('42703', same)).toEqual([[addNote.id, 'clone', 'fails']]);
  });

  it('a statement that was left out, and works from no later step either, is no way back from there on', () => {
    // `alter table ordrs …`: mistyped. From each step it names what no step makes.
    const typo = { failedStep: dropNote.id, sqlState: '42P01', message: 'no "ordrs"', place: 'x:2' };
    const early = { ...tooEarly, leftOut: 2, leftOutAt: ['x:1', 'x:2'] };
    const all = rollbackView({
      trials: trialsOf(
        trial(addNote.id, early),
        trial(dropKind.id, { ...typo, leftOut: 1, leftOutAt: ['x:2'], outcome: 'differs' }),
        trial(indexNote.id, { ...typo, outcome: 'failed' }),
      ),
    });
    expect(found(all)).toEqual([[addNote.id, 'clone', 'fails']]);
    expect(judge(all).findings).toMatchObject([
      { weight: 'NO-GO', where: { step: addNote.id }, why: expect.stringContaining('ordrs') as string },
      // What it names first is made by the last step.
      { weight: 'note', where: { step: addNote.id } },
    ]);
    // A table that the second step drops: from the first step the way back is open.
    const dropped = rollbackView({
      trials: trialsOf(
        trial(addNote.id),
        trial(dropKind.id, { ...typo, leftOut: 1, leftOutAt: ['x:2'], outcome: 'differs' }),
        trial(indexNote.id, { ...typo, outcome: 'failed' }),
      ),
    });
    expect(found(dropped)).toEqual([[dropKind.id, 'clone', 'fails']]);
  });

  it('a tool that fails half-way without saying why is a note; at the end it is NO-GO', () => {
    const failed = { outcome: 'failed' as const, failedStep: dropNote.id, message: 'exit code 1' };
    const half = judge(rollbackView({ trials: trialsOf(trial(addNote.id, failed), trial(indexNote.id)) }));
    expect(half.findings.map(({ weight }) => weight)).toEqual(['note']);
    const end = judge(rollbackView({ trials: trialsOf(trial(addNote.id), trial(indexNote.id, failed)) }));
    expect(end.findings.map(({ weight }) => weight)).toEqual(['NO-GO']);
  });

  it('trials that did not happen are told, and are INVALID where they were asked for', () => {
    const trials = { state: 'failed' as const, reason: 'no space', trials: [], tookMs: 1 };
    const unasked = judge(rollbackView({ trials }));
    expect(unasked.findings).toMatchObject([{ weight: 'note' }]);
    expect(unasked.unjudged).toEqual([]);
    const asked = judge(rollbackView({ trials, rollbackKeys: { fromEachStep: true } }));
    expect(asked.unjudged).toMatchObject([{ what: expect.stringContaining('no space') as string }]);
  });
});

it('none found is no pass where nothing was tried and no ledger looked', () => {
  expect(judge(rollbackView()).state).toBe('not asked');
  expect(judge(rollbackView({ trials: trialsOf(trial(addNote.id)) })).state).toBe('judged');
  const looked = judge(rollbackView({ audits: [audit(['rollback'], [])] }));
  expect(looked).toMatchObject({ state: 'judged', summary: expect.stringContaining('ledger') as string });
});

describe('seen in the run', () => {
  const steps = (code: string) => [
    ran(addNote, upgradeAt + s, upgradeAt + 2 * s),
    ran(dropKind, upgradeAt + 2 * s, upgradeAt + 3 * s),
    ran(indexNote, upgradeAt + 3 * s, upgradeAt + 4 * s),
    {
      ...ran(dropNote, rollbackAt + s, rollbackAt + 2 * s, 'failed'),
      attempts: [
        {
          attempt: 1,
          fromUs: rollbackAt + s,
          toUs: rollbackAt + 2 * s,
          ok: false,
          code,
          message: 'too long',
        },
      ],
    },
  ];
  const failed = (code: string, more: object = {}) =>
    rollbackView({
      steps: steps(code),
      events: statementEvents(dropNote, 0, rollbackAt + s, rollbackAt + 2 * s, { sqlState: code }),
      statements: [
        traced(addNote, 0, { locks: [lock('public.orders', 'AccessExclusiveLock')] }),
        traced(indexNote, 0, { locks: [lock('orders', 'ShareLock')] }),
        traced(dropNote, 0, { locks: [lock('orders', 'AccessExclusiveLock')] }),
      ],
      ...more,
    });

  it('since the first step that changes the table of the failed statement', () => {
    expect(found(failed('22001'))).toEqual([[addNote.id, 'run', 'fails']]);
    const { because } = noReturnsOf(judgedViewOf(failed('22001')))[0]!;
    expect(because).toContain('`alter table orders drop note`: too long (22001)');
  });

  it('since a later step, from whose end the traffic wrote in the new shape', () => {
    const endpoints = {
      read: {
        request: { path: '/' },
        variants: [{ from: 'upgrade.index note', request: { path: '/new' }, writes: ['orders.note'] }],
      },
    };
    expect(found(failed('22001', { endpoints }))).toEqual([[indexNote.id, 'run', 'fails']]);
  });

  it('says so where the rollback failed and no point is named for it', () => {
    const text = (code: string) => rollbackReportOf(judgedViewOf(failed(code)))?.noReturnText;
    expect(text('55P03')).toContain('under load the rollback failed at drop note: whether another attempt');
    expect(text('22001')).not.toContain('another attempt');
  });

  it('not for what another attempt may not meet', () => {
    for (const code of ['55P03', '57014', '40P01', '57P01', '08006', 'timeout', 'command-failed']) {
      expect(found(failed(code))).toEqual([]);
    }
  });
});

describe('seen by the ledger', () => {
  const lossAt = (earliestSentUs: number, more: Partial<Loss> = {}) =>
    loss({ class: 'value lost', count: 3, earliestSentUs, ...more });
  const lost = (missing: Loss, more: object = {}) =>
    rollbackView({
      steps: [
        ran(addNote, upgradeAt + s, upgradeAt + 2 * s),
        ran(dropKind, upgradeAt + 2 * s, upgradeAt + 3 * s),
        ran(indexNote, upgradeAt + 3 * s, upgradeAt + 4 * s),
        ran(dropNote, rollbackAt + s, rollbackAt + 2 * s),
      ],
      audits: [audit(['upgrade'], []), audit(['rollback', 'recovery'], [missing])],
      ...more,
    });

  it('after the last step that had ended when the earliest lost write was sent', () => {
    expect(found(lost(lossAt(upgradeAt + 3.5 * s)))).toEqual([[dropKind.id, 'ledger', 'loses']]);
    expect(found(lost(lossAt(upgradeAt + 9 * s)))).toEqual([[indexNote.id, 'ledger', 'loses']]);
    expect(found(lost(lossAt(upgradeAt)))).toEqual([[addNote.id, 'ledger', 'loses']]);
    const because = (sentUs: number) => noReturnsOf(judgedViewOf(lost(lossAt(sentUs))))[0]?.because;
    expect(because(upgradeAt + 9 * s)).toContain('was sent after it (3 lost in all)');
    // Nothing that was sent before any step had ended was sent after one.
    expect(because(upgradeAt)).toContain('sent before it had ended; since which step is not known');
    // What nobody could look for is not "every write".
    const text = (unidentified: number) => {
      const audits = [audit(['upgrade'], []), audit(['rollback', 'recovery'], [], { unidentified })];
      return rollbackReportOf(judgedViewOf(rollbackView({ audits })))?.noReturnText;
    };
    expect(text(0)).toContain('the ledger looked for every write');
    expect(text(9)).toContain('the ledger could not look for 9 writes or keys');
    // The rule `ledger` judges the loss itself.
    expect(judge(lost(lossAt(upgradeAt + 9 * s))).findings).toMatchObject([{ weight: 'note' }]);
  });

  it('not for what is given up, was lost before the rollback, or is not lost at all', () => {
    expect(found(lost(lossAt(1, { discarded: true })))).toEqual([]);
    expect(found(lost(lossAt(1, { class: 'phantom' })))).toEqual([]);
    const before = lossAt(1);
    const audits = [audit(['soak'], [before]), audit(['recovery'], [{ ...before, fresh: 0 }])];
    expect(found(lost(before, { audits }))).toEqual([]);
  });
});

it('a snapshot goes back from anywhere', () => {
  const lost = loss({ count: 3, earliestSentUs: 1 });
  const view = rollbackView({ way: 'snapshot', audits: [audit(['recovery'], [lost])] });
  expect(found(view)).toEqual([]);
});
