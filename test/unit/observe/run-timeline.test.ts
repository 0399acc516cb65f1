import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/model/observation.js';
import type { PlannedStep } from '../../../src/model/plan.js';
import { RunTimeline } from '../../../src/observe/run-timeline.js';

const id = 'upgrade.add status';
const step = { id, side: 'upgrade', kind: 'sql', lockTimeout: 300 } as PlannedStep;

function timeline(...events: (RunEvent & { atUs?: number })[]): RunTimeline {
  const made = new RunTimeline([step]);
  events.forEach((event, seq) => made.event({ atUs: seq * 1_000, ...event, seq }));
  return made;
}

const failed = (sqlState: string, message = 'x') =>
  ({ ok: false, code: sqlState, message, sqlState }) as const;

describe('phases and steps', () => {
  test('a phase begins at its instant, not at its announcement', () => {
    const made = timeline(
      { type: 'phase', phase: 'baseline', fromUs: 100 },
      { type: 'phase', phase: 'upgrade', fromUs: 60_000 },
      { type: 'phase', phase: 'done', fromUs: 90_000 },
    );
    expect([0, 100, 59_999, 60_000, 90_000].map((us) => made.phaseAt(us))).toEqual([
      'outside',
      'baseline',
      'baseline',
      'upgrade',
      'outside',
    ]);
  });

  test('a step is under way from its first attempt to its last end, pauses included', () => {
    const made = timeline(
      { type: 'step', step: id, attempt: 1, edge: 'start', atUs: 1_000 },
      {
        type: 'step',
        step: id,
        attempt: 1,
        edge: 'end',
        outcome: failed('55P03'),
        final: false,
        atUs: 2_000,
      },
      { type: 'step', step: id, attempt: 2, edge: 'start', atUs: 3_000 },
      { type: 'step', step: id, attempt: 2, edge: 'end', outcome: { ok: true }, final: true, atUs: 4_000 },
    );
    expect([999, 1_000, 2_500, 4_000, 4_001].map((us) => made.stepAt(us))).toEqual([
      undefined,
      id,
      id,
      id,
      undefined,
    ]);
  });
});

describe('what clients saw', () => {
  const statement = { type: 'statement', step: id, attempt: 1, index: 0, pid: 7 } as const;

  test('a lock timeout of a statement, once although its step fails with it', () => {
    const made = timeline(
      { type: 'step', step: id, attempt: 1, edge: 'start', pid: 7 },
      { ...statement, edge: 'start' },
      { ...statement, edge: 'end', outcome: failed('55P03', 'canceling statement due to lock timeout') },
      { type: 'step', step: id, attempt: 1, edge: 'end', pid: 7, outcome: failed('55P03'), final: true },
    );
    expect(made.takeErrors()).toEqual([
      {
        pid: 7,
        ended: 'lock timeout',
        provesWait: true,
        sentUs: 1_000,
        atUs: 2_000,
        lockTimeoutUs: 300_000,
        applicationName: 'dten/upgrade/add status',
      },
    ]);
    expect(made.takeErrors()).toEqual([]);
    expect(made.applicationOf(7)).toBe('dten/upgrade/add status');
  });

  test.each([
    ['40P01', 'deadlock detected', 'deadlock'],
    ['57014', 'canceling statement due to statement timeout', 'statement timeout'],
    ['57014', 'canceling statement due to user request', 'cancelled'],
  ])('%s %s', (sqlState, message, ended) => {
    const made = timeline(
      { ...statement, edge: 'start' },
      { ...statement, edge: 'end', outcome: failed(sqlState, message) },
    );
    expect(made.takeErrors()).toMatchObject([{ ended, provesWait: sqlState === '40P01' }]);
  });

  test('nothing of other errors, nor of NOWAIT', () => {
    const made = timeline(
      { ...statement, edge: 'end', outcome: failed('42P07') },
      { ...statement, edge: 'end', outcome: failed('55P03', 'could not obtain lock on relation "t"') },
      // As a step tells it.
      {
        ...statement,
        edge: 'end',
        outcome: failed('55P03', 'up.sql:3: could not obtain lock on row in relation "t"'),
      },
      { ...statement, edge: 'end', outcome: { ok: true } },
    );
    expect(made.takeErrors()).toEqual([]);
  });

  test('background jobs have their names', () => {
    const made = timeline(
      { type: 'background', job: 'report', edge: 'start', pid: 9 },
      { type: 'background', job: 'report', edge: 'end', pid: 9, outcome: failed('40P01') },
    );
    expect(made.takeErrors()).toMatchObject([
      { pid: 9, ended: 'deadlock', sentUs: 0, atUs: 1_000, applicationName: 'dten/background/report' },
    ]);
  });
});
