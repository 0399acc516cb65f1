import { sleep } from '../foundation/clock.js';
import type { PgSession } from '../model/contracts.js';
import type { TracedLock } from '../model/observation.js';
import { firstNormalObjectId, type Catalog } from './catalog-snapshot.js';
import { isCoveredBy } from './lock-modes.js';

/** A relation lock that is held. */
export interface HeldLock {
  oid: string;
  mode: string;
}

// No join with pg_class: it would hide what the watched transaction made, and may already have dropped.
const locksSql = `
  select l.relation::text as oid, l.mode
    from pg_catalog.pg_locks l
   where l.pid = $1 and l.locktype = 'relation' and l.granted and l.relation >= ${firstNormalObjectId}
     and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())`;

/** The relation locks a backend holds on what is not the system's. */
export async function readLocks(observer: Pick<PgSession, 'query'>, pid: number): Promise<HeldLock[]> {
  const { rows } = await observer.query(locksSql, [pid]);
  return rows.map((row) => ({ oid: String(row.oid), mode: String(row.mode) }));
}

/** For so long the polling does not pause: much that refuses a transaction block is over within it. */
const eagerMs = 300;
const pollEveryMs = 5;

/** Every lock seen while `running` ran. Brief ones may be missing. `also` is asked each time too. */
export async function pollLocks(
  observer: Pick<PgSession, 'query'>,
  pid: number,
  running: Promise<unknown>,
  nowUs: () => number,
  also: () => Promise<void> = () => Promise.resolve(),
): Promise<HeldLock[]> {
  const seen = new Map<string, HeldLock>();
  const state = { running: true };
  const ended = running.then(
    () => void (state.running = false),
    () => void (state.running = false),
  );
  const fromUs = nowUs();
  while (state.running) {
    for (const lock of await readLocks(observer, pid)) seen.set(keyOf(lock), lock);
    await also();
    if (nowUs() - fromUs > eagerMs * 1000) await Promise.race([ended, sleep(pollEveryMs)]);
  }
  return [...seen.values()];
}

function keyOf({ oid, mode }: HeldLock): string {
  return `${oid} ${mode}`;
}

/** Those of `now` that are not in `before`. */
export function newlyTaken(before: readonly HeldLock[], now: readonly HeldLock[]): HeldLock[] {
  const had = new Set(before.map(keyOf));
  return now.filter((lock) => !had.has(keyOf(lock)));
}

/** Leaves out modes that a stronger one on the same relation covers: the ALTER's AccessShare beside its AccessExclusive. */
export function strongest(locks: readonly HeldLock[]): HeldLock[] {
  const unique = [...new Map(locks.map((lock) => [keyOf(lock), lock])).values()];
  return unique.filter(
    ({ oid, mode }) => !locks.some((other) => other.oid === oid && isCoveredBy(mode, other.mode)),
  );
}

/**
 * Names the locks. `committed`: the catalog before the transaction, as others see it. What is in no catalog was
 * made and dropped by the same statement (the new heap of a rewrite): nobody else can ever wait for it.
 */
export function nameLocks(
  locks: readonly HeldLock[],
  committed: Catalog,
  before: Catalog,
  after: Catalog,
): TracedLock[] {
  return locks
    .flatMap(({ oid, mode }): TracedLock[] => {
      const relation = before.relations.get(oid) ?? after.relations.get(oid) ?? committed.relations.get(oid);
      if (!relation) return [];
      const { name, kind, table } = relation;
      const created = !committed.relations.has(oid);
      return [{ relation: name, relkind: kind, mode, created, ...(table === undefined ? {} : { table }) }];
    })
    .sort((a, b) => a.relation.localeCompare(b.relation) || a.mode.localeCompare(b.mode));
}
