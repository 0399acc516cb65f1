import type { RunClock, RunUs } from '../../foundation/clock.js';
import type { PgSession } from '../../model/contracts.js';

/** One reading of the server's clock: the server's µs since the epoch = run µs + offset ± error. */
export interface ClockReading {
  serverUs: number;
  offsetUs: number;
  errorUs: number;
}

/** Clocks of one machine or NTP-disciplined ones drift apart by less than this, beyond the last reading. */
const driftPerUs = 100e-6;

/**
 * Reads the server's clock `rounds` times and keeps the round trip that was shortest: the server answered somewhere
 * within it, so the error is half of it (Cristian 1989, Probabilistic clock synchronization).
 */
export async function readClock(session: PgSession, clock: RunClock, rounds = 20): Promise<ClockReading> {
  let best: ClockReading | undefined;
  for (let i = 0; i < rounds; i++) {
    const before = clock.now();
    const { rows } = await session.query(
      'select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us',
    );
    const after = clock.now();
    const serverUs = Number(rows[0]?.us);
    const errorUs = (after - before) / 2;
    if (!best || errorUs < best.errorUs)
      best = { serverUs, offsetUs: serverUs - (before + after) / 2, errorUs };
  }
  if (!best) throw new RangeError('rounds must be at least 1');
  return best;
}

/**
 * Maps a server time to run time. Between two readings the offset is interpolated, and their difference is added to
 * the error: the wall clock may have been slewed or stepped anywhere between them.
 */
export function mapServerTime(
  readings: readonly ClockReading[],
  serverUs: number,
): { atUs: RunUs; errorUs: number } {
  const after = readings.findIndex((r) => r.serverUs >= serverUs);
  const next = after < 0 ? undefined : readings[after];
  const previous = after < 0 ? readings.at(-1) : readings[after - 1];
  if (previous && next) {
    const share = (serverUs - previous.serverUs) / (next.serverUs - previous.serverUs);
    const offsetUs = previous.offsetUs + share * (next.offsetUs - previous.offsetUs);
    const errorUs = Math.max(previous.errorUs, next.errorUs) + Math.abs(next.offsetUs - previous.offsetUs);
    return { atUs: serverUs - offsetUs, errorUs };
  }
  const only = previous ?? next;
  if (!only) return { atUs: Number.NaN, errorUs: Number.POSITIVE_INFINITY };
  return {
    atUs: serverUs - only.offsetUs,
    errorUs: only.errorUs + Math.abs(serverUs - only.serverUs) * driftPerUs,
  };
}
