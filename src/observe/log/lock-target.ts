import type { LockTag } from '../sampler/sampled-wait.js';

type Reader = (n: number[]) => LockTag;

/** Postgres's DescribeLockTag (storage/lmgr/lmgr.c), read back. */
const forms: [RegExp, Reader][] = [
  [
    /^tuple \((\d+),(\d+)\) of relation (\d+) of database (\d+)$/,
    ([page, tuple, relation, database]) => ({
      lockType: 'tuple',
      ...given({ page, tuple, relation, database }),
    }),
  ],
  [
    /^extension of relation (\d+) of database (\d+)$/,
    ([relation, database]) => ({ lockType: 'extend', ...given({ relation, database }) }),
  ],
  [
    /^page (\d+) of relation (\d+) of database (\d+)$/,
    ([page, relation, database]) => ({ lockType: 'page', ...given({ page, relation, database }) }),
  ],
  [
    /^relation (\d+) of database (\d+)$/,
    ([relation, database]) => ({ lockType: 'relation', ...given({ relation, database }) }),
  ],
  [
    /^object (\d+) of class (\d+) of database (\d+)$/,
    ([objectId, classId, database]) => ({ lockType: 'object', ...given({ objectId, classId, database }) }),
  ],
  [
    // The second and third numbers are the key's halves as pg_locks shows them: classid and objid.
    /^advisory lock \[(\d+),(\d+),(\d+),(\d+)\]$/,
    ([database, classId, objectId, objectSubId]) => ({
      lockType: 'advisory',
      ...given({ database, classId, objectId, objectSubId }),
    }),
  ],
];

/** The lock that a log message names; `unknown` for a form it does not know. */
export function parseLockTarget(text: string): LockTag {
  for (const [form, read] of forms) {
    const match = form.exec(text);
    if (match) return read(match.slice(1).map(Number));
  }
  const transaction = /^transaction (\d+)$/.exec(text);
  if (transaction?.[1]) return { lockType: 'transactionid', transactionId: transaction[1] };
  const virtual = /^virtual transaction (\S+)$/.exec(text);
  if (virtual?.[1]) return { lockType: 'virtualxid', virtualXid: virtual[1] };
  return { lockType: 'unknown' };
}

function given(fields: Partial<Record<keyof LockTag, number | undefined>>): Partial<LockTag> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Whether two descriptions can mean one lock: what both name is equal. */
export function compatible(a: LockTag, b: LockTag): boolean {
  if (a.lockType === 'unknown' || b.lockType === 'unknown') return true;
  if (a.lockType !== b.lockType) return false;
  const names = ['database', 'relation', 'page', 'tuple', 'virtualXid', 'transactionId'] as const;
  const keys = ['classId', 'objectId', 'objectSubId'] as const;
  return [...names, ...keys].every(
    (name) => a[name] === undefined || b[name] === undefined || a[name] === b[name],
  );
}
