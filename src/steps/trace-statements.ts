import type { RunClock } from '../foundation/clock.js';
import type { PgSession } from '../model/contracts.js';
import type { StatementTrace } from '../model/observation.js';
import type { SqlSource, SqlStatement } from '../model/plan.js';
import { added, readCatalog, rewritten, type Catalog } from './catalog-snapshot.js';
import { scansOf } from './debug-messages.js';
import { cutShort, documentedLocks } from './documented-locks.js';
import { databaseFailure, toOutcome, type FailedOutcome } from './failure.js';
import { IndexProgress } from './index-progress.js';
import { nameLocks, newlyTaken, pollLocks, readLocks, strongest, type HeldLock } from './lock-snapshot.js';
import { readScanned, scannedSince, scansSilently, silentScans } from './silent-scans.js';
import { isAutocommit, transactionUnits, type TransactionUnit } from './transactions.js';

export type TraceSession = Pick<PgSession, 'pid' | 'query' | 'onNotice'>;

/** Inside a transaction block the server refused: 25001 active_sql_transaction, 2D000 a procedure that commits. */
const refusesBlock = new Set(['25001', '2D000']);

/** An observer never waits for long: it would hold the migration up. */
const observerLockTimeoutMs = 200;

export interface TracedStatements {
  statements: StatementTrace[];
  /** What ended the tracing before its time. */
  failure?: { statement: SqlStatement; outcome: FailedOutcome };
  /** Rows of the last statement that is no COMMIT. */
  lastRows: number;
}

/**
 * Runs statements on a database without traffic, in their real transactions, and sees after each one, from a
 * second session, which locks it newly took. A lock stays until commit, so heldAfterMs is
 * the time of the statements behind it and of COMMIT, without what the tracing itself takes. A statement that
 * commits by itself is run in a block of its own, so that its locks can be read before they go; one that refuses a
 * block is polled while it runs, and what the manual says it locks is added where polling was too slow.
 */
export class StatementTracer {
  private notices: string[] = [];
  private prepared = false;

  constructor(
    private readonly migrator: TraceSession,
    private readonly observer: TraceSession,
    private readonly clock: Pick<RunClock, 'now'>,
  ) {
    migrator.onNotice(({ message }) => this.notices.push(message));
  }

  /** Never throws for a statement that fails; throws on abort, and where the sessions themselves are unusable. */
  async trace(step: string, source: SqlSource, signal?: AbortSignal): Promise<TracedStatements> {
    if (!this.prepared) {
      await this.observer.query(`SET lock_timeout = ${observerLockTimeoutMs}`);
      this.prepared = true;
    }
    const result: TracedStatements = { statements: [], lastRows: 0 };
    for (const [transaction, unit] of transactionUnits(source).entries()) {
      signal?.throwIfAborted();
      const done = await this.traceUnit(step, unit);
      result.statements.push(...done.statements.map((traced) => ({ ...traced, transaction })));
      result.lastRows = done.lastRows;
      if (done.failure) return { ...result, failure: done.failure };
    }
    return result;
  }

  private async traceUnit(step: string, unit: TransactionUnit): Promise<TracedStatements> {
    const [first] = unit.statements;
    if (!first) return { statements: [], lastRows: 0 };
    await this.listen();
    if (!isAutocommit(unit)) return this.traceBlock(step, unit);
    if (!first.transactional) return this.tracePolled(step, first);
    const wrapped = await this.traceBlock(step, { ...unit, opens: true, commits: true });
    const refused = wrapped.failure && refusesBlock.has(wrapped.failure.outcome.code);
    return refused ? this.tracePolled(step, first) : wrapped;
  }

  /** The only source that tells full scans; a migration may have turned it off. */
  private async listen(): Promise<void> {
    await this.migrator.query('SET client_min_messages = debug1');
  }

  private async traceBlock(step: string, unit: TransactionUnit): Promise<TracedStatements> {
    const committed = await readCatalog(this.migrator);
    let before = committed;
    let held: HeldLock[] = [];
    let lastRows = 0;
    const traced: { trace: StatementTrace; endedAfterMs: number }[] = [];
    /** Time of the statements alone, so far. */
    let spentMs = 0;
    let failure: TracedStatements['failure'];

    if (unit.opens) await this.migrator.query('BEGIN');
    for (const statement of unit.statements) {
      const walBefore = await this.walPosition();
      const scannedBefore = scansSilently(statement) ? await readScanned(this.migrator) : undefined;
      const ran = await this.timed(statement.text);
      spentMs += ran.durationMs;
      if (ran.failure) failure = { statement, outcome: ran.failure };
      if (statement.kind !== 'other') {
        if (failure) break;
        continue;
      }
      if (ran.failure) {
        const trace = this.record(step, statement, ran, {});
        traced.push({ trace, endedAfterMs: spentMs });
        break;
      }
      lastRows = ran.rows ?? 0;
      const now = await readLocks(this.observer, this.migrator.pid);
      const walAfter = await this.walPosition();
      // A query before SET TRANSACTION would make Postgres refuse it.
      const after = statement.node === 'VariableSetStmt' ? before : await readCatalog(this.migrator);
      if (statement.node === 'VariableSetStmt') await this.listen();
      const locks = nameLocks(strongest(newlyTaken(held, now)), committed, before, after);
      const trace = this.record(step, statement, ran, {
        locks,
        before,
        after,
        walBytes: walBefore === null || walAfter === null ? null : walAfter - walBefore,
        ...(scannedBefore ? { scanned: scannedSince(scannedBefore, await readScanned(this.migrator)) } : {}),
      });
      traced.push({ trace, endedAfterMs: spentMs });
      held = now;
      before = after;
    }
    const last = unit.statements.at(-1);
    if (!failure && unit.commits && last) {
      const commit = await this.timed('COMMIT');
      spentMs += commit.durationMs;
      if (commit.failure) failure = { statement: last, outcome: commit.failure };
    }
    if (failure || unit.leftOpen) await this.migrator.query('ROLLBACK').catch(() => undefined);
    if (failure && failure.statement === last && traced.length > 0) blame(traced, failure.outcome);
    return {
      statements: traced.map(({ trace, endedAfterMs }) => ({
        ...trace,
        heldAfterMs: spentMs - endedAfterMs,
      })),
      lastRows,
      ...(failure ? { failure } : {}),
    };
  }

