import { z } from 'zod';
import { phases } from './phase-names.js';

export { phases, type Phase } from './phase-names.js';
export const phaseSchema = z.enum(phases);

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
