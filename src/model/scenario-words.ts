import { z } from 'zod';

/** Persisted words of the timeline, in order. */
export const phases = ['warmup', 'baseline', 'upgrade', 'soak', 'rollback', 'recovery'] as const;
export const phaseSchema = z.enum(phases);
export type Phase = z.infer<typeof phaseSchema>;

/** Postgres's table-level lock modes, as pg_locks prints them. */
export const lockModes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;
export const lockModeSchema = z.enum(lockModes);
export type LockMode = z.infer<typeof lockModeSchema>;
