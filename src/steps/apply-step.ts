import { messageOf } from '../foundation/errors.js';
import type { PgSession } from '../model/contracts.js';
import type { PlannedStep, SqlStatement } from '../model/plan.js';
import { runCommandStep } from './command-step.js';
import { connectAsStep, placeOf, type SqlStep } from './connect-as-step.js';
import type { StepSetting } from './executor.js';
import { databaseFailure } from './failure.js';
import { transactionUnits, type TransactionUnit } from './transactions.js';

/** Why a step did not go through on a clone; with `leftOut`: it did, but for the statements at these places. */
export interface AppliedFailure {
  leftOut?: string[];
  step: string;
  message: string;
  sqlState?: string;
  statement?: string;
  place?: string;
}

/** Steps that change a database, and can be run on a clone of it. */
export function worksOnDatabase(step: PlannedStep): boolean {
  return 'sql' in step || 'command' in step;
}

/**
 * Runs a sql or command step on a database that nobody else uses, in its real transactions and as its role. No lock
 * timeouts, no retries, and a `repeat` step without its pauses: there is nobody to wait for. Undefined: it went well.
 * `leaveOut`: SQLSTATEs of statements to go on without, as a tool would that takes back only what has run.
 */
export async function applyStep(
  step: PlannedStep,
  setting: StepSetting,
  database: string,
  leaveOut: readonly string[] = [],
): Promise<AppliedFailure | undefined> {
  const { ctx } = setting;
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(step.timeout)]);
  try {
    if ('sql' in step) return await applySql(step, setting, { database, leaveOut }, signal);
    if (!('command' in step)) return undefined;
    const outcome = await runCommandStep(step, setting, 1, signal, database);
    if (outcome.ok) return undefined;
    return { step: step.id, message: outcome.message, ...sqlStateIn(outcome.message) };
  } catch (error) {
    return { step: step.id, message: messageOf(error) };
  }
}

/** A tool may print the SQLSTATE, or Postgres's words for what is missing. */
function sqlStateIn(message: string): { sqlState?: string } {
  const named = /(?:SQLSTATE|code)\W{1,4}([0-9A-Z]{5})\b/i.exec(message)?.[1];
  if (named !== undefined) return { sqlState: named.toUpperCase() };
  if (/column .* does not exist/i.test(message)) return { sqlState: '42703' };
  if (/relation .* does not exist|table .* does not exist/i.test(message)) return { sqlState: '42P01' };
  return /does not exist/i.test(message) ? { sqlState: '42704' } : {};
}

async function applySql(
  step: SqlStep,
  { env, ctx }: StepSetting,
  { database: name, leaveOut }: { database: string; leaveOut: readonly string[] },
  signal: AbortSignal,
): Promise<AppliedFailure | undefined> {
  if (!env.database || !step.source) return undefined;
  await using session = await connectAsStep(env.database, step, name);
  const onAbort = () => void session.cancel().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const place = ({ statement }: Failed) => placeOf(step, statement, ctx.plan.baseDir);
    const told = (failed: Failed, leftOut?: string[]): AppliedFailure => ({
      step: step.id,
      statement: failed.statement.text,
      place: place(failed),
      ...failed.failure,
      ...(leftOut !== undefined && { leftOut }),
    });
    let skipped: AppliedFailure | undefined;
    for (let round = 1; ; round++) {
      const ran = await applyRound(step, session, { signal, leaveOut });
      if ('failure' in ran) return told(ran);
      const [first] = ran.leftOut;
      if (first) skipped ??= told(first, ran.leftOut.map(place));
      if (!step.repeat || ran.rows <= step.repeat.untilRows) return skipped;
      if (round >= step.repeat.max) {
        return { step: step.id, message: 'more rows than repeat.max rounds touch' };
      }
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Failed {
  statement: SqlStatement;
  failure: Pick<AppliedFailure, 'message' | 'sqlState'>;
}

async function applyRound(
  step: SqlStep,
  session: PgSession,
  { signal, leaveOut }: { signal: AbortSignal; leaveOut: readonly string[] },
): Promise<{ rows: number; leftOut: Failed[] } | Failed> {
  const done: { rows: number; leftOut: Failed[] } = { rows: 0, leftOut: [] };
  const isLeftOut = ({ failure }: Failed) => leaveOut.includes(failure.sqlState ?? '');
  for (const unit of transactionUnits(step.source ?? { statements: [], transaction: 'statement' })) {
    const failed = await applyUnit(unit, session, signal, done);
    if (!failed) continue;
    if (!isLeftOut(failed)) return failed;
    // What the transaction did is undone with it: its statements once more, each by itself, but those.
    await session.query('ROLLBACK');
    for (const statement of unit.statements.filter(({ kind }) => kind === 'other')) {
      const alone = { statements: [statement], opens: false, commits: false, leftOpen: false };
      const again = await applyUnit(alone, session, signal, done);
      if (again && !isLeftOut(again)) return again;
      if (again) done.leftOut.push(again);
    }
  }
  return done;
}

async function applyUnit(
  unit: TransactionUnit,
  session: PgSession,
  signal: AbortSignal,
  done: { rows: number },
): Promise<Failed | undefined> {
  let [at] = unit.statements;
  if (!at) return undefined;
  try {
    if (unit.opens) await session.query('BEGIN');
    for (const statement of unit.statements) {
      at = statement;
      signal.throwIfAborted();
      const result = await session.query(statement.text);
      if (statement.kind === 'other') done.rows = result.rowCount ?? 0;
    }
    if (unit.commits) await session.query('COMMIT');
    return undefined;
  } catch (error) {
    const { message, sqlState } = databaseFailure(error, false);
    return { statement: at, failure: { message, ...(sqlState === undefined ? {} : { sqlState }) } };
  }
}
