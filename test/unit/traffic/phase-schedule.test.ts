import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { phases } from '../../../src/model/scenario.js';
import { PhaseSchedule, type Arrival } from '../../../src/traffic/phase-schedule.js';

function schedule(shard = { index: 0, of: 1 }, ratePerSecond = 1000): PhaseSchedule {
  return new PhaseSchedule({ seed: 1, ratePerSecond, arrivals: 'poisson', shard });
}

function takeAll(from: PhaseSchedule, nowUs: number): Arrival[] {
  const taken: Arrival[] = [];
  for (let next = from.takeDue(nowUs); next; next = from.takeDue(nowUs)) taken.push(next);
  return taken;
}

describe('PhaseSchedule', () => {
  it('runs a phase up to the instant at which the next begins, also when it is late', () => {
    const s = schedule();
    s.enter('baseline', 1_000_000);
    s.enter('upgrade', 2_000_000);
    s.enter('done', 3_000_000);
    const all = takeAll(s, 10_000_000);
    const [baseline, upgrade] = [1, 2].map((phase) => all.filter((a) => a.phase === phase)) as [
      Arrival[],
      Arrival[],
    ];
    expect(baseline.length + upgrade.length).toBe(all.length);
    expect(Math.min(...baseline.map((a) => a.atUs))).toBeGreaterThanOrEqual(1_000_000);
    expect(Math.max(...baseline.map((a) => a.atUs))).toBeLessThan(2_000_000);
    expect(Math.min(...upgrade.map((a) => a.atUs))).toBeGreaterThanOrEqual(2_000_000);
    expect(Math.max(...upgrade.map((a) => a.atUs))).toBeLessThan(3_000_000);
    expect(all.map((a) => a.atUs)).toEqual(all.map((a) => a.atUs).sort((a, b) => a - b));
    expect(s.ended()).toBe(true);
  });

  it('offers the same requests in a phase however long the one before was', () => {
    const requests = (upgradeMs: number) => {
      const s = schedule();
      s.enter('upgrade', 0);
      s.enter('soak', upgradeMs * 1000);
      s.enter('done', upgradeMs * 1000 + 500_000);
      return takeAll(s, 1e12)
        .filter((a) => phases[a.phase] === 'soak')
        .map((a) => [a.index, Math.round(a.atUs - upgradeMs * 1000)]);
    };
    expect(requests(137)).toEqual(requests(9001));
  });

  it('shards are a partition of the whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (of) => {
        const run = (shard: { index: number; of: number }) => {
          const s = schedule(shard);
          s.enter('warmup', 0);
          s.enter('done', 300_000);
          return takeAll(s, 1e9);
        };
        const parts = Array.from({ length: of }, (_, index) => run({ index, of })).flat();
        const whole = run({ index: 0, of: 1 });
        expect(parts.sort((a, b) => a.index - b.index)).toEqual(whole);
      }),
    );
  });

  it('takes only what is due', () => {
    const s = schedule(undefined, 10);
    s.enter('warmup', 0);
    const next = s.nextUs();
    expect(s.takeDue(next - 0.001)).toBeUndefined();
    expect(s.takeDue(next)?.atUs).toBe(next);
  });

  it('looks ahead to each start once, and no further than the phase', () => {
    const s = schedule();
    s.enter('baseline', 0);
    s.enter('upgrade', 30_000);
    const woken: number[] = [];
    for (let until = 5_000; until <= 60_000; until += 5_000) {
      s.lookAhead(until, (at) => woken.push(at));
      takeAll(s, until - 2_000);
    }
    const twin = schedule();
    twin.enter('baseline', 0);
    twin.enter('upgrade', 30_000);
    expect(woken).toEqual(takeAll(twin, 60_000).map((a) => a.atUs));
  });

  it('has no request before a phase, and none after done', () => {
    const s = schedule();
    expect(s.nextUs()).toBe(Number.POSITIVE_INFINITY);
    expect(s.ended()).toBe(false);
    s.enter('done', 5);
    expect(s.ended()).toBe(true);
  });

  it('survives a phase of rate 0', () => {
    const s = schedule(undefined, 0);
    s.enter('baseline', 0);
    expect(s.takeDue(1e9)).toBeUndefined();
    s.enter('done', 5);
    expect(s.ended()).toBe(true);
  });

  describe('paused', () => {
    /** The requests of one phase with pauses [from, to) of the schedule's clock, µs. */
    const offered = (pauses: [number, number][], doneUs: number) => {
      const s = schedule();
      s.enter('soak', 1_000);
      const taken: Arrival[] = [];
      for (const [fromUs, toUs] of pauses) {
        s.pause(fromUs);
        taken.push(...takeAll(s, toUs));
        expect(s.nextUs()).toBe(Number.POSITIVE_INFINITY);
        s.resume(toUs);
      }
      s.enter('done', doneUs);
      taken.push(...takeAll(s, 1e12));
      return taken;
    };

    it('offers the same requests, later by the pauses before them, and none within one', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 50_000 })), {
            maxLength: 4,
          }),
          (steps) => {
            let atUs = 0;
            const pauses = steps.map(([after, length]): [number, number] => {
              const fromUs = atUs + after;
              atUs = fromUs + length;
              return [fromUs, atUs];
            });
            const plain = offered([], 400_000);
            const moved = offered(pauses, 400_000 + atUs);
            expect(moved.slice(0, plain.length).map(({ index }) => index)).toEqual(
              plain.map(({ index }) => index),
            );
            for (const { atUs: at } of moved) {
              expect(pauses.some(([from, to]) => from < to && at >= from && at < to)).toBe(false);
            }
            const expected = plain.map(({ atUs: at }) =>
              pauses.reduce(
                // The phase begins at 1 ms: of a pause before that, only the rest delays it.
                (t, [from, to]) => (t >= from ? t + Math.max(0, to - Math.max(from, 1_000)) : t),
                at,
              ),
            );
            const times = moved.slice(0, plain.length).map(({ atUs: at }) => at);
            for (const [i, time] of times.entries()) expect(time).toBeCloseTo(expected[i]!, 3);
          },
        ),
      );
    });

    it('names the moved starts to whoever looks ahead', () => {
      const s = schedule();
      s.enter('soak', 0);
      const woken: number[] = [];
      s.lookAhead(20_000, (at) => woken.push(at));
      s.pause(10_000);
      const before = takeAll(s, 15_000);
      s.lookAhead(100_000, (at) => woken.push(at));
      s.resume(200_000);
      woken.length = 0;
      s.lookAhead(220_000, (at) => woken.push(at));
      const after = takeAll(s, 220_000);
      expect(before.every(({ atUs }) => atUs < 10_000)).toBe(true);
      expect(after.length).toBeGreaterThan(5);
      expect(woken).toEqual(after.map(({ atUs }) => atUs));
    });

    it('lets the next phase begin where it is resumed', () => {
      const s = schedule();
      s.enter('soak', 0);
      s.pause(50_000);
      expect(takeAll(s, 80_000).every(({ atUs }) => atUs < 50_000)).toBe(true);
      s.resume(90_000);
      s.enter('rollback', 90_000);
      s.enter('done', 120_000);
      const rest = takeAll(s, 1e9);
      expect(new Set(rest.map(({ phase }) => phases[phase]))).toEqual(new Set(['rollback']));
      expect(rest[0]!.index).toBe(0);
    });
  });
});
