import { formatCount } from '../../foundation/units.js';
import { landedBy, lossTotals, type LossKind, type LossTotal } from '../../model/ledger-losses.js';
import type { Audit } from '../../model/ledger.js';
import type { RuleFinding, Unjudged } from '../finding-parts.js';
import { anyJudged, judgedPhases, type JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { countOf, remedies, whyOf } from '../loss-wording.js';
import { lostByRollback } from '../lost-writes.js';
import { plural, tableName } from '../wording.js';

/** Truth 6: what the system acknowledged is there after the upgrade and after the rollback. NO-GO. */
export const ledger: Rule = {
  id: 'ledger',
  title: 'Acknowledged writes',
  doc: 'An audit found more acknowledged rows or values lost, or there and not as any order of their writes leaves them, than allowed (0 by default): NO-GO. What rollback.discards names is counted and reported. An audit that is missing or could not look, and what was lost at such a rate before the upgrade already: INVALID.',
  judge(view) {
    const { audits, plan } = view.result;
    const { endpoints } = plan.scenario.traffic;
    if (!Object.values(endpoints).some((endpoint) => endpoint.ledger)) return notAsked;
    const looked = audits.filter(({ after }) => after.length > 0);
    const last = looked.at(-1);
    if (!last || !looked.some(({ after }) => anyJudged(after))) {
      return {
        noData: 'no audit was made: whether what was acknowledged is still there is not known',
        remedy: 'rehearse again, to the end; see the events for what kept the audit from being made',
      };
    }
    const limits = plan.scenario.objectives.ledger ?? { lost: 0, changed: 0 };
    const totals = lossTotals(looked);
    const judged = totals.filter(({ discarded }) => !discarded);
    // What the snapshot took with it has an objective of its own (rule snapshot-loss), where it is set.
    const apart =
      plan.rollbackWay === 'snapshot' && plan.scenario.objectives.ledger?.lostOnSnapshot !== undefined;
    const bySnapshot = (total: LossTotal) => (apart ? lostByRollback(total) : 0);
    const usual = usualLosses(looked, judged);
    const sumOf = (kind: LossKind, read: (total: LossTotal) => number) =>
      judged.reduce((sum, total) => sum + (total.kind === kind ? read(total) : 0), 0);
    const own = (total: LossTotal) => total.count - bySnapshot(total);
    const blamed = (total: LossTotal) => Math.max(0, own(total) - usual(total));
    const weightOf = (total: LossTotal): RuleFinding['weight'] => {
      const { kind } = total;
      if (blamed(total) > 0 && sumOf(kind, blamed) > limits[kind]) return 'NO-GO';
      return own(total) > 0 && sumOf(kind, own) > limits[kind] ? 'INVALID' : 'note';
    };
    const sums = { lost: sumOf('lost', own), changed: sumOf('changed', own) };
    return {
      findings: [
        ...judged.map((total) =>
          lossFinding(total, {
            weight: weightOf(total),
            limit: limits[total.kind],
            bySnapshot: bySnapshot(total),
          }),
        ),
        ...totals.filter(({ discarded }) => discarded).map(discardNote),
        ...idleDiscards(view, looked),
      ],
      unjudged: unseen(view, looked, last),
      summary: summaryOf(
        looked,
        last,
        sums,
        totals,
        judged.reduce((sum, total) => sum + bySnapshot(total), 0),
      ),
    };
  },
};

/**
 * What is so before any step of the upgrade is not its doing (truth 5): a kind of loss that was seen by then may go on
 * at that rate, and all that was seen by then is of it.
 */
function usualLosses(looked: readonly Audit[], totals: readonly LossTotal[]): (total: LossTotal) => number {
  const early = totals.filter(({ firstSeenAfter }) => !anyJudged(firstSeenAfter));
  const acknowledged = (audit: Audit | undefined, entity: string) =>
    audit?.entities.find((one) => one.entity === entity)?.acknowledged ?? 0;
  const before = looked.findLast(({ after }) => !anyJudged(after));
  return (total) => {
    if (early.includes(total)) return total.count;
    const same = early.filter(
      ({ entity, class: kind, column }) =>
        entity === total.entity && kind === total.class && column === total.column,
    );
    const seen = same.reduce((sum, { count }) => sum + count, 0);
    const of = acknowledged(before, total.entity);
    return of === 0 ? 0 : (seen / of) * acknowledged(looked.at(-1), total.entity);
  };
}

function lossFinding(
  total: LossTotal,
  { weight, limit, bySnapshot }: { weight: RuleFinding['weight']; limit: number; bySnapshot: number },
): RuleFinding {
  const phase = total.firstSeenAfter.at(-1);
  const early = !anyJudged(total.firstSeenAfter);
  const apart =
    bySnapshot === 0
      ? ''
      : `; ${bySnapshot === total.count ? 'all' : formatCount(bySnapshot)} of them went with the snapshot, which lostOnSnapshot judges`;
  const seen = early
    ? 'already before the upgrade'
    : `first seen after ${total.firstSeenAfter.join(' and ')}${weight === 'INVALID' ? '; not blamed on the upgrade: it was so at that rate before it' : ''}`;
  return {
    weight,
    what: `${countOf(total)}, ${seen}${apart}`,
    where: { table: total.table, ...(phase !== undefined && { phase }) },
    // What is judged apart has its limit there.
    ...(bySnapshot === total.count
      ? { measured: total.count }
      : { measured: total.count - bySnapshot, limit }),
    unit: 'count',
    why: whyOf(total),
    remedy:
      bySnapshot === total.count
        ? 'see snapshot-loss: a snapshot takes what was written since, steps do not'
        : weight === 'INVALID'
          ? 'mend the system, or what the scenario says of it (ledger: key, values, find), and rehearse again'
          : remedies[total.class],
  };
}

function discardNote(total: LossTotal): RuleFinding {
  return {
    weight: 'note',
    what: `discarded, as the scenario says: ${countOf(total)}, first seen after ${total.firstSeenAfter.join(' and ')}`,
    where: { table: total.table, phase: 'rollback' },
    measured: total.count,
    unit: 'count',
    why: whyOf(total),
    remedy: 'make sure that whoever decides on the rollback knows it',
  };
}

/** `discards` that named nothing that was lost: mistyped, or no longer needed. */
function idleDiscards(view: JudgedView, looked: readonly Audit[]): RuleFinding[] {
  const { discards } = view.result.plan.scenario.rollback;
  const used = looked.flatMap(({ entities }) =>
    entities.flatMap(({ entity, table, losses }) =>
      losses
        .filter(({ discarded }) => discarded)
        .flatMap(({ column }) => [table, entity].flatMap((owner) => [owner, `${owner}.${column ?? ''}`])),
    ),
  );
  return discards
    .filter((name) => !used.includes(tableName(name)))
    .map((name) => ({
      weight: 'note',
      what: `rollback.discards names ${name}, and nothing acknowledged was lost there`,
      where: {},
      remedy: 'check its spelling, that an endpoint with a ledger writes it, or take it out',
    }));
}

function unseen(view: JudgedView, looked: readonly Audit[], last: Audit): Unjudged[] {
  const remedy = 'rehearse again; see the events around the audit';
  const seen = new Set(looked.flatMap(({ after }) => after));
  const missed = view.result.phases
    .map(({ phase }) => phase)
    .filter((phase) => judgedPhases.includes(phase) && !seen.has(phase));
  const unjudged: Unjudged[] = [];
  if (missed.length > 0) unjudged.push({ what: `no audit was made after ${missed.join(', ')}`, remedy });
  for (const { after, entities } of looked) {
    for (const { entity, unaudited } of entities) {
      if (!unaudited) continue;
      unjudged.push({
        what: `${plural(unaudited.keys, `key of ${entity}`, `keys of ${entity}`)} could not be looked for after ${after.join(' and ')}: ${unaudited.reason}`,
        remedy: 'see ledger.entities: find, role and key; the role needs SELECT on what find reads',
      });
    }
  }
  for (const { entity, acknowledged, unidentified } of last.entities) {
    if (unidentified > 0) {
      unjudged.push({
        what: `${formatCount(unidentified)} of ${formatCount(acknowledged)} acknowledged writes of ${entity} named no key: nobody can look for them`,
        remedy:
          'let ledger.key read it from the request or from every answer: $.id, ${request.id}, ${request.path.2}',
      });
    }
    if (acknowledged === 0) {
      unjudged.push({
        what: `no write of ${entity} was acknowledged: there was nothing to lose`,
        remedy: 'see the errors of the endpoints that write it',
      });
    }
  }
  return unjudged;
}

function summaryOf(
  looked: readonly Audit[],
  last: Audit,
  sums: Record<LossKind, number>,
  totals: readonly LossTotal[],
  bySnapshot: number,
): string {
  const add = (read: (entity: Audit['entities'][number]) => number) =>
    last.entities.reduce((sum, entity) => sum + read(entity), 0);
  const indeterminate = add((entity) => entity.indeterminate);
  const landed = add(({ entity }) => landedBy(looked, entity));
  const discarded = totals.reduce((sum, total) => sum + (total.discarded ? total.count : 0), 0);
  return [
    `${formatCount(add((entity) => entity.acknowledged))} acknowledged writes of ${formatCount(add((entity) => entity.keys))} keys: ${formatCount(sums.lost)} lost, ${formatCount(sums.changed)} changed`,
    ...(bySnapshot > 0 ? [`${formatCount(bySnapshot)} went with the snapshot, judged apart`] : []),
    ...(discarded > 0 ? [`${formatCount(discarded)} discarded as declared`] : []),
    ...(indeterminate > 0
      ? [
          maybeText(
            indeterminate,
            landed,
            add((entity) => entity.unidentifiedIndeterminate),
          ),
        ]
      : []),
    `audited after ${looked.map(({ after }) => after.join('+')).join(', ')}`,
  ].join('; ');
}

/** Those without a key cannot be looked for: they are in no "had". */
function maybeText(indeterminate: number, landed: number, keyless: number): string {
  const had = `${formatCount(landed)} of ${keyless > 0 ? `the ${formatCount(indeterminate - keyless)} with a key` : 'them'} had`;
  const rest = keyless > 0 ? `, of ${formatCount(keyless)} nobody can tell` : '';
  return `${formatCount(indeterminate)} writes may have happened, ${had}${rest}`;
}
