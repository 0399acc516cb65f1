import { chainsOf } from './blocker-chain.js';
import { OpenWait, lockTagOf } from './open-wait.js';
import { SessionDirectory } from './session-directory.js';
import type { LockRow, SampleRow } from './sample-query.js';
import { sampledQueue, type SampledQueue, type SampledWaiter } from './sampled-queue.js';
import type { SampledWait } from './sampled-wait.js';

/** Blockers of a wait that lasts are asked for again this often, µs: they change when a holder lets go. */
const refreshUs = 250_000;

/** A server that is killed ends its sessions one after another, the sampler's perhaps last, this much later at most, µs. */
const outlivesUs = 1_000_000;

export interface TrackedSample {
  /** Waits that are over, complete. */
  ended: SampledWait[];
  /** Relations that new waits name. */
  relations: number[];
  waiting: number;
  behindSteps: number;
}

/** Turns samples into waits. No clock and no I/O: everything it knows is in the samples. */
export class WaitTracker {
  private readonly open = new Map<number, OpenWait>();
  /** Absent from the last sample; the next one shows what became of them, or that they are still there. */
  private gone: OpenWait[] = [];
  /** Over, and their sessions gone with them: told of once the server has lived on, as else it ended them. */
  private departed: SampledWait[] = [];
  private readonly sessions: SessionDirectory;
  private previousAfterUs: number | undefined;

  /** `databaseOid`: of the rehearsed database; waits of sessions elsewhere are left out. */
  constructor(private readonly databaseOid: number | undefined) {
    this.sessions = new SessionDirectory();
  }

  /** The parameters of the next sample. */
  lookups(): { knownKeys: string[]; pids: number[] } {
    const knownKeys: string[] = [];
    const pids = this.gone.map((wait) => wait.pid);
    for (const wait of this.open.values()) {
      const fresh = wait.lastSeenUs - wait.blockersSeenUs < refreshUs;
      if (wait.blockerPids.length > 0 && fresh) knownKeys.push(wait.rowKey);
      if (!wait.textKnown) pids.push(wait.pid);
    }
    return { knownKeys, pids };
  }

  take(row: SampleRow, askedFor: readonly number[]): TrackedSample {
    const beforeUs = Number(row.before);
    const afterUs = Number(row.after);
    const absent = this.sessions.take(row.parties ?? [], beforeUs, askedFor);
    const ungranted = (row.locks ?? []).filter((lock) => !lock.granted);
    const relations = new Set<number>();

    const finishing = this.gone;
    this.gone = [];
    const back = new Set<OpenWait>();
    const seen = new Set<OpenWait>();
    for (const lock of ungranted) {
      const wait = this.waitOf(lock, finishing, afterUs);
      if (finishing.includes(wait)) back.add(wait);
      else if (!seen.has(wait) && wait.tag.relation !== undefined) relations.add(wait.tag.relation);
      wait.lastSeenUs = beforeUs;
      wait.cutOff = false;
      seen.add(wait);
    }
    this.learn(row, beforeUs, relations);
    const ended = this.departedBefore(beforeUs - outlivesUs);
    for (const wait of finishing) {
      if (back.has(wait)) continue;
      const finished = this.finish(wait, absent);
      const left = absent.has(wait.pid) && !this.open.has(wait.pid);
      if (left && finished.evidence === undefined) this.departed.push(finished);
      else ended.push(finished);
    }
    for (const wait of this.open.values()) {
      if (seen.has(wait)) continue;
      wait.goneUs = afterUs;
      this.open.delete(wait.pid);
      this.gone.push(wait);
    }
    const behindSteps = this.account(beforeUs);
    this.previousAfterUs = afterUs;
    let waiting = 0;
    for (const wait of this.open.values()) if (this.isOurs(wait)) waiting += 1;
    return {
      ended: ended.filter((wait) => this.isOurs(wait)),
      relations: [...relations],
      waiting,
      behindSteps,
    };
  }

  /** The sampler's connection was lost: the next sample comes from another. */
  cutOff(): void {
    for (const wait of [...this.open.values(), ...this.gone]) wait.cutOff = true;
    for (const wait of this.departed) wait.evidence = 'cut off';
  }

  /** Who waits now, in no order. */
  waiters(): SampledWaiter[] {
    return [...this.open.values()].filter((wait) => this.isOurs(wait)).map((wait) => wait.queued());
  }

