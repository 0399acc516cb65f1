import { abortReason } from '../foundation/clock.js';
import type { PgResult, PgSession } from '../model/contracts.js';

/** How long a cancelled query may take to end before its connection is closed under it. */
const cancelGraceMs = 3_000;

/**
 * Runs one statement; on abort the backend is told to cancel it, and the abort's reason is thrown, within a few
 * seconds even where the server does not answer.
 */
export async function queryOrCancel(
  session: Pick<PgSession, 'query' | 'cancel' | 'close'>,
  sql: string,
  signal: AbortSignal,
  params?: unknown[],
): Promise<PgResult> {
  if (signal.aborted) throw abortReason(signal);
  let graceTimer: NodeJS.Timeout | undefined;
  let giveUp: (reason: Error) => void = () => undefined;
  const abandoned = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const onAbort = () => {
    session.cancel().catch(() => undefined);
    graceTimer = setTimeout(() => {
      giveUp(abortReason(signal));
      session.close().catch(() => undefined);
    }, cancelGraceMs);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([session.query(sql, params), abandoned]);
  } catch (error) {
    if (signal.aborted) throw abortReason(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(graceTimer);
  }
}
