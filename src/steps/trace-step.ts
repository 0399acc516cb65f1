import type { PgSession } from '../model/contracts.js';
import type { StatementTrace } from '../model/observation.js';
import { connectAsStep, placeOf, type SqlStep } from './connect-as-step.js';
import type { StepSetting } from './executor.js';
import { transactionUnits } from './transactions.js';
import { StatementTracer } from './trace-statements.js';

/** What tracing one step gave; `failure` ends its side. */
export interface TracedStep {
  statements: StatementTrace[];
  failure?: string;
}

/**
 * Traces a sql step on the clone. The scenario's lock and statement timeouts are not set: nobody is there to wait
 * for. Of a `repeat` step the first round is traced, the others run without pause, so that what follows finds the
 * work done; the step's timeout ends them. On abort the session is closed under it.
 */
export async function traceSqlStep(
  step: SqlStep,
  { env, ctx }: StepSetting,
  clone: string,
  observer: PgSession,
): Promise<TracedStep> {
  const { database } = env;
  const { source } = step;
  if (!database || !source) return { statements: [] };
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(step.timeout)]);
  await using migrator = await connectAsStep(database, step, clone);
  const onAbort = () => void migrator.cancel().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const tracer = new StatementTracer(migrator, observer, ctx.clock);
    const traced = await tracer.trace(step.id, source, signal);
    const { statements } = traced;
    if (traced.failure) {
      const { statement, outcome } = traced.failure;
      return { statements, failure: `${placeOf(step, statement, ctx.plan.baseDir)}: ${outcome.message}` };
    }
    if (!step.repeat || traced.lastRows <= step.repeat.untilRows) return { statements };
    const failure = await finishRounds(step, migrator, signal);
    return { statements, ...(failure === undefined ? {} : { failure: `${step.id}: ${failure}` }) };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The rounds of a `repeat` step after the first. Why they did not end, or undefined. */
async function finishRounds(
  step: SqlStep,
  migrator: PgSession,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { repeat, source } = step;
  if (!repeat || !source) return undefined;
  const units = transactionUnits(source);
  for (let round = 2; round <= repeat.max; round++) {
    let rows = 0;
    for (const unit of units) {
      if (unit.opens) await migrator.query('BEGIN');
      for (const statement of unit.statements) {
        if (signal.aborted) return 'not done within its timeout on the clone';
        const result = await migrator.query(statement.text);
        if (statement.kind === 'other') rows = result.rowCount ?? 0;
      }
      if (unit.commits) await migrator.query('COMMIT');
    }
    if (rows <= repeat.untilRows) return undefined;
  }
  return 'more rows than repeat.max rounds touch';
}
