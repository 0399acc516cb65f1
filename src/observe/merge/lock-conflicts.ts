/**
 * Which lock modes exclude each other: PostgreSQL documentation, "Explicit Locking", table 13.2. Every mode lists
 * what it conflicts with.
 */
const conflictsOf: Record<string, readonly string[]> = {
  AccessShareLock: ['AccessExclusiveLock'],
  RowShareLock: ['ExclusiveLock', 'AccessExclusiveLock'],
  RowExclusiveLock: ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'],
  ShareUpdateExclusiveLock: [
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
  ShareLock: [
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ],
};

/** True for modes it does not know: a blocker too many is looked at, one too few is never found. */
export function conflicts(a: string, b: string): boolean {
  const known = conflictsOf[a];
  if (known) return known.includes(b) || !isMode(b);
  const other = conflictsOf[b];
  if (other) return other.includes(a) || !isMode(a);
  // ShareRowExclusive, Exclusive and AccessExclusive exclude each other and themselves.
  return true;
}

const stronger = ['ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];

function isMode(mode: string): boolean {
  return mode in conflictsOf || stronger.includes(mode);
}
