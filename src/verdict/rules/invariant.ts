import { formatCount } from '../../foundation/units.js';
import type { InvariantReading } from '../../model/ledger.js';
import type { Phase } from '../../model/scenario.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { anyJudged } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { plural, some } from '../wording.js';

/** What the user's own queries must return, whatever happens: nothing, or the same as before. NO-GO. */
export const invariant: Rule = {
  id: 'invariant',
  title: 'Invariants',
  doc: 'A query of ledger.invariants returned rows where it must return none, or others than before the traffic: NO-GO; one that did so before the upgrade already, or could not be read: INVALID.',
  judge(view) {
    const { audits, plan } = view.result;
    const names = Object.keys(plan.scenario.ledger?.invariants ?? {});
    if (names.length === 0) return notAsked;
    const findings: RuleFinding[] = [];
    const unjudged: Unjudged[] = [];
    let held = 0;
    for (const name of names) {
      const readings = audits.flatMap(({ after, invariants }) =>
        invariants.filter((reading) => reading.name === name).map((reading) => ({ after, reading })),
      );
      const unread = readings.find(({ reading }) => reading.holds === undefined);
      const broken = readings.find(({ reading }) => reading.holds === false);
      if (broken) findings.push(brokenFinding(broken.reading, broken.after));
      if (unread || !readings.some(({ after }) => anyJudged(after))) {
        unjudged.push({
          what: `${name}: ${unread ? `could not be read ${whenText(unread.after)}: ${unread.reading.error ?? 'no reason told'}` : 'was not read after the upgrade'}`,
          remedy: 'run its query by hand as its role; rehearse again, to the end',
        });
      } else if (!broken) held += 1;
    }
    return { findings, unjudged, summary: `${held} of ${plural(names.length, 'invariant')} held` };
  },
};

function brokenFinding(reading: InvariantReading, after: readonly Phase[]): RuleFinding {
  const { name, expect, rows = 0, sample, before } = reading;
  const early = !anyJudged(after);
  const phase = after.at(-1);
  const returned =
    expect === 'nothing'
      ? `returned ${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'} where there must be none`
      : 'returned something else than before the traffic';
  return {
    weight: early ? 'INVALID' : 'NO-GO',
    what: `${name} ${returned} ${whenText(after)}${early ? ': broken before the upgrade' : ''}`,
    where: { ...(phase !== undefined && { phase }) },
    ...(expect === 'nothing' && { measured: rows, limit: 0, unit: 'count' as const }),
    why: `${some(sample, 3)}${before ? `; before: ${some(before, 3)}` : ''}`,
    remedy: early
      ? 'mend the data that the rehearsal starts from, or the query'
      : 'look at the steps before this reading for what wrote or removed these rows',
  };
}

function whenText(after: readonly Phase[]): string {
  return after.length === 0 ? 'before the traffic' : `after ${after.join(' and ')}`;
}
