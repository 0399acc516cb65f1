import { describe, expect, test } from 'vitest';
import type { LockRow, PartyRow, SampleRow } from '../../../src/observe/sampler/sample-query.js';
import { WaitTracker } from '../../../src/observe/sampler/wait-tracker.js';

const ourDatabase = 5;

function lock(pid: number, waitStart: number | null, fields: Partial<LockRow> = {}): LockRow {
  return {
    pid,
    locktype: 'relation',
    database: String(ourDatabase),
    relation: '16384',
    page: null,
    tuple: null,
    virtualxid: null,
    transactionid: null,
    classid: null,
    objid: null,
    objsubid: null,
    mode: 'AccessShareLock',
    granted: false,
    wait_start: waitStart,
    ...fields,
  };
}

function party(pid: number, fields: Partial<PartyRow> = {}): PartyRow {
  return {
    pid,
    datid: String(ourDatabase),
    application_name: 'dten/service/shop',
    backend_type: 'client backend',
    state: 'active',
    query: `query of ${pid}`,
    xact_start: 900,
    query_start: 950,
    ...fields,
  };
}

/** A sample at `us`, taken within 100 µs. */
function sample(us: number, fields: Partial<SampleRow> = {}): SampleRow {
  return {
    before: String(us),
    after: String(us + 100),
    locks: null,
    blockers: null,
    prepared: null,
    written: null,
    parties: null,
    ...fields,
  };
}

describe('a wait', () => {
  test('is known from its first sample, and ends between its last and the first without it', () => {
    const tracker = new WaitTracker(ourDatabase);
    expect(tracker.take(sample(1_000), []).waiting).toBe(0);
    const first = tracker.take(
      sample(11_000, {
        locks: [lock(1, 5_000)],
        blockers: [{ pid: 1, blockers: [2] }],
        parties: [party(1), party(2, { application_name: 'dten/upgrade/upgrade.a', xact_start: 1_000 })],
      }),
      [],
    );
    expect(first).toMatchObject({ ended: [], relations: [16384], waiting: 1, behindSteps: 1 });
    expect(tracker.lookups()).toEqual({ knownKeys: ['1:5000'], pids: [] });
    tracker.take(sample(21_000, { locks: [lock(1, 5_000)] }), []);
    expect(tracker.take(sample(31_000), [])).toMatchObject({ ended: [], waiting: 0 });
    expect(tracker.lookups().pids).toEqual([1]);
    const { ended } = tracker.take(sample(41_000, { parties: [party(1)] }), [1]);
    expect(ended).toEqual([
      {
        pid: 1,
        tag: { lockType: 'relation', database: 5, relation: 16384 },
        mode: 'AccessShareLock',
        startUs: 5_000,
        startErrorUs: 0,
        lastSeenUs: 21_000,
        goneUs: 31_100,
        evidence: 'granted',
        waiter: expect.objectContaining({ pid: 1, query: 'query of 1' }) as unknown,
        blockers: [expect.objectContaining({ pid: 2, transactionAgeMs: 10 }) as unknown],
        longest: { chain: [expect.objectContaining({ pid: 2 }) as unknown], rooted: true },
        behindStepUs: 21_050,
        relationHints: [],
      },
    ]);
  });

  test('whose start is not told yet is one with the row that tells it', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(1_000), []);
    tracker.take(sample(11_000, { locks: [lock(1, null)] }), []);
    expect(tracker.unfinished()).toMatchObject([{ startUs: 6_100, startErrorUs: 5_000 }]);
    tracker.take(sample(21_000, { locks: [lock(1, 10_990)] }), []);
    expect(tracker.unfinished()).toMatchObject([{ startUs: 10_990, startErrorUs: 0 }]);
  });

  test('before Postgres 14, without any waitstart, lasts as long as the pid waits for the same lock', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(1_000), []);
    for (const us of [11_000, 21_000, 31_000]) tracker.take(sample(us, { locks: [lock(1, null)] }), []);
    expect(tracker.unfinished()).toMatchObject([{ startUs: 6_100, startErrorUs: 5_000, lastSeenUs: 31_000 }]);
  });

  test('that follows another of its pid at once ends it where it begins', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)] }), []);
    tracker.take(sample(21_000, { locks: [lock(1, 18_000, { relation: '16390' })] }), []);
    const { ended } = tracker.take(sample(31_000, { locks: [lock(1, 18_000, { relation: '16390' })] }), [1]);
    expect(ended).toMatchObject([{ startUs: 5_000, lastSeenUs: 11_000, goneUs: 18_000 }]);
    expect(tracker.unfinished()).toMatchObject([{ startUs: 18_000 }]);
  });

  test('that one sample missed goes on', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)] }), []);
    tracker.take(sample(21_000), []);
    expect(tracker.take(sample(31_000, { locks: [lock(1, 5_000)] }), [1])).toMatchObject({
      ended: [],
      waiting: 1,
    });
    expect(tracker.unfinished()).toMatchObject([{ startUs: 5_000, lastSeenUs: 31_000 }]);
  });

  test('of a session in another database is not ours', () => {
    const tracker = new WaitTracker(ourDatabase);
    const row = sample(11_000, {
      locks: [lock(1, 5_000, { database: null })],
      parties: [party(1, { datid: '9' })],
    });
    expect(tracker.take(row, []).waiting).toBe(0);
    expect(tracker.unfinished()).toEqual([]);
  });
});

