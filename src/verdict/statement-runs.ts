import type { LockWait, StampedEvent } from '../model/observation.js';
import type { ResultView } from '../model/result.js';
import { placeIn } from './names-in-text.js';
import { tableName } from './wording.js';

/** One execution of one statement of a step under load. */
export interface StatementRun {
  step: string;
  attempt: number;
  index: number;
  /** As the plan has it; empty where the plan does not know it. */
  text: string;
  pid: number | undefined;
  fromUs: number;
  toUs: number;
  ok: boolean;
  sqlState: string | undefined;
  /** When its locks were released: the end of its transaction (of itself where it commits alone). */
  releasedUs: number;
  /** Runs of one number shared a transaction. */
  transaction: number;
}

type StatementEvent = Extract<StampedEvent, { type: 'statement' }>;

/**
 * Pairs the events of the timed pass. A statement without an end (a lost connection) ends with its attempt; one
 * whose transaction has no end keeps its locks until the attempt ends if its file is one transaction.
 */
export function statementRuns(view: ResultView): StatementRun[] {
  const open = new Map<string, StatementEvent>();
  const unreleased = new Map<string, StatementRun[]>();
  const runs: StatementRun[] = [];
  const wholeFile = new Set(
    [...view.plan.upgrade, ...view.plan.rollback]
      .filter(({ source }) => source?.transaction === 'file')
      .map(({ id }) => id),
  );
  const texts = new Map(
    [...view.plan.upgrade, ...view.plan.rollback].flatMap(({ id, source }) =>
      (source?.statements ?? []).map(({ index, text }) => [`${id} ${index}`, text]),
    ),
  );
  let transactions = 0;

  const close = (start: StatementEvent, toUs: number, end: StatementEvent | undefined) => {
    const run: StatementRun = {
      step: start.step,
      attempt: start.attempt,
      index: start.index,
      text: texts.get(`${start.step} ${start.index}`) ?? '',
      pid: start.pid ?? end?.pid,
      fromUs: start.atUs,
      toUs,
      ok: end?.outcome?.ok ?? false,
      sqlState: end?.outcome?.ok === false ? (end.outcome.sqlState ?? end.outcome.code) : undefined,
      releasedUs: toUs,
      transaction: transactions++,
    };
    runs.push(run);
    const key = `${start.step} ${start.attempt}`;
    unreleased.set(key, [...(unreleased.get(key) ?? []), run]);
  };
  const release = (list: readonly StatementRun[], atUs: number) => {
    const transaction = transactions++;
    for (const run of list) {
      run.releasedUs = Math.max(run.toUs, atUs);
      run.transaction = transaction;
    }
  };

  for (const event of [...view.events].sort((a, b) => a.seq - b.seq)) {
    if (event.type === 'statement') {
      const key = `${event.step} ${event.attempt} ${event.index}`;
      const start = open.get(key);
      if (event.edge === 'start') open.set(key, event);
      else if (start) {
        open.delete(key);
        close(start, event.atUs, event);
      }
    } else if (event.type === 'transaction') {
      const key = `${event.step} ${event.attempt}`;
      const pending = unreleased.get(key) ?? [];
      const inside = pending.filter(({ index }) => index >= event.from && index <= event.to);
      release(inside, event.atUs);
      unreleased.set(
        key,
        pending.filter((run) => !inside.includes(run)),
      );
    } else if (event.type === 'step' && event.edge === 'end') {
      for (const [key, start] of open) {
        if (start.step !== event.step || start.attempt !== event.attempt) continue;
        open.delete(key);
        close(start, event.atUs, undefined);
      }
      if (wholeFile.has(event.step)) {
        const key = `${event.step} ${event.attempt}`;
        release(unreleased.get(key) ?? [], event.atUs);
        unreleased.delete(key);
      }
    }
  }
  for (const start of open.values()) close(start, Math.max(start.atUs, lastEventUs(view)), undefined);
  return runs.sort((a, b) => a.fromUs - b.fromUs);
}

function lastEventUs(view: ResultView): number {
  return view.events.reduce((latest, { atUs }) => Math.max(latest, atUs), 0);
}

/** Waits of a run's own session for a lock on one of some relations. */
export function ownWaits(
  waits: readonly LockWait[],
  run: StatementRun,
  relations: readonly string[],
): LockWait[] {
  return relationWaits(waits, run).filter(({ relation }) => isOneOf(relation, relations));
}

/** Waits of a run's own session for a lock on any relation. */
function relationWaits(waits: readonly LockWait[], run: StatementRun): LockWait[] {
  return waits.filter(
    (wait) =>
      (run.pid === undefined ? isOf(wait, run.step) : wait.waiter.pid === run.pid) &&
      wait.lockType === 'relation' &&
      wait.relation !== undefined &&
      wait.toUs > run.fromUs &&
      wait.fromUs < run.toUs,
  );
}

function isOneOf(relation: string | undefined, relations: readonly string[]): boolean {
  return relation !== undefined && relations.some((one) => tableName(one) === tableName(relation));
}

function isOf(wait: LockWait, step: string): boolean {
  const { kind } = wait.waiter.actor;
  return (kind === 'upgrade' || kind === 'rollback') && wait.step === step;
}

/**
 * How long a run held a lock, ms, on a relation that it locked after the others named (an index after its table): from the end of its last wait for it (its own start, if it did not
 * wait) to the end of its transaction. 0 when it never got the lock: the wait for it was cut off, or no wait was
 * seen and it failed on lock_timeout (55P03), unless that was another lock, which it waited for with this one in hand.
 */
export function heldMs(waits: readonly LockWait[], run: StatementRun, relations: readonly string[]): number {
  const last = ownWaits(waits, run, relations)
    .sort((a, b) => a.toUs - b.toUs)
    .at(-1);
  const gotIt = last
    ? ['granted', 'unknown'].includes(last.ended)
    : run.sqlState !== '55P03' || heldWhileWaiting(waits, run, relations);
  if (!gotIt) return 0;
  const grantedUs = Math.max(run.fromUs, last?.toUs ?? run.fromUs);
  return Math.max(0, run.releasedUs - grantedUs) / 1000;
}

/**
 * Whether a run whose wait for some lock was cut off held these relations meanwhile. A session waits for one lock at a
 * time, so whoever waits behind it for one of them waits for what it holds. Without such a witness: a statement locks
 * the tables it names in the order it names them, and those it does not name (the parent of a foreign key) last.
 */
function heldWhileWaiting(
  waits: readonly LockWait[],
  run: StatementRun,
  relations: readonly string[],
): boolean {
  const cut = relationWaits(waits, run).find(
    (wait) => wait.ended === 'lock timeout' && !isOneOf(wait.relation, relations),
  );
  if (!cut) return false;
  const witness = waits.some(
    (wait) =>
      wait.waiter.pid !== cut.waiter.pid &&
      isOneOf(wait.relation, relations) &&
      wait.blockers.some(({ pid }) => pid === cut.waiter.pid) &&
      wait.fromUs < cut.toUs &&
      wait.toUs > cut.fromUs,
  );
  const at = Math.min(...relations.map((relation) => placeIn(run.text, relation)));
  return witness || at < placeIn(run.text, cut.relation ?? '');
}
