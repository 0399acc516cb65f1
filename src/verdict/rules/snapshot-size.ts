import { formatBytes, formatMs } from '../../foundation/units.js';
import { restoreSpans } from '../../model/restore-spans.js';
import { downSeconds } from '../down-seconds.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { usPerSecond } from '../seconds.js';

/** Truth 1 for a restore: how long a copy takes follows its size, and toy size is not production. NO-GO. */
export const snapshotSize: Rule = {
  id: 'snapshot-size',
  title: 'Restore at production size',
  doc: 'Putting the snapshot back, at the rate measured and the sizes that production declares, makes the downtime exceed window.downtime: NO-GO, extrapolated. Without declared sizes: INVALID. Both waivable.',
  judge(view) {
    const { plan, events } = view.result;
    const limitMs = plan.scenario.objectives.window?.downtime;
    if (plan.rollbackWay !== 'snapshot' || limitMs === undefined) return notAsked;
    const copy = restoreSpans(events).find(({ part }) => part === 'put back');
    const remedy = 'let the run reach the end of its restore';
    if (copy?.toUs === undefined || copy.bytes === undefined || !(copy.bytes > 0)) {
      return { noData: 'the snapshot was not put back to the end', remedy };
    }
    const hereMs = (copy.toUs - copy.fromUs) / 1000;
    const here = `${formatBytes(copy.bytes)} in ${formatMs(hereMs)}`;
    const bytes = productionBytes(view);
    if (bytes === undefined) {
      return {
        noData: `putting back ${here} says nothing of production: no size of a table is declared`,
        remedy: 'production: { tables: { orders: { size: 210GB } } }',
      };
    }
    const thereMs = hereMs + Math.max(0, bytes - copy.bytes) * msPerByte(view, hereMs / copy.bytes);
    const downMs = downtimeMs(view) + thereMs - hereMs;
    const summary = `put back ${here}; the ${formatBytes(bytes)} that production declares take ${formatMs(thereMs)} at the better rate of its two copies`;
    if (downMs <= limitMs) return { findings: [], summary };
    return {
      findings: [
        {
          weight: 'NO-GO',
          what: `putting the snapshot back at production size takes the service down for ${formatMs(downMs)}: ${summary}`,
          where: { phase: 'rollback', step: copy.step, fromUs: copy.fromUs, toUs: copy.toUs },
          measured: downMs,
          limit: limitMs,
          unit: 'ms',
          extrapolated: true,
          why: 'a copy takes as long as its bytes; a snapshot of the storage or a standby kept back does not',
          remedy:
            'measure the restore with production’s storage and waive this with what it took; or go back by steps',
        },
      ],
      summary,
    };
  },
};

/**
 * Of the copy made before the traffic and the one put back, the faster: what each of them takes beside its bytes (a
 * container's start, a busy machine) does not grow with them.
 */
function msPerByte({ result }: JudgedView, putBack: number): number {
  const taken = result.events.findLast((event) => event.type === 'snapshot');
  return taken && taken.bytes > 0 ? Math.min(putBack, taken.tookMs / taken.bytes) : putBack;
}

/** Sizes as declared; a table without one as it was here. Undefined: none is declared. */
function productionBytes({ result: { plan, trace } }: JudgedView): number | undefined {
  const declared = Object.entries(plan.scenario.production?.tables ?? {});
  if (!declared.some(([, { size }]) => size !== undefined)) return undefined;
  return declared.reduce((sum, [table, { size }]) => sum + (size ?? trace.tables[table]?.bytes ?? 0), 0);
}

function downtimeMs(view: JudgedView): number {
  const fromUs = view.upgradeFromUs;
  if (fromUs === undefined) return 0;
  const { down } = downSeconds(
    view,
    fromUs,
    view.trafficEndUs,
    ({ second }) => second * usPerSecond >= fromUs,
  );
  return down * 1000;
}
