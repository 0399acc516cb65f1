import { formatMs } from '../../foundation/units.js';
import { secondUpgradeOf } from '../../model/second-upgrade.js';
import { notAsked, type Rule } from '../rule.js';
import { stepName } from '../wording.js';

/** Up → down → up: what a rollback leaves behind shows when the next attempt trips over it. NO-GO. */
export const secondUpgrade: Rule = {
  id: 'second-upgrade',
  title: 'Upgrade once more',
  doc: 'After the rollback, without traffic, a step of the upgrade failed when it ran again: NO-GO, waivable. Where it could not be run: INVALID.',
  judge(view) {
    const { plan, events, residue } = view.result;
    // A plan of before there was a second time says nothing of the way back.
    const asked = plan.rollbackWay !== undefined && plan.scenario.rollback.again !== false;
    if (plan.rollback.length === 0 || !asked) return notAsked;
    const again = secondUpgradeOf(events);
    const remedy = 'rehearse again, to the end; or rollback: { again: false }';
    if (!again) return { noData: 'the upgrade was not run again', remedy };
    if (again.outcome === 'not run') {
      return { noData: `the upgrade was not run again: ${again.message ?? 'it is not known why'}`, remedy };
    }
    if (again.outcome === 'interrupted') return { noData: 'the upgrade’s second time was cut short', remedy };
    if (again.outcome === 'ok') {
      return {
        findings: [],
        summary: `the upgrade ran again after the rollback${residue?.cleanup ? ' and the cleanup' : ''}, in ${formatMs(again.tookMs)}`,
      };
    }
    const step = again.failedStep ?? 'an unknown step';
    return {
      findings: [
        {
          weight: 'NO-GO',
          what: `after the rollback${residue?.cleanup ? ' and the cleanup' : ''} the upgrade does not run again: step ${stepName(step)} failed`,
          where: { ...(again.failedStep !== undefined && { step: again.failedStep }) },
          why: `${again.message ?? 'no message'}${again.code === undefined ? '' : ` (${again.code})`}`,
          remedy:
            'let the rollback take away all that this step makes (or the step find it there), so that the next attempt starts where the first one did',
        },
      ],
      summary: `${stepName(step)} failed when it ran again`,
    };
  },
};
