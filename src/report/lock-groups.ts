import { applicationName, parseActor } from '../model/actor.js';
import type { Actor, LockParty, LockWait } from '../model/observation.js';
import type { ResultView } from '../model/result.js';
import { stepLabel } from '../model/step-reference.js';
import { oneLine, plain, tableName } from './plain-text.js';

/** Lock waits of a kind: the same lock, behind the same root and step. */
export interface LockGroup {
  waits: number;
  longestMs: number;
  /** Summed wait of all of them. */
  blockedMs: number;
  /** `shop, upgrade.add status` */
  waiters: string[];
  /** `AccessExclusiveLock on orders` */
  lock: string;
  /** The session that waits for nobody and that all of these waited for; undefined: it was not seen. */
  root?: { who: string; query?: string };
  /** The upgrade's or rollback's session in the chain, where it is not the root: it queued, and others behind it. */
  via?: { who: string; query?: string };
  whose: WaitOf;
}

/** Whether a step stands in front of the waiter, whether the waiter is a step, or neither. */
export type WaitOf = 'behind a step' | 'a step itself' | 'other';

export function waitOf(wait: LockWait): WaitOf {
  if (isStep(wait.waiter)) return 'a step itself';
  return partiesAhead(wait).some(isStep) ? 'behind a step' : 'other';
}

const stepKinds: readonly Actor['kind'][] = ['upgrade', 'rollback'];

export function isStep({ actor }: LockParty): boolean {
  return stepKinds.includes(actor.kind);
}

/** Everyone in front of a waiter, the nearest first. */
export function partiesAhead(wait: LockWait): LockParty[] {
  return [...wait.blockers, ...wait.chain, ...(wait.root ? [wait.root] : [])];
}

/** `shop`, `background nightly report`, `upgrade.add status`, `autovacuum`. */
export function actorText({ kind, name }: Actor): string {
  switch (kind) {
    case 'upgrade':
    case 'rollback':
      return plain(name.startsWith(`${kind}.`) ? name : `${kind}.${name}`);
    case 'autovacuum':
      return 'autovacuum';
    case 'service':
    case 'traffic':
    case 'background':
    case 'observer':
      return plain(`${kind} ${name}`);
    case 'other':
      return plain(name === '' ? 'a session without a name' : name);
  }
}

/** Whether a session is that of a step: it connects under the step's label, as Postgres cuts and shows it. */
export function belongsTo(party: LockParty, step: { id: string; side: 'upgrade' | 'rollback' }): boolean {
  const shown = parseActor(applicationName({ kind: step.side, name: stepLabel(step) }));
  return party.actor.kind === shown.kind && party.actor.name === shown.name;
}

/** The groups, the one with most blocked time first; those behind a step before all others. */
export function lockGroups(view: Pick<ResultView, 'lockWaits'>): LockGroup[] {
  const groups = new Map<string, LockGroup>();
  for (const wait of view.lockWaits) {
    const ahead = partiesAhead(wait);
    const step = isStep(wait.waiter) ? undefined : ahead.find(isStep);
    const root = wait.root ?? ahead.at(-1);
    const lock = `${wait.mode} on ${lockTarget(wait)}`;
    const key = JSON.stringify([lock, partyKey(root), partyKey(step), isStep(wait.waiter)]);
    let group = groups.get(key);
    if (!group) {
      group = {
        waits: 0,
        longestMs: 0,
        blockedMs: 0,
        waiters: [],
        lock,
        ...(root && { root: partyText(root) }),
        ...(step && step.pid !== root?.pid && { via: partyText(step) }),
        whose: waitOf(wait),
      };
      groups.set(key, group);
    }
    group.waits += 1;
    group.longestMs = Math.max(group.longestMs, wait.durationMs);
    group.blockedMs += wait.durationMs;
    const waiter = actorText(wait.waiter.actor);
    if (!group.waiters.includes(waiter)) group.waiters.push(waiter);
  }
  const order = { 'behind a step': 0, 'a step itself': 1, other: 2 } as const;
  return [...groups.values()].sort((a, b) => order[a.whose] - order[b.whose] || b.blockedMs - a.blockedMs);
}

export function lockTarget(wait: LockWait): string {
  const target = tableName(wait.relation ?? wait.target);
  return plain(wait.lockType === 'relation' ? target : `${wait.lockType} (${target})`);
}

function partyKey(party: LockParty | undefined): unknown {
  return party && [party.actor.kind, party.actor.name, party.query];
}

function partyText({ actor, query, state }: LockParty): { who: string; query?: string } {
  const idle = state?.startsWith('idle in transaction') ? ', idle in transaction' : '';
  return { who: `${actorText(actor)}${idle}`, ...(query !== undefined && { query: oneLine(query) }) };
}
