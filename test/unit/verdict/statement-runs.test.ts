import { describe, expect, it } from 'vitest';
import { heldMs, ownWaits, statementRuns } from '../../../src/verdict/statement-runs.js';
import {
  buildView,
  party,
  s,
  sqlStep,
  statementEvents,
  transactionEvent,
  wait,
  type Planting,
} from './build-view.js';

const step = sqlStep(
  'upgrade',
  'two',
  ['ALTER TABLE orders ADD a int', 'ALTER TABLE orders ADD b int'],
  'file',
);
const runsOf = (events: Planting['events'], planned = step) =>
  statementRuns(buildView({ upgrade: [planned], events: events ?? [] }));

describe('statementRuns', () => {
  it('releases the locks of a transaction at its end, all at once', () => {
    const runs = runsOf([
      ...statementEvents(step, 0, 23 * s, 24 * s, { alone: false }),
      ...statementEvents(step, 1, 24 * s, 25 * s, { alone: false }),
      transactionEvent(step, 0, 1, 26 * s),
    ]);
    expect(runs).toMatchObject([
      { index: 0, fromUs: 23 * s, toUs: 24 * s, releasedUs: 26 * s, ok: true, pid: 900 },
      { index: 1, fromUs: 24 * s, toUs: 25 * s, releasedUs: 26 * s },
    ]);
    expect(runs[0]?.transaction).toBe(runs[1]?.transaction);
  });

  it('keeps the rounds of a repeated statement apart', () => {
    const once = sqlStep('upgrade', 'fill', ['UPDATE orders SET a = 1']);
    const runs = runsOf(
      [...statementEvents(once, 0, 23 * s, 24 * s), ...statementEvents(once, 0, 25 * s, 27 * s)],
      once,
    );
    expect(runs.map(({ releasedUs }) => releasedUs / s)).toEqual([24, 27]);
    expect(runs[0]?.transaction).not.toBe(runs[1]?.transaction);
  });

  it('ends with its attempt what never ended', () => {
    const [start] = statementEvents(step, 0, 23 * s, 24 * s);
    const end = { type: 'step' as const, step: step.id, attempt: 1, edge: 'end' as const, atUs: 29 * s };
    expect(runsOf([start!, end])).toMatchObject([{ toUs: 29 * s, releasedUs: 29 * s, ok: false }]);
    // A transaction of the whole file that nobody saw end kept its locks to the end of the attempt.
    const whole = [...statementEvents(step, 0, 23 * s, 24 * s, { alone: false }), end];
    expect(runsOf(whole)).toMatchObject([{ toUs: 24 * s, releasedUs: 29 * s, ok: true }]);
  });
});

describe('heldMs', () => {
  const [run] = runsOf(statementEvents(step, 0, 23 * s, 25 * s));
  const own = (fromUs: number, ms: number, more = {}) =>
    wait(party('upgrade', step.id, 900), [party('background', 'report', 1)], fromUs, ms, more);

  it('begins where the statement’s own last wait for the relation was granted', () => {
    expect(heldMs([], run!, ['orders'])).toBe(2000);
    expect(heldMs([own(23 * s, 500)], run!, ['public.orders'])).toBe(1500);
    expect(heldMs([own(23 * s, 300), own(23.4 * s, 600)], run!, ['orders'])).toBe(1000);
  });

  it('begins no sooner for an index than for its table', () => {
    expect(heldMs([own(23 * s, 500)], run!, ['orders', 'orders_idx'])).toBe(1500);
  });

  it('is nothing where the lock was never granted', () => {
    expect(heldMs([own(23 * s, 2000, { ended: 'lock timeout' })], run!, ['orders'])).toBe(0);
  });

  describe('of a statement that timed out on another table', () => {
    const texts = [
      'LOCK TABLE orders, public.customers IN ACCESS EXCLUSIVE MODE',
      'ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers',
      'DROP TABLE orders',
      'ALTER TABLE my_orders INHERIT orders_old',
    ];
    const both = sqlStep('upgrade', 'two', texts);
    const timedOut = { sqlState: '55P03' };
    const runs = runsOf(
      texts.flatMap((_, index) => statementEvents(both, index, 23 * s, 25 * s, timedOut)),
      both,
    );
    const cut = (relation: string) => own(23 * s, 2000, { relation, ended: 'lock timeout' });

    it.each([
      ['the first of two that it names', 0, 'orders', 'public.customers', 2000],
      ['the second of them, when the first timed out', 0, 'customers', 'orders', 0],
      ['the child before its parent', 1, 'orders', 'customers', 2000],
      ['not the parent before its child', 1, 'customers', 'orders', 0],
      ['what it names before what it does not', 2, 'orders', 'customers', 2000],
      ['not what it does not name', 2, 'customers', 'orders', 0],
      ['no table whose name is only part of a word', 3, 'orders', 'orders_old', 0],
    ])('it held %s', (_what, index, relation, timedOutOn, ms) => {
      expect(runs[index]?.sqlState).toBe('55P03');
      expect(heldMs([cut(timedOutOn)], runs[index]!, [relation])).toBe(ms);
    });

    it('it held what somebody was seen waiting for behind it, whatever the text says', () => {
      const step2 = party('upgrade', both.id, 900);
      const victim = (ahead = step2, fromUs = 24 * s) =>
        wait(party('service', 'shop', 5), [ahead], fromUs, 500, { relation: 'customers' });
      expect(heldMs([cut('orders'), victim()], runs[2]!, ['customers'])).toBe(2000);
      expect(heldMs([cut('orders'), victim(party('service', 'x', 7))], runs[2]!, ['customers'])).toBe(0);
      expect(heldMs([cut('orders'), victim(step2, 26 * s)], runs[2]!, ['customers'])).toBe(0);
    });

    it('nothing is known where no wait was seen', () => {
      expect(heldMs([], runs[0]!, ['orders'])).toBe(0);
    });
  });

  it('takes waits of other sessions, for other relations, and at other times for none of it', () => {
    const others = [
      wait(party('service', 'shop', 5), [], 23 * s, 500),
      own(23 * s, 500, { relation: 'customers' }),
      own(23 * s, 500, { lockType: 'transactionid' }),
      own(20 * s, 500),
    ];
    expect(ownWaits(others, run!, ['orders'])).toEqual([]);
    expect(heldMs(others, run!, ['orders'])).toBe(2000);
  });
});
