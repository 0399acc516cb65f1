import { codeOf, messageOf } from '../foundation/errors.js';
import type { StepOutcome } from '../model/contracts.js';
import type { Outcome } from '../model/observation.js';

export type FailedOutcome = Extract<StepOutcome, { ok: false }>;

/** SQLSTATEs are five of A–Z and 0–9; none begins with E, as node's EPIPE does (PostgreSQL, appendix A). */
function sqlStateOf(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code) ? code : undefined;
}

/** A failure of the harness's or the scenario's own making, with a code of ours. */
export function failed(code: string, message: string, retryable = false): FailedOutcome {
  return { ok: false, code, message, retryable };
}

/** Server shutdown and restart: said by the server itself, so the transaction is surely gone. */
const serverGone = new Set(['57P01', '57P02', '57P03']);

/**
 * An error of a database session. `inDoubt`: what was sent could have committed before the connection was lost,
 * so sending it again could do it twice; such a failure is not retried.
 */
export function databaseFailure(error: unknown, inDoubt: boolean): FailedOutcome {
  const message = messageOf(error);
  const sqlState = sqlStateOf(error);
  if (sqlState === undefined) {
    const code = codeOf(error) ?? 'connection-lost';
    return inDoubt
      ? failed(code, `${message} (whether it was done before the connection was lost is unknown)`)
      : failed(code, message, true);
  }
  return { ok: false, code: sqlState, message, sqlState, retryable: isRetryable(sqlState, message) };
}

/** Waits, conflicts and a full server (53300) that another attempt may not meet. A cancel by a person (57014 too) is none. */
function isRetryable(sqlState: string, message: string): boolean {
  if (sqlState === '57014') return /statement timeout|lock timeout/i.test(message);
  return (
    ['55P03', '40P01', '40001', '53300'].includes(sqlState) ||
    sqlState.startsWith('08') ||
    serverGone.has(sqlState)
  );
}

/** What events and records keep of an attempt's end. */
export function toOutcome(outcome: StepOutcome): Outcome {
  if (outcome.ok) return { ok: true };
  const { code, message, sqlState } = outcome;
  return { ok: false, code, message, ...(sqlState === undefined ? {} : { sqlState }) };
}
