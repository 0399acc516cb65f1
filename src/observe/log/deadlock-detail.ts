import type { LockWait } from '../../model/observation.js';

type Side = NonNullable<LockWait['deadlock']>['sides'][number];

const waits = /^Process (\d+) waits for (\w+) on (.+); blocked by process (\d+)\.$/;
const queries = /^Process (\d+): ([\s\S]*)$/;

/**
 * Every process of a deadlock, from the DETAIL that the server's log has (DeadLockReport in storage/lmgr/deadlock.c): a
 * line each for what it waits for, then each one's query, which may have many lines.
 */
export function deadlockSides(detail: string): Side[] {
  const sides = new Map<number, Side>();
  const texts: string[] = [];
  for (const line of detail.split('\n')) {
    const wait = texts.length === 0 ? waits.exec(line) : null;
    if (wait) {
      const [, pid, mode = '', target = '', blockedBy] = wait;
      sides.set(Number(pid), { pid: Number(pid), mode, target, blockedBy: Number(blockedBy) });
    } else if (queries.test(line) && sides.has(Number(queries.exec(line)?.[1]))) {
      texts.push(line);
    } else if (texts.length > 0) {
      texts.push(`${texts.pop() ?? ''}\n${line}`);
    }
  }
  for (const text of texts) {
    const [, pid, query] = queries.exec(text) ?? [];
    const side = sides.get(Number(pid));
    if (side && query !== undefined) side.query = query.trim();
  }
  return [...sides.values()];
}
