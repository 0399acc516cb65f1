import { abortReason, sleep } from '../foundation/clock.js';
import { formatCount } from '../foundation/units.js';
import type { Database, PgResult, PgSession, StepOutcome } from '../model/contracts.js';
import type { SqlStatement } from '../model/plan.js';
import { connectAsStep, placeOf, type SqlStep } from './connect-as-step.js';
import type { StepExecutor, StepSetting } from './executor.js';
import { databaseFailure, failed, toOutcome, type FailedOutcome } from './failure.js';
import { InvalidIndexes } from './invalid-indexes.js';
import { queryOrCancel } from './query.js';
import { isAutocommit, transactionUnits, type TransactionUnit } from './transactions.js';
import { describeStatement } from '../sql/describe.js';

export function sqlExecutor(step: SqlStep, { env, ctx }: StepSetting): StepExecutor {
  if (!env.database) throw new Error(`${step.id}: a sql step needs environment.database`);
  return new SqlExecutor(step, env.database, ctx);
}

class SqlExecutor implements StepExecutor {
  private session: PgSession | undefined;
  private readonly units: TransactionUnit[];
  private readonly indexes: InvalidIndexes;
  /** The unit to run next, and how often all of them ran (`repeat`). */
  private next = 0;
  private rounds = 0;
  private committed = 0;
  /** Rows of the last statement that was not a COMMIT. */
  private lastRows = 0;
  /** SETs of committed units, to be said again on a new connection. */
  private readonly sessionSets: string[] = [];

  constructor(
    private readonly step: SqlStep,
    private readonly database: Database,
    private readonly ctx: StepSetting['ctx'],
  ) {
    this.units = transactionUnits(step.source ?? { statements: [], transaction: 'statement' });
    this.indexes = new InvalidIndexes(step.source?.statements ?? []);
  }

  progress(): number {
    return this.committed;
  }

  async prepare(signal: AbortSignal): Promise<{ pid: number }> {
    if (!this.session) {
      const session = await connectAsStep(this.database, this.step);
      this.session = session;
      if (signal.aborted) throw abortReason(signal);
      const { lockTimeout, statementTimeout } = this.step;
      if (lockTimeout !== undefined) await session.query(`SET lock_timeout = ${Math.round(lockTimeout)}`);
      if (statementTimeout !== undefined)
        await session.query(`SET statement_timeout = ${Math.round(statementTimeout)}`);
      for (const set of this.sessionSets) await session.query(set);
      await this.indexes.rememberExisting(session);
    }
    return { pid: this.session.pid };
  }

  async attempt(attempt: number, signal: AbortSignal): Promise<StepOutcome> {
    const session = this.session;
    if (!session) throw new Error('not connected');
    const failure = await this.run(session, attempt, signal);
    if (failure && (failure.sqlState === undefined || /^(08|57P0)/.test(failure.sqlState))) {
      this.session = undefined;
      await session.close().catch(() => undefined);
    }
    return failure ?? { ok: true };
  }

  private async run(
    session: PgSession,
    attempt: number,
    signal: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    if (attempt > 1) {
      const failure = await this.dropInvalidIndexes(session, signal);
      if (failure) return failure;
    }
    const { repeat } = this.step;
    for (;;) {
      for (let unit = this.units[this.next]; unit; unit = this.units[this.next]) {
        const failure = await this.runUnit(session, unit, attempt, signal);
        if (failure) return failure;
        this.next += 1;
        this.committed += 1;
      }
      this.rounds += 1;
      if (!repeat || this.lastRows <= repeat.untilRows) break;
      if (this.rounds >= repeat.max) {
        return failed(
          'repeat-limit',
          `still ${formatCount(this.lastRows)} rows in round ${formatCount(this.rounds)}, repeat.max`,
        );
      }
      await sleep(repeat.pause, signal);
      this.next = 0;
    }
    try {
      return await this.indexes.check(session);
    } catch (error) {
      return databaseFailure(error, false);
    }
  }

