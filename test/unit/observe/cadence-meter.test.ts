import { describe, expect, test } from 'vitest';
import { CadenceMeter } from '../../../src/observe/sampler/cadence-meter.js';

function metered(intervalsMs: readonly number[], endAfterMs = 0) {
  const meter = new CadenceMeter(10, 0);
  let atUs = 5_000;
  meter.sample(atUs);
  for (const ms of intervalsMs) {
    atUs += ms * 1000;
    meter.sample(atUs);
  }
  return meter.report(atUs + endAfterMs * 1000);
}

describe('cadence', () => {
  test('quantiles are upper ends of 0.1 ms buckets', () => {
    const report = metered([
      ...Array.from({ length: 90 }, () => 10.04),
      ...Array.from({ length: 10 }, () => 19.96),
    ]);
    expect(report).toMatchObject({ samples: 101, p50Ms: 10.1, gaps: [] });
    expect(report.p99Ms).toBeCloseTo(19.96, 6);
    expect(report.maxMs).toBeCloseTo(19.96, 6);
  });

  test('the floor weighs intervals by their length: 1% of the time must not hide in few long ones', () => {
    // 10 of 1 000 intervals are 90 ms long: 1% of the intervals, 8% of the time.
    const report = metered([
      ...Array.from({ length: 990 }, () => 10.05),
      ...Array.from({ length: 10 }, () => 90.05),
    ]);
    expect(report.p99Ms).toBeLessThan(11);
    expect(report.floorMs).toBeGreaterThan(90);
  });

  test('more than ten cadences without a sample is a gap, and no part of the floor', () => {
    const report = metered([10, 10, 250, 10]);
    expect(report.gaps).toEqual([[25_000, 275_000]]);
    expect(report.floorMs).toBeLessThan(11);
    expect(report.maxMs).toBe(250);
  });

  test('before the first sample and after the last', () => {
    const meter = new CadenceMeter(10, 0);
    expect(meter.report(50_000)).toMatchObject({ samples: 0, gaps: [], lastSampleUs: null });
    expect(meter.report(200_000).gaps).toEqual([[0, 200_000]]);
    meter.sample(300_000);
    expect(meter.report(450_000).gaps).toEqual([
      [0, 300_000],
      [300_000, 450_000],
    ]);
  });
});
