import { describe, expect, it } from 'vitest';
import type { StatementCounts } from '../../../../src/model/observation.js';
import { explainExcess } from '../../../../src/verdict/cause/explain-excess.js';
import { statementShape } from '../../../../src/verdict/cause/statement-shape.js';
import { judgedViewOf } from '../../../../src/verdict/judged-view.js';
import { buildView, party, s, wait, type Planting } from '../build-view.js';

const window = { fromUs: 30 * s, toUs: 40 * s };
const text = 'select * from orders where ref = $1';
/** The upgrade begins at 22 s; from here on the index is gone. */
const changesAtS = 24;

type Calls = Omit<StatementCounts, 'id' | 'text'>;
const perSecond = 50;
/** Of each of 50 calls a second. */
const calls = (ms: number, blocks: number, rows = 1): Calls => ({
  calls: perSecond,
  ms: perSecond * ms,
  blocks: perSecond * blocks,
  rows: perSecond * rows,
});

/** 50 requests a second, 5 ms, later 45.7 ms; their statement does what is planted before and after. */
function slowed(
  before: Calls,
  after: Calls,
  more: Planting = {},
  { mixed = after, within = window }: { mixed?: Calls; within?: typeof window } = {},
) {
  const view = buildView({
    request: (_, second) => ({ ms: second >= changesAtS ? 45.7 : 5 }),
    ...more,
    view: {
      server: buildView().server.map((sample) => {
        const second = sample.atUs / s;
        const isAfter = second > changesAtS;
        return {
          ...sample,
          checkpointsTimed: 0,
          // Another type of the column gives the same text another id.
          statements: [
            {
              id: isAfter ? '8' : '7',
              ...(second === 1 || second === changesAtS + 1 ? { text } : {}),
              ...(second === changesAtS + 1 ? mixed : isAfter ? after : before),
            },
          ],
        };
      }),
    },
  });
  return explainExcess(judgedViewOf(view), 0, within);
}

const shares = (explained: ReturnType<typeof slowed>) =>
  Object.fromEntries(
    (explained?.excess.parts ?? []).map(({ kind, share }) => [kind, Number(share.toFixed(2))]),
  );

describe('a plan that changed', () => {
  it('is charged with the time its calls took beyond the usual, with what they read', () => {
    const explained = slowed(calls(0.3, 4), calls(41, 4500));
    expect(shares(explained)).toEqual({ plan: 1, unexplained: 0 });
    expect(explained?.text).toMatch(
      /^100% of the 20\.\d s that 500 requests lost against the usual 5 ms went to `select \* from orders where ref = \$1`, whose plan has changed: 41 ms and 4.?500 blocks a call, 0\.3 ms and 4 in the baseline/,
    );
    expect(explained?.mostlyTied).toBe(true);
  });

  it('is told by the calls after it, not by the second in which it changed', () => {
    const half = {
      calls: 2 * perSecond,
      ms: perSecond * 41.3,
      blocks: perSecond * 4504,
      rows: 2 * perSecond,
    };
    const within = { fromUs: 22 * s, toUs: 40 * s };
    const explained = slowed(calls(0.3, 4), calls(41, 4500), {}, { mixed: half, within });
    expect(explained?.text).toMatch(/41 ms and 4.?500 blocks a call, 0\.3 ms and 4 in the baseline/);
  });

  it('is charged with no more than that', () => {
    // 10.7 of the 40.7 ms that a request lost.
    expect(shares(slowed(calls(0.3, 4), calls(11, 4500)))).toEqual({ plan: 0.26, unexplained: 0.74 });
  });

  it('is none where it reads as much as before: a busy machine slows every statement', () => {
    expect(shares(slowed(calls(0.3, 4), calls(41, 4)))).toEqual({ unexplained: 1 });
  });

  it('is none where it reads more because it returns more', () => {
    expect(shares(slowed(calls(0.3, 4, 1), calls(41, 4000, 1000)))).toEqual({ unexplained: 1 });
  });

  it('is not known of a statement that the baseline hardly ran', () => {
    const hardly = { calls: 0, ms: 0, blocks: 0, rows: 0 };
    expect(shares(slowed(hardly, calls(41, 4500)))).toEqual({ unexplained: 1 });
  });

  it('is not charged with waits for rows, which are time in execution too', () => {
    // 10 of the 20.35 s in the window.
    const blocker = party('other', 'psql', 1);
    const lockWaits = Array.from({ length: 10 }, (_, i) =>
      wait(
        party('service', 'shop', 100 + i, `select * from orders where ref = ${i}`),
        [blocker],
        32 * s,
        1000,
        {
          lockType: 'transactionid',
        },
      ),
    );
    const explained = slowed(calls(0.3, 4), calls(41, 4500), { lockWaits });
    const parts = Object.fromEntries((explained?.excess.parts ?? []).map(({ kind, ms }) => [kind, ms]));
    expect(parts['plan']).toBeLessThan(20_350 - 10_000 + 500);
  });

  it('is its own endpoint’s alone where the statement is an SQL endpoint’s', () => {
    const endpoints = {
      read: { sql: { text: 'select count(*) from customers' } },
      find: { sql: { text: 'SELECT *\n FROM orders WHERE ref=$1;', values: [1] } },
    };
    expect(shares(slowed(calls(0.3, 4), calls(41, 4500), { endpoints }))).toEqual({ unexplained: 1 });
    const { find, read } = endpoints;
    expect(shares(slowed(calls(0.3, 4), calls(41, 4500), { endpoints: { find, read } }))).toEqual({
      plan: 1,
      unexplained: 0,
    });
  });

  it('is not the traffic’s where a background job runs the statement', () => {
    const background = { report: { sql: 'select * from orders where ref = 17', every: '1s' } };
    expect(shares(slowed(calls(0.3, 4), calls(41, 4500), { background }))).toEqual({ unexplained: 1 });
  });
});

describe('the shape of a statement', () => {
  it.each([
    ["select * from \"T1\" where a = 5 and b = 'it''s'", 'SELECT * FROM "T1"\nWHERE a=$1 AND b = $2 -- why'],
    ['select 1 from t where id in (1, 2, 3)', 'select $1 from t where id in ($2 /*, ... */)'],
    ["select 1 /*route='%2Forders'*/", 'select $1;'],
  ])('%s is that of %s', (one, other) => {
    expect(statementShape(one)).toBe(statementShape(other));
  });

  it('keeps what makes it another statement', () => {
    expect(statementShape('select a1 from t2')).not.toBe(statementShape('select a2 from t2'));
    expect(statementShape('select a from t where b = 1')).not.toBe(
      statementShape('select a from t where c = 1'),
    );
  });
});
