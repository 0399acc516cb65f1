import { sleep } from '../../foundation/clock.js';
import { codeOf } from '../../foundation/errors.js';

/** Between tries, ms: 1.5 s in all. */
const restsMs = [100, 200, 400, 800] as const;

/**
 * Opens an observer's session on a server that may be full (53300, too many connections): the traffic's own
 * connections come and go, and an audit or a sample must not be lost to one of them. Rejects with the last refusal.
 */
export async function whenRoom<Session>(open: () => Promise<Session>, signal: AbortSignal): Promise<Session> {
  for (const restMs of restsMs) {
    try {
      return await open();
    } catch (error) {
      if (codeOf(error) !== '53300') throw error;
    }
    await sleep(restMs, signal);
  }
  return open();
}
