import type { RuleFinding } from '../finding-parts.js';
import type { JudgedView } from '../judged-view.js';
import { notAsked, type Rule } from '../rule.js';
import { usPerSecond } from '../seconds.js';
import { some, tableName } from '../wording.js';

/** Truth 8: a rollback is easy where nobody wrote what the upgrade added. INVALID. */
export const rollbackNotExercised: Rule = {
  id: 'rollback-not-exercised',
  title: 'New-shaped writes',
  doc: 'A column, constraint or enum label that the upgrade added was not written by any successful request between the upgrade and the rollback: INVALID, waivable.',
  judge(view) {
    const { plan, trace } = view.result;
    // A snapshot takes everything back, whoever wrote it.
    if (plan.rollback.length === 0 || plan.rollbackWay === 'snapshot') return notAsked;
    if (!plan.upgrade.some((step) => step.kind === 'sql' || ('command' in step && step.trace)))
      return notAsked;
    if (trace.state !== 'complete') {
      return {
        noData: `the statement trace is ${trace.state}: what the upgrade adds is not known`,
        remedy: 'make the trace pass work: it runs the upgrade once on a traffic-free copy of the data',
      };
    }
    const written = writtenBefore(view);
    const columns = trace.added.columns.filter((column) => !writes(written, column));
    const labels = trace.added.enumLabels.filter((label) => !writes(written, label));
    const constraints = trace.added.constraints.filter((name) => !checks(written, name));
    const total = trace.added.columns.length + trace.added.enumLabels.length + trace.added.constraints.length;
    const unwritten = [...columns, ...labels, ...constraints];
    return {
      findings: findingsOf(unwritten),
      summary:
        total === 0
          ? 'the upgrade added no column, constraint or label'
          : `${total - unwritten.length} of ${total} additions were written before the rollback began`,
    };
  },
};

/**
 * What successful requests wrote, as endpoints and variants declare it, from the upgrade to the rollback: those of a
 * variant, and those of an endpoint once the first step that can have added anything is over.
 */
function writtenBefore(view: JudgedView): Set<string> {
  const written = new Set<string>();
  const { endpoints } = view.result.plan.scenario.traffic;
  const changed = view.result.steps.find(
    ({ side, kind }) => side === 'upgrade' && (kind === 'sql' || kind === 'command'),
  );
  const addedUs = changed?.toUs ?? Infinity;
  for (const [endpoint, name] of view.result.endpoints.entries()) {
    const spec = endpoints[name];
    if (!spec) continue;
    for (const { phase, second, tally } of view.cells[endpoint] ?? []) {
      if (!tally || (phase !== 'upgrade' && phase !== 'soak')) continue;
      if (tally.ok > 0 && second * usPerSecond >= addedUs)
        for (const item of spec.writes) written.add(tableName(item));
      for (const [index, variant] of spec.variants.entries()) {
        if ((tally.variants[String(index)] ?? 0) > 0)
          for (const item of variant.writes) written.add(tableName(item));
      }
    }
  }
  return written;
}

/** Named itself, or its whole table. */
function writes(written: ReadonlySet<string>, item: string): boolean {
  const name = tableName(item);
  return written.has(name) || written.has(ownerOf(name));
}

/** A constraint is checked by every write to its table. */
function checks(written: ReadonlySet<string>, constraint: string): boolean {
  const table = ownerOf(tableName(constraint));
  return writes(written, constraint) || [...written].some((item) => ownerOf(item) === table);
}

function ownerOf(item: string): string {
  return item.replace(/\.[^.]*$/, '');
}

function findingsOf(unwritten: readonly string[]): RuleFinding[] {
  const byOwner = new Map<string, string[]>();
  for (const item of unwritten.map(tableName)) {
    byOwner.set(ownerOf(item), [...(byOwner.get(ownerOf(item)) ?? []), item]);
  }
  return [...byOwner].map(([owner, items]) => ({
    weight: 'INVALID',
    what: `no request wrote ${some(items)} before the rollback began: taking it back was not exercised`,
    where: { table: owner },
    measured: items.length,
    limit: 0,
    unit: 'count',
    remedy: `give an endpoint a variant that writes it: variants: [ { from: upgrade.<step>, until: rollback.<step>, share: 50%, request: …, writes: [${some(items, 2)}] } ] – or waive it with a reason`,
  }));
}
