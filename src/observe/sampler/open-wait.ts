import type { PidChain } from './blocker-chain.js';
import type { LockRow } from './sample-query.js';
import type { SampledWaiter } from './sampled-queue.js';
import type { LockTag, SampledWait, SeenParty } from './sampled-wait.js';

interface Segment {
  chain: SeenParty[];
  rooted: boolean;
  throughStep: boolean;
  us: number;
}

/** One wait while it is followed. Times: server clock, µs since the epoch. */
export class OpenWait {
  readonly pid: number;
  readonly mode: string;
  startUs: number;
  startErrorUs: number;
  lastSeenUs: number;
  goneUs: number | undefined;
  blockerPids: number[] = [];
  blockersSeenUs = -Infinity;
  relationHints: number[] = [];
  textKnown = false;
  queryStartUs: number | undefined;
  /** The sampler's connection was lost since this was last seen. */
  cutOff = false;
  /** Its key in the sampler's $1. */
  rowKey: string;
  private hintIsExact = false;
  private waiter: SeenParty;
  private readonly blockers = new Map<number, SeenParty>();
  private readonly segments = new Map<string, Segment>();
  private current: Segment | undefined;
  private accountedUs: number;

  /** Without a waitstart, it began between the sample before (`notBeforeUs`) and this one (`afterUs`). */
  constructor(
    row: LockRow,
    readonly tag: LockTag,
    notBeforeUs: number,
    afterUs: number,
  ) {
    this.pid = row.pid;
    this.mode = row.mode;
    this.rowKey = keyOf(row);
    this.startUs = row.wait_start ?? (notBeforeUs + afterUs) / 2;
    this.startErrorUs = row.wait_start === null ? (afterUs - notBeforeUs) / 2 : 0;
    this.lastSeenUs = this.startUs;
    this.accountedUs = this.startUs;
    this.waiter = { pid: row.pid, applicationName: '' };
  }

  /** Whether a row shows this wait; takes over its waitstart when it comes to be known. */
  isSame(row: LockRow, tag: LockTag): boolean {
    const exact = this.startErrorUs === 0;
    // A wait whose start the server once told keeps it: a row without one is the pid's next wait.
    if (exact) return this.startUs === row.wait_start;
    const sameLock = row.mode === this.mode && JSON.stringify(tag) === JSON.stringify(this.tag);
    if (!sameLock) return false;
    if (row.wait_start !== null) {
      if (Math.abs(row.wait_start - this.startUs) > this.startErrorUs + 1000) return false;
      this.startUs = row.wait_start;
      this.startErrorUs = 0;
      this.rowKey = keyOf(row);
    }
    return true;
  }

  waiterIs(party: SeenParty, queryStartUs: number | undefined): void {
    this.waiter = party;
    this.queryStartUs = queryStartUs;
    this.textKnown = true;
  }

  blockedBy(parties: readonly SeenParty[], atUs: number): void {
    this.blockerPids = parties.map((party) => party.pid);
    this.blockersSeenUs = atUs;
    for (const party of parties) if (!this.blockers.has(party.pid)) this.blockers.set(party.pid, party);
  }

  hint(relation: number): void {
    if (!this.hintIsExact && !this.relationHints.includes(relation)) this.relationHints.push(relation);
  }

  hintExactly(relation: number): void {
    this.hintIsExact = true;
    this.relationHints = [relation];
  }

  account(chain: PidChain, atUs: number, seen: (pid: number, behind: number) => SeenParty): void {
    const key = chain.pids.join();
    let segment = this.segments.get(key);
    if (!segment) {
      const parties = chain.pids.map((pid, at) => seen(pid, chain.pids[at - 1] ?? this.pid));
      segment = { chain: parties, rooted: chain.rooted, throughStep: chain.throughStep, us: 0 };
      this.segments.set(key, segment);
    }
    segment.us += Math.max(0, atUs - this.accountedUs);
    segment.rooted ||= chain.rooted;
    this.accountedUs = Math.max(this.accountedUs, atUs);
    this.current = segment;
  }

  close(evidence: SampledWait['evidence']): SampledWait {
    if (this.current && this.goneUs !== undefined) {
      this.current.us += Math.max(0, (this.lastSeenUs + this.goneUs) / 2 - this.accountedUs);
      this.accountedUs = this.goneUs;
    }
    return { ...this.snapshot(), ...(evidence === undefined ? {} : { evidence }) };
  }

  /** As it stands in the queue now. */
  queued(): SampledWaiter {
    return {
      party: this.waiter,
      tag: this.tag,
      mode: this.mode,
      startUs: this.startUs,
      blockers: this.blockerPids,
      behindStep: this.current?.throughStep ?? false,
    };
  }

  snapshot(): SampledWait {
    const segments = [...this.segments.values()].filter((segment) => segment.chain.length > 0);
    const behind = segments.filter((segment) => segment.throughStep);
    const longest = (behind.length > 0 ? behind : segments).reduce<Segment | undefined>(
      (best, segment) => (best && best.us >= segment.us ? best : segment),
      undefined,
    );
    return {
      pid: this.pid,
      tag: this.tag,
      mode: this.mode,
      startUs: this.startUs,
      startErrorUs: this.startErrorUs,
      lastSeenUs: this.lastSeenUs,
      ...(this.goneUs === undefined ? {} : { goneUs: this.goneUs }),
      waiter: this.waiter,
      blockers: [...this.blockers.values()],
      longest: { chain: longest?.chain ?? [], rooted: longest?.rooted ?? false },
      behindStepUs: behind.reduce((sum, segment) => sum + segment.us, 0),
      relationHints: this.relationHints,
    };
  }
}

function keyOf(row: LockRow): string {
  return `${row.pid}:${row.wait_start ?? ''}`;
}

export function lockTagOf(row: LockRow): LockTag {
  const tag: LockTag = { lockType: row.locktype };
  const numbers = {
    database: row.database,
    relation: row.relation,
    page: row.page,
    tuple: row.tuple,
    classId: row.classid,
    objectId: row.objid,
    objectSubId: row.objsubid,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== null) tag[name as keyof typeof numbers] = Number(value);
  }
  if (row.virtualxid !== null) tag.virtualXid = row.virtualxid;
  if (row.transactionid !== null) tag.transactionId = row.transactionid;
  return tag;
}
