import type { BlockedMs } from '../../model/lock-story.js';
import type { LockWait } from '../../model/observation.js';

/** Whether a waiter wanted to read or to write: by its statement, else by the mode it asked for. */
export function wants({ waiter, lockType, mode }: LockWait): keyof BlockedMs {
  const text = (waiter.query ?? '').replace(/^(\s|--[^\n]*\n|\/\*.*?\*\/)+/s, '').toLowerCase();
  if (/^(insert|update|delete|merge|copy\s.*\sfrom\b)/.test(text)) return 'writes';
  if (/^(select|with|table|values|\()/.test(text)) {
    // A common table expression may write, and FOR UPDATE locks rows as a write does.
    return /\b(insert\s+into|update\s+\S+\s+set|delete\s+from|for\s+(no\s+key\s+)?update|for\s+(key\s+)?share)\b/.test(
      text,
    )
      ? 'writes'
      : 'reads';
  }
  if (text !== '' && !/^(execute|fetch|begin|commit)/.test(text)) return 'other';
  if (lockType !== 'relation') return 'writes';
  if (mode === 'AccessShareLock') return 'reads';
  return mode === 'RowShareLock' || mode === 'RowExclusiveLock' ? 'writes' : 'other';
}

export function blockedMs(waits: readonly { wait: LockWait; ms: number }[]): BlockedMs {
  const sums: BlockedMs = { reads: 0, writes: 0, other: 0 };
  for (const { wait, ms } of waits) sums[wants(wait)] += ms;
  return sums;
}
