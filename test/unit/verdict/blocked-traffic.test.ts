import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LockWait } from '../../../src/model/observation.js';
import type { PlannedStep } from '../../../src/model/plan.js';
import { blockedTraffic, groupBlocked, mostBlocked } from '../../../src/verdict/blocked-traffic.js';
import { buildView, party, ran, s, sqlStep, statementEvents, wait } from './build-view.js';

const step = sqlStep('upgrade', 'add status', ['ALTER TABLE orders ADD COLUMN status text']);
const shop = party('service', 'shop', 1);

describe('blockedTraffic', () => {
  it('finds the step by name, also where application_name was cut', () => {
    const long = sqlStep('upgrade', `add the status column ${'that every order needs '.repeat(3)}`, [
      'select 1',
    ]);
    const shown = {
      pid: 900,
      actor: { kind: 'upgrade' as const, name: long.id.slice(0, 63 - 'dten/upgrade/'.length) },
    };
    const view = buildView({ upgrade: [long], lockWaits: [wait(shop, [shown], 23 * s, 100)] });
    expect(blockedTraffic(view)).toMatchObject([{ step: long.id, seen: true }]);
  });

  it('finds the step by its pid, and its statement by the time, where the log names a holder only', () => {
    const view = buildView({
      upgrade: [step],
      events: statementEvents(step, 0, 23 * s, 24 * s, { pid: 77 }),
      lockWaits: [wait(shop, [], 23.2 * s, 100, { logHolders: [77], seenBy: ['log'] })],
    });
    expect(blockedTraffic(view)).toMatchObject([
      { step: step.id, statement: 'ALTER TABLE orders ADD COLUMN status text', seen: true },
    ]);
  });

  it('takes a migration tool under its own name for the command step that runs it', () => {
    const command: PlannedStep = {
      kind: 'command',
      side: 'upgrade',
      id: 'upgrade.migrate',
      name: 'migrate',
      command: ['flyway'],
      env: {},
      trace: true,
      timeout: 1,
      retries: 0,
      retryDelay: 0,
    };
    const flyway = { pid: 9, actor: { kind: 'other' as const, name: 'flyway' } };
    const blocked = (fromUs: number, lockType: string, more: LockWait[] = []) =>
      blockedTraffic(
        buildView({
          upgrade: [command],
          steps: [ran(command, 23 * s, 25 * s)],
          lockWaits: [wait(shop, [flyway], fromUs, 100, { lockType }), ...more],
        }),
      );
    expect(blocked(24 * s, 'relation')).toMatchObject([{ step: command.id }]);
    expect(blocked(24 * s, 'transactionid')).toMatchObject([{ step: command.id }]);
    // A name that is met in the baseline too is an application's: its row locks are its own.
    const before = wait(shop, [flyway], 10 * s, 5, { lockType: 'transactionid' });
    expect(blocked(24 * s, 'transactionid', [before])).toEqual([]);
    expect(blocked(30 * s, 'relation')).toEqual([]);
  });
});

describe('groupBlocked', () => {
  it('is one group for a statement and relation, the longest wait first', () => {
    const alter = party('upgrade', step.id, 900, 'ALTER');
    const update = party('upgrade', step.id, 900, 'UPDATE');
    const view = buildView({
      upgrade: [step],
      lockWaits: [
        wait(party('service', 'shop', 1), [alter], 23 * s, 100),
        wait(party('service', 'shop', 2), [alter], 23 * s, 300),
        wait(party('service', 'shop', 2), [update], 24 * s, 200, { relation: 'customers' }),
      ],
    });
    expect(groupBlocked(blockedTraffic(view))).toMatchObject([
      { statement: 'ALTER', table: 'orders', sessions: 2, longestMs: 300, blockedSeconds: 0.4 },
      { statement: 'UPDATE', table: 'customers', sessions: 1, longestMs: 200 },
    ]);
  });
});

describe('mostBlocked', () => {
  it('agrees with looking at every instant', () => {
    const intervals = fc.array(
      fc.record({
        pid: fc.integer({ min: 1, max: 8 }),
        from: fc.integer({ min: 0, max: 30 }),
        ms: fc.integer({ min: 1, max: 20 }),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(intervals, (planted) => {
        const blocked = planted.map(({ pid, from, ms }) => ({
          wait: wait(party('service', 'shop', pid), [], from * 1000, ms),
          step: step.id,
          statement: undefined,
          ms,
          seen: true,
        }));
        let most = 0;
        for (let at = 0; at <= 50; at++) {
          const waiting = planted.filter(({ from, ms }) => from <= at && at < from + ms);
          most = Math.max(most, new Set(waiting.map(({ pid }) => pid)).size);
        }
        expect(mostBlocked(blocked).sessions).toBe(most);
      }),
    );
  });
});
