import type { RunClock, RunUs } from '../../foundation/clock.js';
import type { PgSession } from '../../model/contracts.js';
import { mapServerTime, readClock, type ClockReading } from './clock-map.js';

const everyMs = 10_000;

export interface KeptClock {
  toRunUs(serverEpochUs: number): { atUs: RunUs; errorUs: number };
  stop(): Promise<void>;
}

/**
 * Reads the server's clock now and every 10 s, so that a wall clock that is slewed during a long soak does not shift
 * what the log says. A reading that fails is left out: the error of the mapping then grows with the distance.
 */
export async function keepClock(connect: () => Promise<PgSession>, clock: RunClock): Promise<KeptClock> {
  let session: PgSession | undefined = await connect();
  const readings: ClockReading[] = [await readClock(session, clock)];
  let reading: Promise<void> = Promise.resolve();
  const again = async (): Promise<void> => {
    try {
      session ??= await connect();
      readings.push(await readClock(session, clock, 8));
    } catch {
      await session?.close();
      session = undefined;
    }
  };
  const timer = setInterval(() => {
    reading = reading.then(again);
  }, everyMs);
  timer.unref();
  return {
    toRunUs: (serverEpochUs) => mapServerTime(readings, serverEpochUs),
    async stop() {
      clearInterval(timer);
      await reading;
      await session?.close();
    },
  };
}
