import { messageOf } from '../foundation/errors.js';
import type { Database, Environment, PgSession, RunContext } from '../model/contracts.js';
import type { TraceReport } from '../model/observation.js';
import type { PlannedStep } from '../model/plan.js';
import { runCommandStep } from './command-step.js';
import { lintSteps } from './lint-steps.js';
import { readSchemaParts, schemaAdditions } from './schema-additions.js';
import { withParts } from './statement-parts.js';
import { readTableSizes } from './table-sizes.js';
import { traceSqlStep, type TracedStep } from './trace-step.js';

const nothingAdded = { columns: [], constraints: [], enumLabels: [] };

/**
 * Runs the upgrade's and then the rollback's sql and command steps on a clone of the data that nobody else uses,
 * statement by statement, and sees what each locks, rewrites and scans. Call it before anyone connects to the
 * database. Never throws: what could not be traced makes the state `failed`, with the reason; a failed step ends
 * its side, and the rollback is then traced from there, as it will be rehearsed.
 */
export async function tracePass(ctx: RunContext, env: Environment): Promise<TraceReport> {
  const report: TraceReport = { state: 'complete', statements: [], added: nothingAdded, tables: {} };
  const { database } = env;
  const sides = [ctx.plan.upgrade, ctx.plan.rollback];
  if (!database || !sides.flat().some(isTraced)) return { ...report, state: 'off' };

  let dropClone: (() => Promise<void>) | undefined;
  try {
    const clone = await database.clone('trace');
    dropClone = ctx.teardown.defer(`database ${clone.name}`, () => clone.drop());
    await traceSides(ctx, env, database, clone.name, report);
  } catch (error) {
    fail(report, messageOf(error));
  }
  try {
    await dropClone?.();
  } catch (error) {
    ctx.emit({ type: 'note', message: `the trace pass's clone could not be dropped: ${messageOf(error)}` });
  }
  if (ctx.signal.aborted) fail(report, 'interrupted');
  return report;
}

function isTraced(step: PlannedStep): boolean {
  return 'sql' in step || ('command' in step && step.trace);
}

function fail(report: TraceReport, reason: string): void {
  report.reason = report.reason === undefined ? reason : `${report.reason}; ${reason}`;
  report.state = 'failed';
}

async function traceSides(
  ctx: RunContext,
  env: Environment,
  database: Database,
  clone: string,
  report: TraceReport,
): Promise<void> {
  await using observer = await database.connect({
    consumer: { kind: 'observer', name: 'trace' },
    role: 'owner',
    database: clone,
  });
  report.tables = await readTableSizes(observer);
  await warnOfForeignMessages(ctx, observer);
  const before = await readSchemaParts(observer);
  await traceSide(ctx.plan.upgrade, ctx, env, clone, observer, report);
  report.added = schemaAdditions(before, await readSchemaParts(observer));
  await traceSide(ctx.plan.rollback, ctx, env, clone, observer, report);
  await addHints(ctx, database, report);
}

/** What a linter says of the same statements; that it could not is in the report, and no failure of the trace. */
async function addHints(ctx: RunContext, database: Database, report: TraceReport): Promise<void> {
  const linted = await lintSteps([...ctx.plan.upgrade, ...ctx.plan.rollback], {
    baseDir: ctx.plan.baseDir,
    serverVersion: database.versionNumber,
    signal: ctx.signal,
  });
  report.linter = linted.run;
  report.statements = report.statements.map((traced) => {
    const hints = linted.hints(traced.step, traced.index);
    return hints.length > 0 ? { ...traced, hints } : traced;
  });
}

async function traceSide(
  steps: readonly PlannedStep[],
  ctx: RunContext,
  env: Environment,
  clone: string,
  observer: PgSession,
  report: TraceReport,
): Promise<void> {
  for (const step of steps) {
    if (!isTraced(step) || ctx.signal.aborted) continue;
    const traced = await traceStep(step, ctx, env, clone, observer).catch((error: unknown): TracedStep => ({
      statements: [],
      failure: `${step.id}: ${messageOf(error)}`,
    }));
    const degrade = (lost: string) => void ctx.emit({ type: 'degraded', source: 'statement trace', lost });
    report.statements.push(...(await withParts(observer, traced.statements, degrade)));
    if (traced.failure !== undefined) {
      fail(report, traced.failure);
      return;
    }
  }
}

async function traceStep(
  step: PlannedStep,
  ctx: RunContext,
  env: Environment,
  clone: string,
  observer: PgSession,
): Promise<TracedStep> {
  if ('sql' in step) return traceSqlStep(step, { env, ctx }, clone, observer);
  if (!('command' in step)) return { statements: [] };
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(step.timeout)]);
  const outcome = await runCommandStep(step, { env, ctx }, 1, signal, clone);
  if (outcome.ok) return { statements: [] };
  return {
    statements: [],
    failure: `${step.id} on the clone: ${outcome.message}\ntrace: false leaves a command out of the trace pass`,
  };
}

/** Scans are told by the server's English messages only. */
async function warnOfForeignMessages(ctx: RunContext, observer: PgSession): Promise<void> {
  const { rows } = await observer.query("select current_setting('lc_messages') as lc");
  const language = String(rows[0]?.lc);
  if (/^(C|POSIX|en)(\b|[_.])|^$/i.test(language)) return;
  ctx.emit({
    type: 'degraded',
    source: 'statement trace',
    lost: `full scans under locks: the server's messages are in ${language}; set lc_messages = 'C'`,
  });
}
