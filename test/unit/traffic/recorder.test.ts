import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { outcomeKinds, seriesKinds } from '../../../src/model/observation.js';
import { Recorder, type IntervalReport } from '../../../src/traffic/recorder.js';

function countsOf(
  reports: readonly IntervalReport[],
  endpoint: number,
  kind: string,
  second?: number,
): Counts {
  const parts = reports
    .filter((r) => second === undefined || r.second === second)
    .flatMap((r) => r.series.filter((s) => s.endpoint === endpoint && s.kind === kind));
  return Counts.of(...parts);
}

describe('Recorder', () => {
  it('reports each second until it is final, and every second once', () => {
    const recorder = new Recorder();
    recorder.startAt(10);
    const page = recorder.page(10, 1);
    page.begin(0);
    page.begin(0);
    page.end(0, { kind: 'ok', retries: 0, variant: -1 });
    page.record(0, 0, 500);
    const first = recorder.flush(11);
    expect(first).toHaveLength(1);
    expect(first[0]).toMatchObject({ second: 10, final: false });
    expect(first[0]!.tally[0]).toMatchObject({ intended: 2, ok: 1 });

    page.end(0, { kind: 'timeout', reason: 'no answer', retries: 1, variant: -1 });
    page.record(0, 0, 3_000_000);
    const second = recorder.flush(14);
    expect(second.map((r) => [r.second, r.final])).toEqual([
      [10, true],
      [11, true],
      [12, true],
      [13, true],
    ]);
    expect(second[0]!.tally).toEqual([
      {
        endpoint: 0,
        phase: 1,
        intended: 0,
        ok: 0,
        httpError: 0,
        timeout: 1,
        connectionError: 0,
        dropped: 0,
        aborted: 0,
        reasons: { 'no answer': 1 },
        missed: {},
        retries: 1,
        variants: {},
      },
    ]);
    expect(recorder.flush(14)).toEqual([]);
    expect(countsOf([...first, ...second], 0, 'response').quantileUs(1)).toBe(3_000_319);
  });

  it('does not settle a second that may still get requests', () => {
    const recorder = new Recorder();
    recorder.startAt(0);
    recorder.page(0, 0).begin(0);
    recorder.page(0, 0).end(0, { kind: 'ok', retries: 0, variant: -1 });
    expect(recorder.flush(0)[0]).toMatchObject({ second: 0, final: false });
    expect(recorder.flush(1)[0]).toMatchObject({ second: 0, final: true });
  });

  it('counts variants of what went well only', () => {
    const recorder = new Recorder();
    const page = recorder.page(0, 0);
    for (const kind of ['ok', 'ok', 'httpError'] as const) {
      page.begin(3);
      page.end(3, { kind, retries: 0, variant: 1 });
    }
    expect(recorder.flush(1)[0]!.tally[0]).toMatchObject({ variants: { 1: 2 }, reasons: { httpError: 1 } });
  });

  it('keeps why requests failed apart from why they were dropped or cut off', () => {
    const recorder = new Recorder();
    const page = recorder.page(0, 0);
    for (const kind of ['timeout', 'dropped', 'aborted', 'connectionError'] as const) {
      page.begin(0);
      page.end(0, { kind, reason: `why ${kind}`, retries: 0, variant: -1 });
    }
    expect(recorder.flush(1)[0]!.tally[0]).toMatchObject({
      reasons: { 'why timeout': 1, 'why connectionError': 1 },
      missed: { 'why dropped': 1, 'why aborted': 1 },
    });
  });

  it('loses and invents nothing, whenever it is flushed and however late requests end', () => {
    const ending = fc.record({
      second: fc.integer({ min: 0, max: 5 }),
      phase: fc.integer({ min: 0, max: 2 }),
      endpoint: fc.integer({ min: 0, max: 3 }),
      kind: fc.constantFrom(...outcomeKinds),
      us: fc.integer({ min: 0, max: 40_000_000 }),
      flushAfter: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(ending, { maxLength: 120 }), (endings) => {
        const recorder = new Recorder();
        recorder.startAt(0);
        const reports: IntervalReport[] = [];
        const pages = endings.map((e) => {
          const page = recorder.page(e.second, e.phase);
          page.begin(e.endpoint);
          return page;
        });
        let over = 0;
        for (const [i, e] of endings.entries()) {
          pages[i]!.end(e.endpoint, { kind: e.kind, retries: 0, variant: -1 });
          for (const kind of seriesKinds.keys()) pages[i]!.record(e.endpoint, kind, e.us + kind);
          if (e.flushAfter) reports.push(...recorder.flush(Math.min(6, over++)));
        }
        reports.push(...recorder.flush(6));

        expect(
          reports
            .filter((r) => r.final)
            .map((r) => r.second)
            .sort(),
        ).toEqual([0, 1, 2, 3, 4, 5]);
        expect(recorder.totals.intended).toBe(endings.length);
        for (const second of [0, 1, 2, 3, 4, 5]) {
          for (const endpoint of [0, 1, 2, 3]) {
            const own = endings.filter((e) => e.second === second && e.endpoint === endpoint);
            for (const [at, kind] of seriesKinds.entries()) {
              const expected = new Counts();
              for (const e of own) expected.record(e.us + at);
              expect(countsOf(reports, endpoint, kind, second).toSparse()).toEqual(expected.toSparse());
            }
          }
        }
        for (const kind of outcomeKinds) {
          const told = reports.flatMap((r) => r.tally).reduce((sum, t) => sum + t[kind], 0);
          expect(told).toBe(endings.filter((e) => e.kind === kind).length);
          expect(recorder.totals[kind]).toBe(told);
        }
      }),
      { numRuns: 60 },
    );
  });
});
