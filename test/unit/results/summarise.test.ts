import { describe, expect, it } from 'vitest';
import { Counts } from '../../../src/histogram/counts.js';
import { quantilesOf, quantilesWithDrops } from '../../../src/histogram/endpoint-summaries.js';
import type { ResultView } from '../../../src/model/result.js';
import { summarise } from '../../../src/results/summarise.js';
import { endpointNames, lockWait, series, tally } from './sample.js';

function countsOf(n: number): Counts {
  const counts = new Counts();
  for (let ms = 1; ms <= n; ms++) counts.record(ms * 1_000);
  return counts;
}

describe('quantiles', () => {
  it('are those of the samples, in ms', () => {
    const q = quantilesOf(countsOf(1_000));
    expect(q.count).toBe(1_000);
    expect(q.p50).toBeCloseTo(500, 0);
    expect(q.p99).toBeCloseTo(990, 0);
    expect(q.p999).toBeCloseTo(999, 0);
    expect(q.max).toBeCloseTo(1_000, 0);
  });

  it('are named from exactly 1 ÷ (1 − q) samples on', () => {
    for (const [name, least] of [
      ['p50', 2],
      ['p90', 10],
      ['p99', 100],
      ['p999', 1_000],
      ['p9999', 10_000],
    ] as const) {
      expect(quantilesOf(countsOf(least - 1))[name], name).toBeNull();
      expect(quantilesOf(countsOf(least))[name], name).not.toBeNull();
    }
    expect(quantilesOf(new Counts())).toEqual({
      count: 0,
      p50: null,
      p90: null,
      p99: null,
      p999: null,
      p9999: null,
      max: null,
    });
  });

  it('count drops as +∞', () => {
    const q = quantilesWithDrops(countsOf(98), 2);
    expect(q).toMatchObject({ count: 100, p99: 'inf', max: 'inf', p999: null });
    expect(q.p90).toBeCloseTo(90, 0);
    expect(quantilesWithDrops(countsOf(99), 1).p99).toBeCloseTo(99, 0);
  });
});

const none = { endpoints: endpointNames, series: [], seconds: [], lockWaits: [], lockCoverage: null };
const view = (parts: Partial<ResultView>) => ({ ...none, ...parts }) as unknown as ResultView;
const coverage = {
  floorMs: 20,
  cadenceMs: { asked: 10, p50: 10, p99: 14, max: 60 },
  samples: 1_000,
  log: 'off' as const,
  deadlockTimeoutMs: 1_000,
  gaps: [],
};

describe('summarise', () => {
  it('adds seconds up per endpoint and phase', () => {
    const { endpoints, conservationError } = summarise(
      view({
        seconds: [
          { second: 3, tallies: [tally(0, 1, { ok: 2, timeout: 1, reasons: { timeout: 1 }, retries: 4 })] },
          { second: 4, tallies: [tally(0, 1, { ok: 1, httpError: 1, reasons: { '503': 1 } })] },
        ],
        series: [
          { ...series(0, 1, 'response', [1_000, 2_000, 5_000_000]), second: 3 },
          { ...series(0, 1, 'response', [1_000, 3_000]), second: 4 },
          { ...series(0, 1, 'service', [500, 500, 500, 500, 500]), second: 4 },
        ],
      }),
    );
    expect(conservationError).toBe(0);
    expect(endpoints).toHaveLength(1);
    expect(endpoints[0]).toMatchObject({
      endpoint: 'create order',
      phase: 'baseline',
      tally: { intended: 5, ok: 3, timeout: 1, httpError: 1 },
      reasons: { timeout: 1, '503': 1 },
      retries: 4,
      responseMs: { count: 5, p50: 2 },
      serviceMs: { count: 5, p50: 0.5, max: 0.5 },
    });
    expect(endpoints[0]?.responseMs.max).toBeCloseTo(5_000, -1);
  });

  it('tells by how many the requests do not add up, never letting two errors cancel out', () => {
    const { conservationError } = summarise(
      view({
        seconds: [
          { second: 1, tallies: [{ ...tally(0, 1, { ok: 5 }), intended: 7 }] },
          { second: 1, tallies: [{ ...tally(1, 1, { ok: 5 }), intended: 2 }] },
        ],
      }),
    );
    expect(conservationError).toBe(5);
  });

  it('knows "none" from "not watched"', () => {
    expect(summarise(view({})).locks).toBeNull();
    expect(summarise(view({ lockCoverage: { ...coverage, floorMs: null } })).locks).toBeNull();
    expect(summarise(view({ lockCoverage: coverage })).locks).toEqual({ waits: 0, longestMs: 0, blockedSeconds: 0 });
    const waits = [lockWait(), lockWait({ durationMs: 900 })];
    expect(summarise(view({ lockCoverage: coverage, lockWaits: waits })).locks).toEqual({
      waits: 2,
      longestMs: 4_100,
      blockedSeconds: 5,
    });
  });
});
