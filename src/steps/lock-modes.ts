import { lockModes, type LockMode } from '../model/scenario.js';

/** Which modes a held mode keeps out (postgresql.org/docs/current/explicit-locking.html, table 13.2). */
const conflicts: Record<LockMode, readonly LockMode[]> = {
  AccessShareLock: ['AccessExclusiveLock'],
  RowShareLock: ['ExclusiveLock', 'AccessExclusiveLock'],
  RowExclusiveLock: ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'],
  ShareUpdateExclusiveLock: lockModes.slice(3),
  ShareLock: lockModes.filter((m) => lockModes.indexOf(m) >= 2 && m !== 'ShareLock'),
  ShareRowExclusiveLock: lockModes.slice(2),
  ExclusiveLock: lockModes.slice(1),
  AccessExclusiveLock: lockModes,
};

function isLockMode(mode: string): mode is LockMode {
  return (lockModes as readonly string[]).includes(mode);
}

/** True when `stronger` keeps out everything that `mode` does, and more: `mode` beside it harms nobody further. */
export function isCoveredBy(mode: string, stronger: string): boolean {
  if (mode === stronger || !isLockMode(mode) || !isLockMode(stronger)) return false;
  return conflicts[mode].every((other) => conflicts[stronger].includes(other));
}