  private async tracePolled(step: string, statement: SqlStatement): Promise<TracedStatements> {
    const before = await readCatalog(this.migrator);
    const walBefore = await this.walPosition();
    const running = this.timed(statement.text);
    const now = () => this.clock.now();
    const progress = new IndexProgress(this.observer, this.migrator.pid, now);
    const seen = await pollLocks(this.observer, this.migrator.pid, running, now, () => progress.poll());
    const ran = await running;
    const walAfter = await this.walPosition();
    const after = await readCatalog(this.migrator);
    const short = ran.failure !== undefined;
    const documented =
      !short || (await cutShort(this.migrator, statement, before, after))
        ? await documentedLocks(statement, before, await this.searchPath(), short)
        : [];
    const locks = strongest(withoutDropped([...seen, ...documented], after));
    const trace = this.record(step, statement, ran, {
      locks: nameLocks(locks, before, before, after),
      before,
      after,
      walBytes: walBefore === null || walAfter === null ? null : walAfter - walBefore,
    });
    return {
      statements: [
        { ...trace, polled: true, ...(progress.phases.length > 0 && { phases: progress.phases }) },
      ],
      lastRows: ran.rows ?? 0,
      ...(ran.failure ? { failure: { statement, outcome: ran.failure } } : {}),
    };
  }

  private async timed(text: string): Promise<Ran> {
    this.notices = [];
    const fromUs = this.clock.now();
    let rows: number | null = null;
    let failure: FailedOutcome | undefined;
    try {
      rows = (await this.migrator.query(text)).rowCount;
    } catch (error) {
      failure = databaseFailure(error, false);
    }
    const durationMs = (this.clock.now() - fromUs) / 1000;
    return { durationMs, rows, notices: this.notices, ...(failure ? { failure } : {}) };
  }

  private async searchPath(): Promise<string[]> {
    const { rows } = await this.migrator.query(
      'select pg_catalog.unnest(pg_catalog.current_schemas(false))::text as schema',
    );
    return rows.map(({ schema }) => String(schema));
  }

  /** Bytes of WAL since the cluster began; null where the server does not say (a standby). */
  private async walPosition(): Promise<number | null> {
    try {
      const { rows } = await this.observer.query(
        "select pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::text as bytes",
      );
      return Number(rows[0]?.bytes);
    } catch {
      return null;
    }
  }

  private record(step: string, statement: SqlStatement, ran: Ran, seen: Seen): StatementTrace {
    const { locks = [], before, after, walBytes = null, scanned = [] } = seen;
    const tables = locks.filter((l) => !['i', 'I', 't', 'S'].includes(l.relkind)).map((l) => l.relation);
    return {
      step,
      index: statement.index,
      line: statement.line,
      statement: statement.text,
      durationMs: ran.durationMs,
      heldAfterMs: 0,
      locks,
      rewrites: before && after ? rewritten(before, after) : [],
      scans: after ? [...scansOf(ran.notices, tables, after), ...silentScans(scanned, before, after)] : [],
      invalidIndexes: before && after ? added(before.invalidIndexes, after.invalidIndexes) : [],
      unvalidatedConstraints:
        before && after ? added(before.unvalidatedConstraints, after.unvalidatedConstraints) : [],
      walBytes,
      rows: ran.rows,
      polled: false,
      outcome: toOutcome(ran.failure ?? { ok: true }),
    };
  }
}

interface Ran {
  durationMs: number;
  rows: number | null;
  notices: string[];
  failure?: FailedOutcome;
}

interface Seen {
  locks?: StatementTrace['locks'];
  before?: Catalog;
  after?: Catalog;
  walBytes?: number | null;
  /** OIDs. */
  scanned?: readonly string[];
}

/**
 * DROP INDEX and REINDEX CONCURRENTLY lock the old index AccessExclusive only when nobody can use it any more
 * (they waited for that, catalog/index.c): nobody ever waits for that lock.
 */
function withoutDropped(locks: readonly HeldLock[], after: Catalog): HeldLock[] {
  return locks.filter(({ oid }) => after.relations.has(oid));
}

/** A COMMIT that fails (a deferred constraint) undoes its statements: the last one carries the failure. */
function blame(traced: { trace: StatementTrace }[], outcome: FailedOutcome): void {
  const last = traced.at(-1);
  if (last?.trace.outcome.ok) last.trace = { ...last.trace, outcome: toOutcome(outcome) };
}
