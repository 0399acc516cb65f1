import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LockLine } from '../../../src/observe/log/lock-line.js';
import type { ClientError } from '../../../src/observe/merge/client-error.js';
import { mergeProcess, type MergedWait } from '../../../src/observe/merge/merge-waits.js';
import { WaitPool } from '../../../src/observe/merge/wait-pool.js';
import type { SampledWait } from '../../../src/observe/sampler/sampled-wait.js';
import {
  cadenceUs,
  deadlockTimeoutUs,
  linesOf,
  plantedWaits,
  sampledOf,
  type Planted,
} from './planted-waits.js';

const facts = { missedWithinUs: 2 * cadenceUs, logShowsErrors: true, deadlockTimeoutUs };

function merge(
  sampled: SampledWait[],
  lines: LockLine[] = [],
  clientErrors: ClientError[] = [],
  overrides: Partial<typeof facts> = {},
): MergedWait[] {
  return mergeProcess({ pid: 100, sampled, lines, clientErrors }, { ...facts, ...overrides });
}

const planted = (fields: Partial<Planted> = {}): Planted => ({
  pid: 100,
  fromUs: 1_000_000,
  toUs: 1_300_000,
  relation: 1,
  ended: 'granted',
  ...fields,
});

const seen = (wait: Planted): SampledWait => sampledOf(wait, 3_000)!;

const clientError = (fields: Partial<ClientError> = {}): ClientError => ({
  pid: 100,
  ended: 'lock timeout',
  sentUs: 999_000,
  atUs: 1_301_000,
  provesWait: true,
  applicationName: 'dten/upgrade/upgrade.add',
  ...fields,
});

describe('ends', () => {
  test('between the last sample and the first without it; granted, since the log shows no error', () => {
    const [wait] = merge([seen(planted())]);
    expect(wait).toMatchObject({ fromUs: 1_000_000, toUs: 1_298_000, errorUs: 5_000, ended: 'granted' });
  });

  test('without a log that shows errors nobody knows how it ended, unless the session proves it', () => {
    const wait = seen(planted());
    expect(merge([wait], [], [], { logShowsErrors: false })[0]?.ended).toBe('unknown');
    expect(merge([{ ...wait, evidence: 'granted' }], [], [], { logShowsErrors: false })[0]?.ended).toBe(
      'granted',
    );
    expect(merge([{ ...wait, evidence: 'disconnected' }])[0]?.ended).toBe('disconnected');
    expect(merge([{ ...wait, evidence: 'cut off' }])[0]?.ended).toBe('unknown');
  });

  test('never seen to end: outlasted, until it was last seen', () => {
    const open = seen(planted());
    delete open.goneUs;
    expect(merge([open])[0]).toMatchObject({ ended: 'outlasted', toUs: 1_293_000, errorUs: 0 });
  });

  test('the log’s duration is the server’s own', () => {
    const wait = planted({ toUs: 2_500_700 });
    expect(merge([seen(wait)], linesOf(wait))[0]).toMatchObject({
      seenBy: ['sampler', 'log'],
      fromUs: 1_000_000,
      toUs: 2_500_700,
      errorUs: 500,
      ended: 'granted',
    });
  });

  test('an error ends a wait that log_lock_waits never named: lock_timeout below deadlock_timeout', () => {
    const wait = planted({ ended: 'lock timeout' });
    expect(merge([seen(wait)], linesOf(wait))[0]).toMatchObject({
      seenBy: ['sampler', 'log'],
      ended: 'lock timeout',
      toUs: 1_300_500,
    });
  });

  test('a line that the server wrote late still belongs to its wait', () => {
    const wait = planted({ toUs: 3_000_000 });
    const [still] = linesOf(wait);
    const late = { ...still!, atUs: still!.atUs + 150_000 };
    expect(merge([seen(wait)], [late])).toHaveLength(1);
  });
});

