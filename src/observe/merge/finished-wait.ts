import { parseActor } from '../../model/actor.js';
import type { LockParty, LockWait } from '../../model/observation.js';
import { parseLockTarget } from '../log/lock-target.js';
import type { LockTag, SampledWait, SeenParty } from '../sampler/sampled-wait.js';
import type { RelationName, RelationNames } from '../relation-names.js';
import type { RunTimeline } from '../run-timeline.js';
import type { MergedWait } from './merge-waits.js';

export interface WaitContext {
  names: Pick<RelationNames, 'get' | 'byPlainName'>;
  timeline: Pick<RunTimeline, 'phaseAt' | 'stepAt' | 'applicationOf'>;
  /** Sessions as any channel last saw them. */
  party(pid: number): SeenParty;
}

/** Where a wait stands behind others, seen by the sampler or told by the log. */
export interface InFront {
  blockers: SeenParty[];
  chain: SeenParty[];
  rooted: boolean;
}

/** A merged wait in the words of the result: names instead of oids, actors instead of application names, phase and step. */
export function finishedWait(merged: MergedWait, front: InFront, context: WaitContext): LockWait {
  const { sampled, log, error } = merged;
  const party = (seen: SeenParty) => partyOf(seen, context);
  const waiter: SeenParty = sampled?.waiter.applicationName
    ? sampled.waiter
    : { ...context.party(merged.pid), ...told(merged) };
  const query = sampled?.waiter.query ?? log?.first.statement ?? error?.statement;
  const relation = relationOf(merged, context);
  const chain = front.chain.map(party);
  const root = front.rooted ? chain.at(-1) : undefined;
  const step = context.timeline.stepAt(merged.fromUs);
  const deadlock = log?.deadlock ?? error?.deadlock;
  const behindStepMs = (sampled?.behindStepUs ?? 0) / 1000;
  return {
    waiter: partyOf({ ...waiter, ...(query === undefined ? {} : { query }) }, context),
    lockType: merged.tag.lockType,
    mode: merged.mode,
    ...(relation === undefined ? {} : { relation }),
    target: targetOf(merged.tag, (oid) => context.names.get(oid)?.name),
    fromUs: merged.fromUs,
    toUs: merged.toUs,
    errorMs: merged.errorUs / 1000,
    durationMs: (merged.toUs - merged.fromUs) / 1000,
    ended: merged.ended,
    seenBy: merged.seenBy,
    blockers: front.blockers.map(party),
    chain,
    ...(root === undefined ? {} : { root }),
    ...(deadlock ? { deadlock: named(deadlock, context) } : {}),
    ...(log && log.holders.length > 0 ? { logHolders: log.holders } : {}),
    ...(behindStepMs > 0 ? { behindStepMs } : {}),
    phase: context.timeline.phaseAt(merged.fromUs),
    ...(step === undefined ? {} : { step }),
  };
}

/** The log says `relation 16385 of database 5`. */
function named(
  { sides }: NonNullable<LockWait['deadlock']>,
  { names }: WaitContext,
): NonNullable<LockWait['deadlock']> {
  const target = (text: string) => targetOf(parseLockTarget(text), (oid) => names.get(oid)?.name);
  return { sides: sides.map((side) => ({ ...side, target: target(side.target) })) };
}

/** Of a waiter that no sample named: what the log's line or the client's event says of it. */
function told({ log, error, client }: MergedWait): Partial<SeenParty> {
  const line = log?.first ?? error;
  const applicationName = line?.applicationName || client?.applicationName;
  return {
    ...(applicationName ? { applicationName } : {}),
    ...(line?.backendType === undefined ? {} : { backendType: line.backendType }),
  };
}

export function partyOf(seen: SeenParty, { timeline }: Pick<WaitContext, 'timeline'>): LockParty {
  const { pid, applicationName, backendType, state, query, transactionAgeMs } = seen;
  return {
    pid,
    actor: parseActor(applicationName || (timeline.applicationOf(pid) ?? ''), backendType),
    ...(query === undefined ? {} : { query }),
    ...(state === undefined ? {} : { state }),
    ...(transactionAgeMs === undefined ? {} : { transactionAgeMs }),
  };
}

/**
 * The table a wait is about. For row waits: the tuple lock the waiter holds is exact; then the log's CONTEXT; then
 * the only table that the waiter writes in its transaction.
 */
function relationOf({ tag, sampled, log, error }: MergedWait, { names }: WaitContext): string | undefined {
  if (tag.relation !== undefined) return names.get(tag.relation)?.table;
  const hints = (sampled?.relationHints ?? []).map((oid) => names.get(oid));
  const tables = [...new Set(hints.filter(isUserTable).map(({ table }) => table))];
  if (sampled?.relationHints.length === 1 && tables.length === 1) return tables[0];
  const context = log?.contextRelation ?? error?.contextRelation;
  if (context !== undefined) return names.byPlainName(context)?.table ?? context;
  return tables.length === 1 ? tables[0] : undefined;
}

function isUserTable(name: RelationName | undefined): name is RelationName {
  return name !== undefined && !name.isSystem;
}

/** What is waited for, exactly, in words. */
export function targetOf(tag: LockTag, nameOf: (oid: number) => string | undefined): string {
  const relation =
    tag.relation === undefined ? undefined : (nameOf(tag.relation) ?? `relation ${tag.relation}`);
  switch (tag.lockType) {
    case 'relation':
      return relation ?? 'a relation';
    case 'tuple':
      return `row version (${tag.page ?? '?'},${tag.tuple ?? '?'}) of ${relation ?? 'a relation'}`;
    case 'extend':
      return `extension of ${relation ?? 'a relation'}`;
    case 'page':
      return `page ${tag.page ?? '?'} of ${relation ?? 'a relation'}`;
    case 'transactionid':
      return `end of transaction ${tag.transactionId ?? '?'}`;
    case 'virtualxid':
      return `end of virtual transaction ${tag.virtualXid ?? '?'}`;
    case 'advisory':
      return `advisory lock ${tag.classId ?? 0}, ${tag.objectId ?? 0}`;
    case 'object':
      return `object ${tag.objectId ?? '?'} of class ${tag.classId ?? '?'}`;
    default:
      return tag.lockType === 'unknown' ? 'a lock that nobody saw' : tag.lockType;
  }
}

export function inFrontOf(sampled: SampledWait | undefined): InFront {
  return sampled
    ? { blockers: sampled.blockers, chain: sampled.longest.chain, rooted: sampled.longest.rooted }
    : { blockers: [], chain: [], rooted: false };
}
