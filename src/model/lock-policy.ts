import type { Objectives } from './scenario-objectives.js';
import { lockModes, type LockMode } from './scenario-words.js';

/** One entry of objectives.locks.forbid. */
export type ForbiddenLock = NonNullable<Objectives['locks']>['forbid'][number];

const strengthOf = (mode: LockMode) => lockModes.indexOf(mode);

/** AccessExclusiveLock keeps reads out; ShareLock and what is stronger keep writes out (docs, explicit-locking). */
const weakestThatBlocks = { reads: 'AccessExclusiveLock', writes: 'ShareLock' } as const;

/** The modes an entry forbids, the weakest first. */
export function forbiddenModes({
  mode,
  blocks,
}: Pick<ForbiddenLock, 'mode' | 'blocks'>): readonly LockMode[] {
  if (blocks !== undefined) {
    return lockModes.filter((one) => strengthOf(one) >= strengthOf(weakestThatBlocks[blocks]));
  }
  if (mode === undefined || mode === '*') return lockModes;
  return [mode];
}

/** `AccessExclusiveLock`, `lock that blocks writes`, `lock`. */
export function forbiddenText({ mode, blocks }: Pick<ForbiddenLock, 'mode' | 'blocks'>): string {
  if (blocks !== undefined) return `lock that blocks ${blocks}`;
  if (mode === undefined || mode === '*') return 'lock';
  return mode;
}

/** Whether an entry is about a table, named without `public.`. */
export function isAbout({ table }: Pick<ForbiddenLock, 'table'>, name: string): boolean {
  if (table === undefined || table === '*') return true;
  const wanted = table.replace(/^public\.(?!\*$)/, '');
  if (!wanted.endsWith('.*')) return wanted === name;
  const schema = wanted.slice(0, -2);
  return schema === 'public' ? !name.includes('.') : name.startsWith(`${schema}.`);
}
