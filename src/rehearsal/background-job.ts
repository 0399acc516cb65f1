import type { Database, PgResult, RunContext } from '../model/contracts.js';
import type { Scenario } from '../model/scenario.js';

export interface Hold {
  step: string;
  holdForMs: number;
  /** From the SQL's being sent to the event that says it is holding. */
  holdingAfterMs: number;
  /** The job's SQL is on its way. */
  onSent: () => void;
}

export interface JobRun {
  ctx: RunContext;
  database: Database;
  name: string;
  job: Scenario['background'][string];
  signal: AbortSignal;
  /** Undefined: a run of the job's own schedule. */
  hold?: Hold;
  /** Asked once connected, which may take a while: true leaves the run out. */
  superseded?: () => boolean;
}

/** What a kind of job holds its locks with. */
export interface Holding {
  query: (sql: string, params?: unknown[]) => Promise<PgResult>;
  /** The same, for what takes the locks: from when it is sent, the job is on its way. */
  send: (sql: string) => Promise<PgResult>;
  /** Until the locks may go, from the start on. */
  restMs: () => number;
}

/** A table is vacuumed by who owns it. */
export function roleOf({ database, job }: Pick<JobRun, 'database' | 'job'>): string {
  return job.role ?? database.defaultRole(job.kind === 'antiWraparoundVacuum' ? 'step' : 'traffic');
}