  private async runUnit(
    session: PgSession,
    unit: TransactionUnit,
    attempt: number,
    signal: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    const first = unit.statements[0];
    const last = unit.statements.at(-1);
    if (!first || !last) return undefined;
    const alone = isAutocommit(unit);
    let failure: FailedOutcome | undefined;
    let ran = first;
    try {
      if (unit.opens) await queryOrCancel(session, 'BEGIN', signal);
    } catch (error) {
      failure = databaseFailure(error, false);
    }
    for (const statement of failure ? [] : unit.statements) {
      ran = statement;
      failure = await this.runStatement(session, statement, attempt, signal, alone);
      if (failure) break;
    }
    if (!failure && unit.leftOpen) {
      failure = failed(
        'transaction-left-open',
        `${this.place(first)}: BEGIN without COMMIT: Postgres rolls it back when the session ends`,
      );
    }
    if (!failure && unit.commits) failure = await this.commit(session, last, signal);
    if (failure && !alone) await rollBack(session);
    this.ctx.emit({
      type: 'transaction',
      step: this.step.id,
      attempt,
      from: first.index,
      to: ran.index,
      pid: session.pid,
      outcome: toOutcome(failure ?? { ok: true }),
    });
    if (!failure) await this.rememberSets(unit);
    return failure;
  }

  private async runStatement(
    session: PgSession,
    statement: SqlStatement,
    attempt: number,
    signal: AbortSignal,
    alone: boolean,
  ): Promise<FailedOutcome | undefined> {
    const event = {
      type: 'statement' as const,
      step: this.step.id,
      attempt,
      index: statement.index,
      pid: session.pid,
    };
    this.ctx.emit({ ...event, edge: 'start' });
    let result: PgResult;
    try {
      result = await queryOrCancel(session, statement.text, signal);
    } catch (error) {
      const inDoubt = alone || statement.kind === 'commit';
      const failure = databaseFailure(error, inDoubt);
      const located = { ...failure, message: `${this.place(statement)}: ${failure.message}` };
      this.ctx.emit({ ...event, edge: 'end', outcome: toOutcome(located) });
      return located;
    }
    const rows = result.rowCount;
    this.ctx.emit({
      ...event,
      edge: 'end',
      outcome: { ok: true },
      ...(rows === null ? {} : { rows }),
    });
    if (statement.kind === 'other') this.lastRows = rows ?? 0;
    return undefined;
  }

  private async commit(
    session: PgSession,
    last: SqlStatement,
    signal: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    try {
      await queryOrCancel(session, 'COMMIT', signal);
      return undefined;
    } catch (error) {
      const failure = databaseFailure(error, true);
      return { ...failure, message: `${this.place(last)}: COMMIT: ${failure.message}` };
    }
  }

  private async rememberSets(unit: TransactionUnit): Promise<void> {
    if (unit.statements.at(-1)?.kind === 'rollback') return;
    for (const { node, text } of unit.statements) {
      if (node === 'VariableSetStmt' && (await describeStatement(text)).setsSession) {
        this.sessionSets.push(text);
      }
    }
  }

  /** A failed CREATE INDEX CONCURRENTLY leaves an index that the next one would trip over (or skip as present). */
  private async dropInvalidIndexes(
    session: PgSession,
    signal: AbortSignal,
  ): Promise<FailedOutcome | undefined> {
    try {
      for (const index of await this.indexes.leftBehind(session)) {
        this.ctx.emit({
          type: 'note',
          message: `${this.step.id}: dropping the invalid index ${index.name} that the failed attempt left`,
        });
        await queryOrCancel(session, `DROP INDEX CONCURRENTLY IF EXISTS ${index.quoted}`, signal);
      }
      return undefined;
    } catch (error) {
      const failure = databaseFailure(error, false);
      return { ...failure, message: `dropping an invalid index: ${failure.message}` };
    }
  }

  /** The session may have gone with the failure: what it left is looked for on another. */
  async leftovers(): Promise<string | undefined> {
    if (!this.indexes.mayLeaveSome || this.ctx.signal.aborted) return undefined;
    this.session ??= await connectAsStep(this.database, this.step);
    return this.indexes.describeLeft(this.session);
  }

  private place(statement: SqlStatement): string {
    return placeOf(this.step, statement, this.ctx.plan.baseDir);
  }

  async close(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    await session?.close();
  }
}

async function rollBack(session: PgSession): Promise<void> {
  try {
    await session.query('ROLLBACK');
  } catch {
    // The connection is gone, and with it the transaction.
  }
}
