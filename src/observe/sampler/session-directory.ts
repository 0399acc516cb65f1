import { parseActor } from '../../model/actor.js';
import type { PartyRow, SampleRow } from './sample-query.js';
import { preparedAs, preparedTransaction, type SampledWait, type SeenParty } from './sampled-wait.js';

const insufficientPrivilege = '<insufficient privilege>';

interface Entry {
  row: PartyRow;
  /** Seen at or after this instant. */
  seenUs: number;
}

/** Sessions as they were last seen in pg_stat_activity. */
export class SessionDirectory {
  private readonly entries = new Map<number, Entry>();
  /** By the waiter in front of which it stands: all of them are process 0. */
  private readonly prepared = new Map<number, { party: SeenParty; sinceUs: number }>();

  /** Returns which of the pids asked for are no sessions any more. */
  take(rows: readonly PartyRow[], beforeUs: number, askedFor: readonly number[]): Set<number> {
    for (const row of rows) {
      this.entries.set(row.pid, { row, seenUs: beforeUs });
    }
    const present = new Set(rows.map((row) => row.pid));
    return new Set(askedFor.filter((pid) => !present.has(pid)));
  }

  /** Of several prepared transactions in front of one waiter, the oldest is told. */
  takePrepared(rows: NonNullable<SampleRow['prepared']>, atUs: number): void {
    for (const { pid, gid, prepared } of rows.toSorted((a, b) => b.prepared - a.prepared)) {
      this.prepared.set(pid, {
        party: preparedAs(gid, Math.max(0, (atUs - prepared) / 1000)),
        sinceUs: prepared,
      });
    }
  }

  /** `behind`: who waits for it, which tells one prepared transaction from another. */
  seen(pid: number, behind?: number): SeenParty {
    if (pid === 0)
      return (behind === undefined ? undefined : this.prepared.get(behind)?.party) ?? preparedTransaction;
    const entry = this.entries.get(pid);
    if (!entry) return { pid, applicationName: '' };
    const { row, seenUs } = entry;
    return {
      pid,
      applicationName: row.application_name ?? '',
      ...(row.backend_type === null ? {} : { backendType: row.backend_type }),
      ...(row.state === null ? {} : { state: row.state }),
      ...(row.query === null || row.query === '' || row.query === insufficientPrivilege
        ? {}
        : { query: row.query }),
      ...(row.xact_start === null ? {} : { transactionAgeMs: Math.max(0, (seenUs - row.xact_start) / 1000) }),
    };
  }

  /**
   * The session as it was during a wait that began at `startUs`; undefined while it was last seen before that,
   * since it may then show the statement before. One that has begun another statement since keeps its name only.
   */
  statementOf(pid: number, startUs: number): SeenParty | undefined {
    const entry = this.entries.get(pid);
    if (!entry || entry.seenUs < startUs) return undefined;
    const party = this.seen(pid);
    if (entry.row.query_start !== null && entry.row.query_start <= startUs) return party;
    const { applicationName, backendType } = party;
    return { pid, applicationName, ...(backendType === undefined ? {} : { backendType }) };
  }

  queryStartUs(pid: number): number | undefined {
    return this.entries.get(pid)?.row.query_start ?? undefined;
  }

  transactionStartUs(pid: number): number {
    if (pid === 0) return Math.min(...[...this.prepared.values()].map(({ sinceUs }) => sinceUs), Infinity);
    return this.entries.get(pid)?.row.xact_start ?? Infinity;
  }

  databaseOf(pid: number): number | undefined {
    const oid = this.entries.get(pid)?.row.datid;
    return oid === undefined || oid === null ? undefined : Number(oid);
  }

  isStep(pid: number): boolean {
    const { kind } = parseActor(this.entries.get(pid)?.row.application_name ?? '');
    return kind === 'upgrade' || kind === 'rollback';
  }

  /**
   * What a session that no longer waits proves about how its wait ended. Called with a sample taken after it. One
   * that is not there any more proves nothing by itself: a client may well disconnect once it has its answer. If the
   * sampler lost its own connection meanwhile, the server ended every session.
   */
  evidence(
    wait: { pid: number; queryStartUs: number | undefined; goneUs?: number | undefined; cutOff: boolean },
    absent: ReadonlySet<number>,
  ): SampledWait['evidence'] {
    if (absent.has(wait.pid)) return wait.cutOff ? 'disconnected' : undefined;
    const entry = this.entries.get(wait.pid);
    if (!entry || wait.goneUs === undefined || entry.seenUs < wait.goneUs) {
      return wait.cutOff ? 'cut off' : undefined;
    }
    const { state, query_start: queryStartUs } = entry.row;
    if (state === 'active' && queryStartUs !== null && queryStartUs === wait.queryStartUs) return 'granted';
    if (state === 'idle in transaction (aborted)' && queryStartUs === wait.queryStartUs) return 'cancelled';
    return undefined;
  }
}