describe('statements', () => {
  test('a statement seen before the wait began may be the one before: it is asked for again', () => {
    const tracker = new WaitTracker(ourDatabase);
    const locks = [lock(1, 11_050)];
    tracker.take(sample(11_000, { locks, parties: [party(1, { query: 'the one before' })] }), []);
    expect(tracker.lookups().pids).toEqual([1]);
    tracker.take(
      sample(21_000, { locks, parties: [party(1, { query: 'the one that waits', query_start: 11_010 })] }),
      [1],
    );
    expect(tracker.unfinished()[0]?.waiter.query).toBe('the one that waits');
  });

  test('a statement begun after the wait is not the one that waited', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(
      sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1, { query_start: 8_000 })] }),
      [],
    );
    const [wait] = tracker.unfinished();
    expect(wait?.waiter).toEqual({
      pid: 1,
      applicationName: 'dten/service/shop',
      backendType: 'client backend',
    });
  });

  test('hidden statements are left out', () => {
    const tracker = new WaitTracker(ourDatabase);
    const hidden = { query: '<insufficient privilege>', state: null, xact_start: null, query_start: null };
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1, hidden)] }), []);
    expect(tracker.unfinished()[0]?.waiter).toEqual({
      pid: 1,
      applicationName: 'dten/service/shop',
      backendType: 'client backend',
    });
  });
});

describe('ends', () => {
  const ending = (after: PartyRow | undefined) => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1)] }), []);
    tracker.take(sample(21_000), []);
    const now = tracker.take(sample(31_000, { parties: after ? [after] : [] }), [1]).ended;
    const later = tracker.take(sample(1_100_000), []).ended;
    expect(now.length + later.length).toBe(1);
    expect(tracker.unfinished()).toEqual([]);
    return [...now, ...later][0]?.evidence;
  };
  test.each([
    ['its statement goes on', party(1), 'granted'],
    ['its transaction is aborted', party(1, { state: 'idle in transaction (aborted)' }), 'cancelled'],
    ['another statement', party(1, { query_start: 22_000 }), undefined],
    ['it idles', party(1, { state: 'idle' }), undefined],
    // Its client may have disconnected once it had its answer.
    ['the session is gone', undefined, undefined],
  ])('%s', (_, after, evidence) => expect(ending(after)).toBe(evidence));

  test('the session is gone, and the sampler’s own connection was too: the server ended them all', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1)] }), []);
    tracker.cutOff();
    tracker.take(sample(900_000), []);
    expect(tracker.take(sample(910_000), [1]).ended[0]?.evidence).toBe('disconnected');
  });

  test('a wait that a new connection still sees was not cut off', () => {
    const tracker = new WaitTracker(ourDatabase);
    const locks = [lock(1, 5_000)];
    tracker.take(sample(11_000, { locks, parties: [party(1)] }), []);
    tracker.cutOff();
    tracker.take(sample(900_000, { locks }), []);
    tracker.take(sample(910_000), []);
    tracker.take(sample(920_000), [1]);
    expect(tracker.unfinished()[0]?.evidence).toBeUndefined();
    expect(tracker.take(sample(2_000_000), []).ended.map(({ evidence }) => evidence)).toEqual([undefined]);
  });

  test('a session that goes just before the sampler’s connection is not taken for one that had its lock', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1)] }), []);
    tracker.take(sample(21_000), []);
    expect(tracker.take(sample(31_000), [1]).ended).toEqual([]);
    tracker.cutOff();
    expect(tracker.unfinished()[0]?.evidence).toBe('cut off');
    expect(tracker.take(sample(900_000), []).ended[0]?.evidence).toBe('cut off');
  });

  test('a wait that is over in the last sample before the connection goes proves nothing either', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(sample(11_000, { locks: [lock(1, 5_000)], parties: [party(1)] }), []);
    tracker.take(sample(21_000), []);
    tracker.cutOff();
    expect(tracker.unfinished()[0]?.evidence).toBe('cut off');
  });
});

