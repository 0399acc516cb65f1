import { describe, expect, it } from 'vitest';
import { mapServerTime } from '../../../src/environment/database/clock-map.js';

const at = (serverUs: number, offsetUs: number, errorUs = 100) => ({ serverUs, offsetUs, errorUs });

describe('mapServerTime', () => {
  it('subtracts the offset, and lets the error grow by 100 ppm of the distance', () => {
    expect(mapServerTime([at(1_000_000, 900_000)], 2_000_000)).toEqual({ atUs: 1_100_000, errorUs: 200 });
    expect(mapServerTime([at(1_000_000, 900_000)], 1_000_000)).toEqual({ atUs: 100_000, errorUs: 100 });
  });

  it('interpolates a clock that was slewed, and adds the whole shift to the error', () => {
    const readings = [at(1_000_000, 0), at(2_000_000, 1_000, 300)];
    expect(mapServerTime(readings, 1_500_000)).toEqual({ atUs: 1_499_500, errorUs: 1_300 });
    expect(mapServerTime(readings, 2_000_000)).toEqual({ atUs: 1_999_000, errorUs: 1_300 });
  });

  it('knows nothing without a reading', () => {
    expect(mapServerTime([], 1)).toEqual({ atUs: Number.NaN, errorUs: Number.POSITIVE_INFINITY });
  });
});
