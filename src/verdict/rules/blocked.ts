import { formatRatio } from '../../foundation/units.js';
import { blockedLimits, type BlockedLimit } from '../blocked-limits.js';
import { groupBlocked, mostBlocked } from '../blocked-traffic.js';
import type { RuleFinding } from '../finding-parts.js';
import { phaseAt, type JudgedView } from '../judged-view.js';
import { coverageMissing, describeCoverage } from '../lock-coverage.js';
import { notAsked, type Rule } from '../rule.js';
import { describeGroup } from '../why.js';
import { plural } from '../wording.js';

/** A crowd that came and went within this may stay unseen, however long a single session may wait. */
const longestBlindMs = 500;

/** How many traffic sessions waited behind steps at one instant. NO-GO. */
export const blocked: Rule = {
  id: 'blocked',
  title: 'Blocked sessions',
  doc: 'More traffic sessions than objectives.locks.maxBlocked (a number, or a share of each service’s pool) waited at one instant behind sessions of the upgrade or the rollback: NO-GO.',
  judge(view) {
    const locks = view.result.plan.scenario.objectives.locks;
    if (locks?.maxBlocked === undefined) return notAsked;
    const { limits, unjudged } = blockedLimits(view);
    const findings = limits.flatMap((limit) => findingsOf(view, limit));
    const missing = coverageMissing(view, Math.min(locks.longestWait ?? longestBlindMs, longestBlindMs));
    // What was seen stands, also where more may have been missed.
    if (missing && findings.length === 0 && unjudged.length === 0) return missing;
    if (limits.length === 0 && unjudged.length === 0) {
      return {
        noData: 'maxBlocked is a share of a pool, and no service says how large its pool is',
        remedy: 'environment.services.<name>.pool: the most database sessions that one replica opens',
      };
    }
    const seen = limits.map((limit) => `${limit.who}: ${measureOf(limit)}`).join('; ');
    return {
      findings,
      unjudged: [...unjudged, ...(missing ? [{ what: missing.noData, remedy: missing.remedy }] : [])],
      summary: `${seen || 'nothing judged'} (${describeCoverage(view.result.lockCoverage)})`,
    };
  },
};

function measureOf(limit: BlockedLimit): string {
  return `at most ${plural(mostBlocked(limit.waits).sessions, 'session')} at once behind steps, ${limitText(limit)} allowed`;
}

function limitText({ sessions, share }: BlockedLimit): string {
  return share ? `${sessions} (${formatRatio(share.ofPool)} of a pool of ${share.pool})` : String(sessions);
}

function findingsOf(view: JudgedView, limit: BlockedLimit): RuleFinding[] {
  const { sessions, atUs } = mostBlocked(limit.waits);
  if (sessions <= limit.sessions) return [];
  const then = limit.waits.filter(({ wait }) => wait.fromUs <= atUs && wait.toUs > atUs);
  const group = groupBlocked(then).toSorted((a, b) => b.sessions - a.sessions)[0];
  const phase = phaseAt(view, atUs);
  return [
    {
      weight: 'NO-GO',
      what: `${plural(sessions, 'session')} of ${limit.who} waited at once behind steps, limit ${limitText(limit)}`,
      where: {
        ...(phase !== undefined && { phase }),
        ...(group && { step: group.step }),
        ...(group?.statement !== undefined && { statement: group.statement }),
        ...(group?.table !== undefined && { table: group.table }),
        fromUs: atUs,
        toUs: Math.max(atUs, ...then.map(({ wait }) => wait.toUs)),
      },
      measured: sessions,
      limit: limit.sessions,
      unit: 'count',
      ...(group && { why: describeGroup(view, group) }),
      remedy:
        'a shorter lockTimeout lets the queue go sooner; fewer sessions wait when the lock is held shorter',
    },
  ];
}
