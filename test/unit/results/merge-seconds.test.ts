import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { SecondMerger, type IntervalMessage, type MergedSecond } from '../../../src/results/merge-seconds.js';
import { interval, series, tally } from './sample.js';

/** second|endpoint|phase|kind|bucket → count, and the tallies: what must not depend on the order of arrival. */
function totals(seconds: MergedSecond[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (key: string, n: number) => (sums[key] = (sums[key] ?? 0) + n);
  for (const { second, series: all, tallies } of seconds) {
    for (const { endpoint, phase, kind, parts } of all) {
      const { index, count } = Counts.of(...parts).toSparse();
      for (const [i, bucket] of index.entries()) {
        add(`${second}|${endpoint}|${phase}|${kind}|${bucket}`, count[i] ?? 0);
      }
    }
    for (const one of tallies) {
      for (const kind of ['intended', 'ok', 'timeout', 'dropped', 'retries'] as const) {
        add(`${second}|${one.endpoint}|${one.phase}|${kind}`, one[kind]);
      }
      for (const [reason, n] of Object.entries(one.reasons)) add(`${second}|${one.endpoint}|${reason}`, n);
    }
  }
  return sums;
}

const messages = fc.array(
  fc.record({
    worker: fc.nat(2),
    second: fc.nat(6),
    final: fc.boolean(),
    endpoint: fc.nat(1),
    phase: fc.nat(2),
    latencies: fc.array(fc.integer({ min: 0, max: 5_000_000 }), { maxLength: 5 }),
    timeouts: fc.nat(3),
    dropped: fc.nat(3),
  }),
  { maxLength: 40 },
);

function one(m: {
  worker: number;
  second: number;
  final: boolean;
  endpoint: number;
  phase: number;
  latencies: number[];
  timeouts: number;
  dropped: number;
}): IntervalMessage {
  const reasons: Record<string, number> = m.timeouts > 0 ? { timeout: m.timeouts } : {};
  return interval(m.worker, m.second, m.final, {
    series: [series(m.endpoint, m.phase, 'response', m.latencies)],
    tally: [
      tally(m.endpoint, m.phase, { ok: m.latencies.length, timeout: m.timeouts, dropped: m.dropped, reasons }),
    ],
  });
}

describe('SecondMerger', () => {
  it('yields the same totals for any interleaving, whenever settled seconds are taken', () => {
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.double({ noNaN: true })), fc.nat(3), (list, keys, every) => {
        const all = list.map(one);
        const straight = new SecondMerger(3, 100);
        for (const message of all) straight.add(message);
        const expected = totals(straight.takeAll());

        const shuffled = all
          .map((message) => ({ message, key: Number(keys.next().value) }))
          .sort((a, b) => a.key - b.key)
          .map(({ message }) => message);
        const merger = new SecondMerger(3, 2);
        const taken: MergedSecond[] = [];
        for (const [at, message] of shuffled.entries()) {
          merger.add(message);
          if (at % (every + 1) === 0) taken.push(...merger.takeSettled());
        }
        taken.push(...merger.takeAll());
        expect(totals(taken)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('hands a second out once every worker has settled it, in order', () => {
    const merger = new SecondMerger(2, 100);
    merger.add(interval(0, 0, true));
    merger.add(interval(0, 1, true));
    merger.add(interval(1, 1, true));
    expect(merger.takeSettled()).toEqual([]); // second 1 has settled, second 0 has not
    merger.add(interval(1, 0, true));
    expect(merger.takeSettled().map(({ second }) => second)).toEqual([0, 1]);
  });

  it('does not wait for a worker that has ended, nor for ever', () => {
    const merger = new SecondMerger(2, 5);
    merger.add(interval(0, 0, true));
    merger.workerDone(1);
    expect(merger.takeSettled().map(({ second }) => second)).toEqual([0]);
    const patient = new SecondMerger(2, 5);
    patient.add(interval(0, 0, true));
    patient.add(interval(0, 5, true));
    expect(patient.takeSettled()).toEqual([]);
    patient.add(interval(0, 6, true));
    expect(patient.takeSettled().map(({ second }) => second)).toEqual([0]);
  });

  it('hands out again what comes late for a second that was handed out', () => {
    const merger = new SecondMerger(1, 5);
    merger.add(interval(0, 0, true, { tally: [tally(0, 0, { ok: 3 })] }));
    merger.add(interval(0, 1, true));
    expect(merger.takeSettled()).toHaveLength(2);
    merger.add(interval(0, 0, false, { tally: [tally(0, 0, { timeout: 1 })] }));
    const [late] = merger.takeSettled();
    expect(late?.second).toBe(0);
    expect(late?.tallies[0]).toMatchObject({ timeout: 1, intended: 1 });
  });
});
