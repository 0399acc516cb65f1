import { formatMs } from '../../foundation/units.js';
import type { HazardName } from '../../model/hazard.js';
import type { LockStory } from '../../model/lock-story.js';
import type { Finding } from '../../model/verdict.js';
import type { JudgedView } from '../judged-view.js';
import { quoted, stepName, tableName } from '../wording.js';
import { sessionName } from '../locks/session-names.js';

/** Hazards that no statement has by itself: they come of what else was going on. */
export interface RunHazard extends HazardName {
  remedy: string;
}

const stepKinds = ['upgrade', 'rollback'];

/** Hazard 20: most of what was waited behind this statement was waited while it stood in the queue itself. */
export function queueOf(view: JudgedView, { where }: Finding): RunHazard | undefined {
  const waits = view.blocked.filter(
    ({ step, statement, wait }) =>
      step === where.step &&
      (where.statement === undefined || statement === where.statement) &&
      (where.table === undefined || wait.relation === undefined || tableName(wait.relation) === where.table),
  );
  const queued = waits.filter(({ wait }) => wait.root && !stepKinds.includes(wait.root.actor.kind));
  const ms = (some: typeof waits) => some.reduce((sum, one) => sum + one.ms, 0);
  if (queued.length === 0 || ms(queued) <= ms(waits) / 2) return undefined;
  const longest = queued.toSorted((a, b) => b.ms - a.ms)[0];
  const root = longest?.wait.root;
  if (!longest || !root) return undefined;
  const { who, query } = sessionName(root);
  return {
    number: 20,
    name: 'a queue behind an older transaction',
    explanation: `the statement waited for ${who}${query === undefined ? '' : ` (${quoted(query, 60)})`}, and whoever came after it waited behind it, readers too: ${queued.length} waits, the longest ${formatMs(longest.ms)}`,
    remedy:
      'a lock_timeout below what your users notice, with retries, lets the queue go again and again; and end or await the older transaction first',
  };
}

/** Hazard 21: the step, or a request, was ended by 40P01. */
export function deadlockOf(
  story: LockStory | undefined,
  finding: Finding,
): (RunHazard & { sides: string }) | undefined {
  const mentions = [finding.what, finding.why ?? ''].some(
    (text) => text.includes('40P01') || /deadlock/i.test(text),
  );
  if (!mentions) return undefined;
  const { step, fromUs = -Infinity, toUs = Infinity } = finding.where;
  const deadlock = story?.deadlocks.find(
    ({ atUs, sides }) =>
      (atUs >= fromUs && atUs <= toUs) ||
      (step !== undefined && sides.some(({ who }) => stepName(who) === stepName(step))),
  );
  const sides = (deadlock?.sides ?? [])
    .map(({ who, query, waitedFor, victim }) => {
      const text = query === undefined ? '' : ` (${quoted(query, 80)})`;
      return `${who}${text}${waitedFor === undefined ? '' : ` waited for ${waitedFor}`}${victim ? ', and was ended' : ''}`;
    })
    .join('; ');
  return {
    number: 21,
    name: 'deadlock',
    explanation:
      'a transaction of the step and one of the traffic locked the same tables in opposite order; Postgres ended one of them after deadlock_timeout (40P01)',
    remedy:
      'one lock a transaction: commit after each statement; or lock the tables in the order in which the traffic does, first thing; and retry on 40P01',
    sides,
  };
}

/** Hazard 26: prepared statements whose result changed under them. */
export function cachedPlanOf({ what, why = '' }: Finding): RunHazard | undefined {
  if (!/0A000|cached plan must not change result type/.test(`${what} ${why}`)) return undefined;
  return {
    number: 26,
    name: 'a cached plan whose result type changed',
    explanation:
      'prepared statements that say `select *` fail once with 0A000 on each connection after the columns changed',
    remedy:
      'name the columns instead of `*`; or let the driver prepare again on 0A000; or renew the connections with the upgrade',
  };
}