describe('the client’s channel', () => {
  test('marks how the wait ended that it heard of', () => {
    const [wait] = merge([seen(planted())], [], [clientError()], { logShowsErrors: false });
    expect(wait).toMatchObject({ seenBy: ['sampler', 'client'], ended: 'lock timeout' });
  });

  test('a wait that nobody else saw lasted the lock timeout', () => {
    expect(merge([], [], [clientError({ lockTimeoutUs: 250_000 })])).toMatchObject([
      { seenBy: ['client'], ended: 'lock timeout', fromUs: 1_051_000, toUs: 1_301_000, errorUs: 5_000 },
    ]);
  });

  test('a statement timeout after the lock was granted ends no wait', () => {
    const error = clientError({ ended: 'statement timeout', provesWait: false, atUs: 4_000_000 });
    expect(merge([seen(planted())], [], [error])).toMatchObject([{ seenBy: ['sampler'], ended: 'granted' }]);
  });

  test('a lock timeout long after a granted wait is a wait of its own', () => {
    const waits = merge([seen(planted())], [], [clientError({ atUs: 4_000_000, lockTimeoutUs: 5_000 })]);
    expect(waits.map(({ seenBy, ended }) => ({ seenBy, ended }))).toEqual([
      { seenBy: ['sampler'], ended: 'granted' },
      { seenBy: ['client'], ended: 'lock timeout' },
    ]);
  });
});

function visible(wait: Planted, phaseUs: number): boolean {
  const proven = linesOf(wait).some((line) => line.kind !== 'error' || line.provesWait);
  return proven || sampledOf(wait, phaseUs) !== undefined;
}

/** By process, then by end: waits of one process never overlap. */
const inOrder = <T extends { pid: number; toUs: number }>(waits: readonly T[]): T[] =>
  waits.toSorted((a, b) => a.pid - b.pid || a.toUs - b.toUs);

function expectTrue(waits: readonly Planted[], merged: readonly MergedWait[], phaseUs: number): void {
  const told = inOrder(waits.filter((wait) => visible(wait, phaseUs)));
  expect(merged).toHaveLength(told.length);
  for (const [at, one] of inOrder(merged).entries()) {
    const wait = told[at]!;
    expect(one).toMatchObject({ pid: wait.pid, ended: wait.ended });
    expect(Math.abs(one.toUs - wait.toUs)).toBeLessThanOrEqual(one.errorUs + 1_000);
    if (one.sampled || one.log) {
      const offUs = Math.abs(one.toUs - one.fromUs - (wait.toUs - wait.fromUs));
      expect(offUs).toBeLessThanOrEqual(one.errorUs + 1);
    }
    expect(one.seenBy.includes('sampler')).toBe(sampledOf(wait, phaseUs) !== undefined);
  }
}

describe('whatever was planted', () => {
  const phase = fc.integer({ min: 0, max: cadenceUs - 1 });

  test('no wait is lost or told twice, each end and duration is right within its error', () => {
    fc.assert(
      fc.property(plantedWaits, phase, (waits, phaseUs) => {
        const pool = new WaitPool();
        for (const wait of waits) {
          const sampled = sampledOf(wait, phaseUs);
          if (sampled) pool.addSampled(sampled);
          for (const line of linesOf(wait)) pool.addLine(line);
        }
        expectTrue(waits, pool.settle(Infinity, facts), phaseUs);
        expect(pool.settle(Infinity, facts)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('settling bit by bit tells the same as all at once', () => {
    fc.assert(
      fc.property(plantedWaits, phase, (waits, phaseUs) => {
        const pool = new WaitPool();
        const arrivals = waits.flatMap((wait) => {
          const sampled = sampledOf(wait, phaseUs);
          return [
            ...(sampled ? [{ atUs: sampled.goneUs!, arrive: () => pool.addSampled(sampled) }] : []),
            // The log is read once a second.
            ...linesOf(wait).map((line) => ({
              atUs: line.atUs + 1_000_000,
              arrive: () => pool.addLine(line),
            })),
          ];
        });
        arrivals.sort((a, b) => a.atUs - b.atUs);
        const merged: MergedWait[] = [];
        const endUs = Math.max(0, ...arrivals.map(({ atUs }) => atUs));
        for (let nowUs = 0; nowUs <= endUs + 1_000_000; nowUs += 1_000_000) {
          while (arrivals[0] && arrivals[0].atUs <= nowUs) arrivals.shift()!.arrive();
          merged.push(...pool.settle(nowUs - 5_000_000, facts));
        }
        merged.push(...pool.settle(Infinity, facts));
        expectTrue(waits, merged, phaseUs);
      }),
      { numRuns: 300 },
    );
  });
});
