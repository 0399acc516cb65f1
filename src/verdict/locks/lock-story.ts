import { formatMs } from '../../foundation/units.js';
import type { LockStory } from '../../model/lock-story.js';
import type { JudgedView } from '../judged-view.js';
import { stepName } from '../wording.js';
import { deadlocksOf } from './deadlocks.js';
import { incidentsOf } from './incidents.js';
import { statementCosts } from './statement-costs.js';

/** The lock waits of a run as what happened; undefined where nothing watched and nothing was seen. */
export function lockStoryOf(view: JudgedView): LockStory | undefined {
  const { lockCoverage, lockWaits } = view.result;
  if (!lockCoverage && lockWaits.length === 0) return undefined;
  return {
    ...incidentsOf(view),
    statements: statementCosts(view),
    deadlocks: deadlocksOf(view),
    unseen: unseen(view),
  };
}

function unseen(view: JudgedView): string[] {
  const { lockCoverage, plan, steps } = view.result;
  const floor = lockCoverage?.floorMs;
  const notes: string[] = [];
  if (floor != null) notes.push(`waits shorter than ${formatMs(floor)} may be missing`);
  if (lockCoverage?.log !== 'read')
    notes.push('the server’s log was not read: of a deadlock only one side’s statement is certain');
  const commands = [...plan.upgrade, ...plan.rollback].filter(
    (step) =>
      step.kind === 'command' &&
      steps.some((record) => record.step === step.id && record.outcome !== 'skipped'),
  );
  for (const { id } of commands) {
    notes.push(
      `${stepName(id)} is a command: others’ waits behind it are seen as behind any session; which locks it took that nobody waited for, how long it held them, and what it rewrote are not`,
    );
  }
  return notes;
}
