import type { SessionName } from '../../model/lock-story.js';
import type { Actor, LockParty } from '../../model/observation.js';

export function actorText({ kind, name }: Actor): string {
  switch (kind) {
    case 'upgrade':
    case 'rollback':
      return name.startsWith(`${kind}.`) ? name : `${kind}.${name}`;
    case 'autovacuum':
      return 'autovacuum';
    case 'traffic':
      return `endpoint ${name}`;
    case 'service':
    case 'background':
    case 'observer':
      return `${kind} ${name}`;
    case 'other':
      return name === '' ? 'a session without a name' : name;
  }
}

export function sessionName({ pid, actor, query, state }: LockParty): SessionName {
  return {
    pid,
    who: actorText(actor),
    ...(query !== undefined && { query }),
    ...(state !== undefined && { state }),
  };
}

export function isStepActor({ actor }: LockParty): boolean {
  return actor.kind === 'upgrade' || actor.kind === 'rollback';
}