  queue(atUs: number): SampledQueue {
    return sampledQueue(atUs, this.waiters(), (pid, behind) => this.sessions.seen(pid, behind));
  }

  /** Waits not over, as they stand. */
  unfinished(): SampledWait[] {
    const gone = this.gone.map((wait) => wait.close(wait.cutOff ? 'cut off' : undefined));
    const all = [...[...this.open.values()].map((wait) => wait.snapshot()), ...gone, ...this.departed];
    return all.filter((wait) => this.isOurs(wait));
  }

  private departedBefore(untilUs: number): SampledWait[] {
    const over = (wait: SampledWait) => wait.evidence !== undefined || (wait.goneUs ?? 0) < untilUs;
    const told = this.departed.filter(over);
    this.departed = this.departed.filter((wait) => !over(wait));
    return told;
  }

  /**
   * The wait a row belongs to. A pid waits for one lock at a time. A wait without a waitstart (its first moments;
   * always before Postgres 14) is the one that the same pid has on the same lock.
   */
  private waitOf(lock: LockRow, finishing: readonly OpenWait[], afterUs: number): OpenWait {
    const tag = lockTagOf(lock);
    const current = this.open.get(lock.pid);
    if (current?.isSame(lock, tag)) return current;
    const back = finishing.find((wait) => wait.pid === lock.pid && wait.isSame(lock, tag));
    if (back) {
      back.goneUs = undefined;
      this.open.set(lock.pid, back);
      return back;
    }
    if (current) {
      current.goneUs = Math.min(afterUs, lock.wait_start ?? afterUs);
      this.gone.push(current);
    }
    const wait = new OpenWait(lock, tag, this.previousAfterUs ?? afterUs, afterUs);
    this.open.set(lock.pid, wait);
    return wait;
  }

  private finish(wait: OpenWait, absent: ReadonlySet<number>): SampledWait {
    this.identify(wait);
    return wait.close(this.sessions.evidence(wait, absent));
  }

  private identify(wait: OpenWait): void {
    if (wait.textKnown) return;
    const party = this.sessions.statementOf(wait.pid, wait.startUs);
    if (party) wait.waiterIs(party, this.sessions.queryStartUs(wait.pid));
  }

  private learn(row: SampleRow, beforeUs: number, relations: Set<number>): void {
    this.sessions.takePrepared(row.prepared ?? [], beforeUs);
    for (const { pid, blockers } of row.blockers ?? []) {
      const wait = this.open.get(pid);
      if (wait && blockers.length > 0) {
        wait.blockedBy(
          blockers.map((blocker) => this.sessions.seen(blocker, pid)),
          beforeUs,
        );
      }
    }
    for (const lock of row.locks ?? []) {
      if (!lock.granted || lock.locktype !== 'tuple' || lock.relation === null) continue;
      const wait = this.open.get(lock.pid);
      if (wait?.tag.lockType === 'transactionid') wait.hintExactly(Number(lock.relation));
    }
    for (const { pid, relation } of row.written ?? []) this.open.get(pid)?.hint(Number(relation));
    for (const wait of this.open.values()) {
      if (!wait.textKnown) for (const oid of wait.relationHints) relations.add(oid);
      this.identify(wait);
    }
  }

  /** Adds the time since the last sample to the chain each wait has now; returns how many are behind a step. */
  private account(beforeUs: number): number {
    const chainOf = chainsOf({
      blockersOf: (pid) => this.open.get(pid)?.blockerPids,
      isStep: (pid) => this.sessions.isStep(pid),
      transactionStartUs: (pid) => this.sessions.transactionStartUs(pid),
    });
    let behindSteps = 0;
    for (const wait of this.open.values()) {
      const chain = chainOf(wait.pid);
      wait.account(chain, beforeUs, (pid, behind) => this.sessions.seen(pid, behind));
      if (chain.throughStep && this.isOurs(wait)) behindSteps += 1;
    }
    return behindSteps;
  }

  private isOurs(wait: { pid: number; tag: { database?: number } }): boolean {
    if (this.databaseOid === undefined) return true;
    const oid = this.sessions.databaseOf(wait.pid) ?? wait.tag.database;
    return oid === undefined || oid === 0 || oid === this.databaseOid;
  }
}
