import { formatCount, formatMs } from '../../foundation/units.js';
import { groupBlocked } from '../blocked-traffic.js';
import { coverageMissing, describeContention, describeCoverage } from '../lock-coverage.js';
import { notAsked, type Rule } from '../rule.js';
import { describeGroup } from '../why.js';
import { plural, stepName } from '../wording.js';

/** The longest wait of traffic behind a session of the upgrade or the rollback. NO-GO. */
export const lockWait: Rule = {
  id: 'lock-wait',
  title: 'Lock waits of traffic',
  doc: 'A traffic session waited longer than objectives.locks.longestWait behind a session of the upgrade or the rollback: NO-GO. The steps’ own waits are judged by step-duration.',
  judge(view) {
    const limitMs = view.result.plan.scenario.objectives.locks?.longestWait;
    if (limitMs === undefined) return notAsked;
    const groups = groupBlocked(view.blocked);
    const findings = groups
      .filter((group) => group.longestMs > limitMs)
      .map((group) => {
        const tooLong = group.waits.filter(({ ms }) => ms > limitMs).length;
        const { wait } = group.longest;
        return {
          weight: 'NO-GO' as const,
          what: `${plural(group.sessions, 'session')} of the traffic waited up to ${formatMs(group.longestMs)} ± ${formatMs(wait.errorMs)} for ${group.rows ? 'rows of ' : ''}${group.table ?? `a ${wait.lockType} lock`} behind step ${stepName(group.step)}, limit ${formatMs(limitMs)}; ${formatCount(tooLong)} of ${plural(group.waits.length, 'wait')} over it, ${Number(group.blockedSeconds.toPrecision(3))} s blocked in all`,
          where: {
            phase: wait.phase,
            step: group.step,
            ...(group.statement !== undefined && { statement: group.statement }),
            ...(group.table !== undefined && { table: group.table }),
            fromUs: Math.min(...group.waits.map((one) => one.wait.fromUs)),
            toUs: Math.max(...group.waits.map((one) => one.wait.toUs)),
          },
          measured: group.longestMs,
          limit: limitMs,
          unit: 'ms' as const,
          why: describeGroup(view, group),
          remedy: remedyFor(group.rows),
        };
      });
    const missing = coverageMissing(view, limitMs);
    // What was seen stands, also where more may have been missed.
    if (missing && findings.length === 0) return missing;
    const longest = groups[0];
    const seen = longest
      ? `longest ${formatMs(longest.longestMs)} of ${formatMs(limitMs)} allowed, ${plural(view.blocked.length, 'wait')} behind steps`
      : `no wait of traffic behind a step was seen, ${formatMs(limitMs)} allowed`;
    return {
      findings,
      summary: `${seen} (${describeCoverage(view.result.lockCoverage)})${describeContention(view)}`,
      ...(missing && { unjudged: [{ what: missing.noData, remedy: missing.remedy }] }),
    };
  },
};

function remedyFor(rows: boolean): string {
  return rows
    ? 'commit in smaller batches: writers wait for the row locks of a transaction until it ends'
    : 'set a lockTimeout below the limit, with retries; take the lock late and commit soon; or use the form that does not block (CONCURRENTLY, NOT VALID and VALIDATE)';
}
