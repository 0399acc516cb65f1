import { formatMs } from '../../foundation/units.js';
import { restoreSpans } from '../../model/restore-spans.js';
import { lostWrites } from '../lost-writes.js';
import { notAsked, type Rule } from '../rule.js';

/** Truth 9: what a snapshot loses is an objective of its own. NO-GO. */
export const snapshotLoss: Rule = {
  id: 'snapshot-loss',
  title: 'Writes lost by the snapshot',
  doc: 'With a snapshot as the way back, an acknowledged write older than objectives.ledger.lostOnSnapshot.within when the restore began was lost: NO-GO. Without an audit of the ledger after it: INVALID.',
  judge(view) {
    const { plan, events } = view.result;
    const { ledger } = plan.scenario.objectives;
    if (plan.rollbackWay !== 'snapshot' || ledger?.lostOnSnapshot === undefined) return notAsked;
    const { within } = ledger.lostOnSnapshot;
    const restoredUs = restoreSpans(events)[0]?.fromUs;
    const remedy = 'give the endpoints that write a ledger, and let the run reach its recovery';
    if (restoredUs === undefined) return { noData: 'the snapshot was not put back', remedy };
    const found = lostWrites(view.result);
    if (!found) return { noData: 'no audit of the ledger followed the restore', remedy };
    const oldestMs =
      found.earliestSentUs === undefined ? undefined : (restoredUs - found.earliestSentUs) / 1000;
    const summary = `${found.lost} acknowledged writes lost${oldestMs === undefined ? '' : `, the oldest ${formatMs(oldestMs)} old`}; ${formatMs(within)} allowed`;
    if (found.lost > 0 && oldestMs === undefined) {
      return { noData: `${found.lost} writes were lost, and when they were sent is not known`, remedy };
    }
    if (oldestMs === undefined || oldestMs <= within) return { findings: [], summary };
    return {
      findings: [
        {
          weight: 'NO-GO',
          what: `putting the snapshot back lost acknowledged writes up to ${formatMs(oldestMs)} old (${found.lost} lost in all)`,
          where: { phase: 'rollback', fromUs: restoredUs, toUs: restoredUs },
          measured: oldestMs,
          limit: within,
          unit: 'ms',
          why: 'a snapshot goes back to the instant it was taken: here before the traffic began',
          remedy:
            'take it right before the upgrade and decide sooner; replay the writes since (a log of them, or WAL up to the upgrade); or go back by steps',
        },
      ],
      summary,
    };
  },
};
