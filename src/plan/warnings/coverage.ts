import { stalledInFlight } from '../load-shape.js';
import type { Warning, WarningInput } from './warning.js';

/** What is left out of the rehearsal altogether. */
export function warnCoverage({ plan, looks }: WarningInput): Warning[] {
  const { scenario } = plan;
  const { objectives, environment, traffic } = scenario;
  const warnings: Warning[] = [];
  if (plan.rollback.length === 0) {
    warnings.push({
      path: ['rollback'],
      message: 'there is no rollback: the way back is not rehearsed',
      hint: 'rollback: { steps: [ … ] }',
    });
  }
  const limits = [
    objectives.latency.length > 0,
    objectives.errors.length > 0,
    objectives.dropped !== undefined,
    objectives.throughput !== undefined,
    objectives.locks !== undefined,
    objectives.ledger !== undefined,
    Object.keys(objectives.steps).length > 0,
    objectives.window !== undefined,
  ];
  if (!limits.includes(true)) {
    warnings.push({
      path: ['objectives'],
      message: 'there are no objectives: only failed steps and the built-in rules are judged',
      hint: 'for example latency: [ { endpoint: "*", p99: 250ms } ]',
    });
  }
  if (!environment.database && objectives.locks) {
    warnings.push({
      path: ['objectives', 'locks'],
      message: 'without environment.database no lock is seen, so this cannot be judged',
      hint: 'declare the database, or remove the objective',
    });
  }
  const changesSchema = looks.some(({ statements }) => statements.some((look) => look.changesSchema));
  if (changesSchema && scenario.production === undefined) {
    warnings.push({
      path: ['upgrade'],
      message:
        'production is not declared: a statement that scans or rewrites a table with traffic is NO-GO, whatever it took here',
      hint: 'production: { tables: { orders: { rows: 500_000_000, size: 210GB } } }',
    });
  }
  const stalled = stalledInFlight(scenario);
  if (stalled > plan.inFlightCap) {
    warnings.push({
      path: traffic.inFlight === undefined ? ['traffic', 'timeout'] : ['traffic', 'inFlight'],
      message: `a stall as long as the timeout puts ${stalled} requests in flight; the cap is ${plan.inFlightCap}, and those beyond it are dropped (counted as failed)`,
      hint: 'a shorter timeout, a lower rate, or a higher inFlight',
    });
  }
  warnings.push(...warnUnusedColumns({ plan, looks }));
  return warnings;
}

/** Truth: unless traffic writes what the upgrade added, the dangerous rollbacks are never exercised. */
function warnUnusedColumns({ plan, looks }: WarningInput): Warning[] {
  if (plan.rollback.length === 0) return [];
  if (plan.scenario.waivers.some(({ finding }) => finding === 'rollback-not-exercised')) return [];
  const written = new Set(
    Object.values(plan.scenario.traffic.endpoints)
      .flatMap(({ writes, variants }) => [...writes, ...variants.flatMap((variant) => variant.writes)])
      .map((column) => column.replace(/^public\./, '')),
  );
  return looks
    .filter(({ step }) => step.side === 'upgrade')
    .flatMap(({ path, statements }) => {
      const created = new Set(statements.flatMap((look) => look.createsTables));
      const added = statements
        .flatMap((look) => look.addsColumns)
        .filter((column) => !written.has(column) && !created.has(column.slice(0, column.lastIndexOf('.'))));
      if (added.length === 0) return [];
      return [
        {
          path,
          message: `adds ${added.join(', ')}, which no traffic writes: a rollback over new data is not rehearsed`,
          hint: `give an endpoint a variant (from this upgrade on) whose request writes it, and say so: writes: [${added.join(', ')}]`,
        },
      ];
    });
}
