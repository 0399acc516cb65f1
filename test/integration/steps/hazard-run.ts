import { splitSql } from '../../../src/sql/split.js';
import { startClock } from '../../../src/foundation/clock.js';
import { StatementTracer } from '../../../src/steps/trace-statements.js';
import type { PgSession } from '../../../src/model/contracts.js';
import type { Side } from '../../../src/model/plan.js';
import type { StatementTrace } from '../../../src/model/observation.js';
import { databaseUrl, openSession } from './pg-sessions.js';
import { hazardSchema, type HazardCase, type HazardExpectation } from './hazard-table.js';

/** Runs one case in a database of its own on the server at `url` (of a superuser). */
export async function runHazardCase(
  url: string,
  hazard: HazardCase,
  database: string,
): Promise<StatementTrace[]> {
  return onHazardSchema(url, database, hazard, hazard.sql, async ({ traced }) =>
    Promise.resolve(traced.statements),
  );
}

export interface HazardRun {
  observer: PgSession;
  traced: Awaited<ReturnType<StatementTracer['trace']>>;
}

/** Traces a script beside the case's holder, in a database of its own with the hazard schema; `read` then looks. */
export async function onHazardSchema<T>(
  url: string,
  database: string,
  hazard: Pick<HazardCase, 'setup' | 'holder' | 'transaction'>,
  sql: string,
  read: (run: HazardRun) => Promise<T>,
  {
    side = 'upgrade',
    before,
  }: { side?: Side; before?: (migrator: PgSession, holder: PgSession) => Promise<void> } = {},
): Promise<T> {
  await using admin = await openSession(url);
  await admin.query(`create database ${database}`);
  try {
    const own = databaseUrl(url, database);
    await using migrator = await openSession(own);
    await using observer = await openSession(own);
    await using holder = await openSession(own);
    await migrator.query(hazardSchema);
    if (hazard.setup) await migrator.query(hazard.setup);
    await before?.(migrator, holder);
    const { statements, problems } = await splitSql(sql, { file: 'hazard.sql' });
    if (problems.length > 0) throw new Error(`${problems.map((p) => p.message).join('\n')}\n${sql}`);
    if (hazard.holder) {
      await holder.query('begin');
      await holder.query(hazard.holder);
    }
    const tracer = new StatementTracer(migrator, observer, startClock());
    const transaction = hazard.transaction ?? 'statement';
    const traced = await tracer.trace(`${side}.hazard`, { statements, transaction });
    if (hazard.holder) await holder.query('rollback');
    return await read({ observer, traced });
  } finally {
    await admin.query(`drop database ${database} with (force)`);
  }
}

/** What a trace shows, in the words of the table; of a polled one its locks on tables alone, TOAST apart. */
export function shownBy(trace: StatementTrace) {
  const locks = trace.locks
    .filter(({ created, relkind }) => !created && !(trace.polled && ['i', 't'].includes(relkind)))
    .map(({ relation, mode }) => `${relation} ${mode.replace(/Lock$/, '')}`);
  return {
    locks: locks.sort(),
    rewrites: trace.rewrites,
    scans: trace.scans.map(({ kind, relation }) => `${kind} ${relation}`).sort(),
    invalidIndexes: trace.invalidIndexes,
    unvalidated: trace.unvalidatedConstraints,
    fails: trace.outcome.ok ? undefined : trace.outcome.code,
    polled: trace.polled,
  };
}

/** What the table expects, in full. */
export function expectedOf(expected: HazardExpectation): ReturnType<typeof shownBy> {
  return {
    locks: [...expected.locks].sort(),
    rewrites: expected.rewrites ?? [],
    scans: [...(expected.scans ?? [])].sort(),
    invalidIndexes: expected.invalidIndexes ?? [],
    unvalidated: expected.unvalidated ?? [],
    fails: expected.fails,
    polled: expected.polled ?? false,
  };
}
