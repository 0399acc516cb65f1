import { formatMs } from '../../foundation/units.js';
import type { PlannedStep } from '../../model/plan.js';
import { exclusiveTables } from './queue-hazards.js';
import type { SqlLook, Warning, WarningInput } from './warning.js';

/** Retry delays double up to this (model/scenario, retryDelay). */
const maxRetryDelayMs = 10_000;

/** lock_timeout is what traffic pays for each attempt; too long, or none, it breaks the objective by itself. */
export function warnLockTimeouts({ plan, looks }: WarningInput): Warning[] {
  const longestWaitMs = plan.scenario.objectives.locks?.longestWait;
  const oldestMs = plan.scenario.production?.longestTransaction;
  return looks.flatMap((look) => [
    ...warnTooLong(look, longestWaitMs),
    ...warnNone(look, longestWaitMs),
    ...warnRetries(look, oldestMs),
  ]);
}

function lockTimeoutOf(step: PlannedStep): number | undefined {
  return 'sql' in step && step.lockTimeout !== 0 ? step.lockTimeout : undefined;
}

function warnTooLong({ step, path }: SqlLook, longestWaitMs: number | undefined): Warning[] {
  const lockTimeoutMs = lockTimeoutOf(step);
  if (lockTimeoutMs === undefined || longestWaitMs === undefined || lockTimeoutMs <= longestWaitMs) return [];
  return [
    {
      path: [...path, 'lockTimeout'],
      message: `lockTimeout ${formatMs(lockTimeoutMs)} is longer than objectives.locks.longestWait ${formatMs(longestWaitMs)}: traffic behind one failed attempt already breaks it`,
      hint: `lockTimeout: ${Math.max(1, Math.floor(longestWaitMs / 2))}ms, with retries`,
    },
  ];
}

function warnNone(look: SqlLook, longestWaitMs: number | undefined): Warning[] {
  const own = look.statements.some(({ setsLockTimeout }) => setsLockTimeout);
  if (own || longestWaitMs === undefined || lockTimeoutOf(look.step) !== undefined) return [];
  if (exclusiveTables(look).length === 0) return [];
  return [
    {
      path: look.path,
      message:
        'has no lockTimeout: behind an old transaction it waits without end, and traffic waits behind it',
      hint: 'dten adds none by itself: lockTimeout: 300ms, retries: 10 (or set lock_timeout in the SQL)',
    },
  ];
}

function warnRetries({ step, path }: SqlLook, oldestMs: number | undefined): Warning[] {
  const lockTimeoutMs = lockTimeoutOf(step);
  if (lockTimeoutMs === undefined) return [];
  if (step.retries === 0) {
    return [
      {
        path: [...path, 'lockTimeout'],
        message: 'lockTimeout without retries: the first old transaction it meets fails the step',
        hint: 'retries: 10',
      },
    ];
  }
  const spanMs = retrySpanMs(step, lockTimeoutMs);
  if (oldestMs === undefined || spanMs >= oldestMs) return [];
  return [
    {
      path: [...path, 'retries'],
      message: `all its attempts are over within ${formatMs(spanMs)}, and production.longestTransaction is ${formatMs(oldestMs)}: behind such a transaction they all fail`,
      hint: 'more retries, or a longer retryDelay',
    },
  ];
}

/** From the first attempt's start to the last one's end when each fails at its lock_timeout. */
export function retrySpanMs(
  { retries, retryDelay }: Pick<PlannedStep, 'retries' | 'retryDelay'>,
  lockTimeoutMs: number,
): number {
  let spanMs = lockTimeoutMs * (retries + 1);
  for (let attempt = 0; attempt < retries; attempt++) {
    spanMs += Math.max(retryDelay, Math.min(maxRetryDelayMs, retryDelay * 2 ** attempt));
  }
  return spanMs;
}
