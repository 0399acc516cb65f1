import type { PlannedStep, RunPlan } from '../model/plan.js';

/** COPY of narrow rows on two cores; the order of magnitude is what an estimate needs. */
const rowsPerSecond = 200_000;
/** initdb, start and stop of an embedded Postgres, the trace pass on its clone, the services. */
const databaseSetUpMs = 10_000;
const serviceStartMs = 1_000;

export interface Estimate {
  setUpMs: number;
  /** Waits, rolls and collisions; what SQL and commands take is what the rehearsal finds out. */
  stepsMs: number;
  totalMs: number;
}

export function estimateMs(plan: RunPlan): Estimate {
  const { environment } = plan.scenario;
  const rows = environment.data
    .flatMap((entry) => ('rows' in entry ? Object.values(entry.rows) : []))
    .reduce((sum, { count }) => sum + count, 0);
  const services = Object.keys(environment.services).length;
  const setUpMs =
    (environment.database ? databaseSetUpMs : 0) + (rows / rowsPerSecond) * 1000 + services * serviceStartMs;
  const stepsMs = [...plan.upgrade, ...plan.rollback].reduce((sum, step) => sum + stepMs(step, plan), 0);
  return { setUpMs, stepsMs, totalMs: setUpMs + stepsMs + plan.fixedMs };
}

function stepMs(step: PlannedStep, plan: RunPlan): number {
  const collisionMs = Math.max(
    0,
    ...plan.collisions.filter(({ stepId }) => stepId === step.id).map(({ holdForMs }) => holdForMs),
  );
  if ('wait' in step) return step.wait + collisionMs;
  if (!('service' in step)) return collisionMs;
  const { strategy, drain, overlap } = step.roll;
  const replicas = Math.max(
    1,
    ...Object.keys(step.service).map((name) => plan.scenario.environment.services[name]?.replicas ?? 1),
  );
  const rounds = strategy === 'rolling' ? replicas : 1;
  return collisionMs + rounds * (serviceStartMs + drain + overlap);
}