describe('blockers', () => {
  test('are asked for again every 250 ms; all that were ever in front are kept', () => {
    const tracker = new WaitTracker(ourDatabase);
    const locks = [lock(1, 5_000)];
    tracker.take(
      sample(11_000, { locks, blockers: [{ pid: 1, blockers: [2] }], parties: [party(1), party(2)] }),
      [],
    );
    tracker.take(sample(250_000, { locks }), []);
    expect(tracker.lookups().knownKeys).toEqual(['1:5000']);
    tracker.take(sample(262_000, { locks }), []);
    expect(tracker.lookups().knownKeys).toEqual([]);
    tracker.take(sample(272_000, { locks, blockers: [{ pid: 1, blockers: [3] }], parties: [party(3)] }), []);
    tracker.take(sample(400_000, { locks }), []);
    const [wait] = tracker.unfinished();
    expect(wait?.blockers.map(({ pid }) => pid)).toEqual([2, 3]);
    // 2 stood there for 257 ms, 3 for 138 ms.
    expect(wait?.longest.chain.map(({ pid }) => pid)).toEqual([2]);
  });

  test('a chain through a step is told even if another lasted longer', () => {
    const tracker = new WaitTracker(ourDatabase);
    const locks = [lock(1, 5_000)];
    const step = party(3, { application_name: 'dten/rollback/rollback.b' });
    tracker.take(
      sample(11_000, { locks, blockers: [{ pid: 1, blockers: [2] }], parties: [party(1), party(2)] }),
      [],
    );
    tracker.take(sample(300_000, { locks, blockers: [{ pid: 1, blockers: [3] }], parties: [step] }), []);
    tracker.take(sample(350_000, { locks }), []);
    const [wait] = tracker.unfinished();
    expect(wait?.longest.chain.map(({ pid }) => pid)).toEqual([3]);
    expect(wait?.behindStepUs).toBe(339_000);
  });

  test('the table of a row wait: by the tuple lock its waiter holds', () => {
    const tracker = new WaitTracker(ourDatabase);
    const row = {
      locktype: 'transactionid',
      relation: null,
      database: null,
      transactionid: '77',
      mode: 'ShareLock',
    };
    tracker.take(
      sample(11_000, {
        locks: [lock(1, 5_000, row), lock(1, null, { locktype: 'tuple', relation: '20000', granted: true })],
        written: [{ pid: 1, relation: '30000' }],
        parties: [party(1)],
      }),
      [],
    );
    expect(tracker.unfinished()[0]?.relationHints).toEqual([20000]);
  });

  test('a prepared transaction has no session', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(
      sample(11_000, { locks: [lock(1, 5_000)], blockers: [{ pid: 1, blockers: [0] }], parties: [party(1)] }),
      [],
    );
    expect(tracker.unfinished()[0]?.blockers).toEqual([
      { pid: 0, applicationName: 'prepared transaction', state: 'prepared transaction' },
    ]);
  });

  test('of two prepared transactions each waiter stands behind its own, and the queue behind that', () => {
    const tracker = new WaitTracker(ourDatabase);
    tracker.take(
      sample(11_000, {
        locks: [lock(1, 5_000), lock(2, 6_000, { relation: '17000' }), lock(3, 7_000)],
        blockers: [
          { pid: 1, blockers: [0] },
          { pid: 2, blockers: [0] },
          { pid: 3, blockers: [1] },
        ],
        prepared: [
          { pid: 1, gid: 'dten/background/audit', prepared: 1_000 },
          { pid: 2, gid: 'theirs', prepared: 2_000 },
        ],
        parties: [party(1), party(2), party(3)],
      }),
      [],
    );
    const roots = tracker.unfinished().map(({ pid, longest }) => [pid, longest.chain.at(-1)]);
    const state = 'prepared transaction';
    expect(Object.fromEntries(roots)).toEqual({
      1: { pid: 0, applicationName: 'dten/background/audit', state, transactionAgeMs: 10 },
      2: { pid: 0, applicationName: 'prepared transaction theirs', state, transactionAgeMs: 9 },
      3: { pid: 0, applicationName: 'dten/background/audit', state, transactionAgeMs: 10 },
    });
  });
});
