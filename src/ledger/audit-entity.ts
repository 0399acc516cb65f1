import type { EntityAudit } from '../model/ledger.js';
import type { Phase } from '../model/scenario.js';
import type { AuditedEntity } from './audited-entity.js';
import { checkKey, type KeyHistory, type KeyLoss } from './check-key.js';
import type { FoundRow } from './history.js';
import type { LedgerStore } from './ledger-store.js';
import { LossTally, type SeenLosses } from './loss-tally.js';
import type { RowReader } from './row-reader.js';
import { isSameValue } from './same-value.js';

/** What one audit of all entities has in common. */
export interface AuditSetting {
  store: LedgerStore;
  after: readonly Phase[];
  atUs: number;
  /** Nothing was under way: what is found is the state at rest, and later audits can hold against it. */
  atRest: boolean;
  /** `orders.status`, `audit_log`: only once the rollback has run. */
  discards: readonly string[];
  seen: SeenLosses;
  endpoints: readonly string[];
}

/** So many batches in a row that failed, and the rest is not asked for. */
const mostFailures = 3;

/** The audit of one entity: fed with its keys part by part. */
export class EntityAuditor {
  private readonly tally: LossTally;
  private readonly audit: EntityAudit;
  private failures = 0;

  constructor(
    private readonly entity: AuditedEntity,
    private readonly reader: RowReader,
    private readonly setting: AuditSetting,
  ) {
    this.tally = new LossTally(entity.name, setting.after, setting.seen, setting.endpoints);
    this.audit = emptyAudit(entity, reader.by, setting.store);
  }

  /** Looks for every key of a part, and checks what is found while the next batch is under way. */
  async check(histories: ReadonlyMap<string, KeyHistory>, signal: AbortSignal): Promise<void> {
    const keys = [...histories.keys()];
    this.audit.keys += keys.length;
    let at = 0;
    const next = () => {
      if (at >= keys.length || this.failures >= mostFailures) return undefined;
      const batch = keys.slice(at, at + this.reader.batchSize);
      at += batch.length;
      return { batch, read: this.reader.read(batch) };
    };
    for (let current = next(); current;) {
      const { batch } = current;
      const { rows, failed, tookMs } = await current.read;
      signal.throwIfAborted();
      this.audit.batches += 1;
      this.audit.tookMs += tookMs;
      this.audit.longestBatchMs = Math.max(this.audit.longestBatchMs, tookMs);
      this.failures = failed ? this.failures + 1 : 0;
      if (failed) this.unaudited(failed.keys.length, failed.reason);
      current = next();
      const unknown = new Set(failed?.keys);
      for (const key of batch) {
        const history = histories.get(key);
        if (history && !unknown.has(key)) this.checkOne(key, history, rows.get(key) ?? []);
      }
    }
    if (at < keys.length) this.unaudited(keys.length - at, this.audit.unaudited?.reason ?? '');
  }

  result(): EntityAudit {
    return { ...this.audit, goneColumns: [...this.reader.goneColumns], losses: this.tally.losses() };
  }

  private checkOne(key: string, history: KeyHistory, rows: readonly FoundRow[]): void {
    this.audit.rows += rows.length;
    const { losses, landed } = checkKey(history, rows, (column, written, found) =>
      isSameValue(this.reader.kindOf(column), written, found),
    );
    this.audit.landed += landed;
    let lost = false;
    for (const loss of losses) {
      if (loss.class === 'row lost' && this.isExplained(history)) continue;
      lost = true;
      const gone =
        loss.column === undefined ? this.reader.tableGone : this.reader.goneColumns.includes(loss.column);
      this.tally.add(key, loss, { discarded: this.isDiscarded(loss), gone });
    }
    // Only where it says more than the writes do.
    if (!lost && this.setting.atRest && rows.length <= 1) {
      if (history.writes.some(({ state }) => state === 'indeterminate'))
        this.setting.store.sight(this.entity.name, key, { atUs: this.setting.atUs, row: rows[0] });
    }
  }

  /** Declared: the row may have expired, or gone with its parent. */
  private isExplained({ writes }: KeyHistory): boolean {
    const { expiresMs, cascade } = this.entity;
    const written = writes.filter(({ state }) => state !== 'rejected');
    const last = written.reduce((latest, { endUs }) => Math.max(latest, endUs), Number.NEGATIVE_INFINITY);
    if (expiresMs !== undefined && last + expiresMs * 1000 <= this.setting.atUs) {
      this.audit.expired += 1;
      return true;
    }
    if (!cascade) return false;
    const parent = written.findLast(({ values }) => cascade.by in values)?.values[cascade.by];
    if (parent === undefined || parent === null) return false;
    const deletedUs = this.setting.store.deletedAt(cascade.from, String(parent));
    // A parent that had gone before the row was made took nothing with it.
    if (deletedUs === undefined || deletedUs < (written[0]?.sentUs ?? 0)) return false;
    this.audit.cascaded += 1;
    return true;
  }

  private isDiscarded({ column }: KeyLoss): boolean {
    const names = [this.entity.table, this.entity.name];
    return this.setting.discards.some((discard) => {
      const plain = discard.replace(/^public\./, '');
      return names.some((name) => plain === name || (column !== undefined && plain === `${name}.${column}`));
    });
  }

  private unaudited(keys: number, reason: string): void {
    this.audit.unaudited = { keys: (this.audit.unaudited?.keys ?? 0) + keys, reason };
  }
}

/** An entity that could not be looked at at all. */
export function unauditedEntity(
  entity: AuditedEntity,
  store: LedgerStore,
  keys: number,
  reason: string,
): EntityAudit {
  const by = typeof entity.find === 'string' ? 'sql' : 'http';
  return { ...emptyAudit(entity, by, store), keys, unaudited: { keys, reason } };
}

function emptyAudit({ name, table }: AuditedEntity, by: RowReader['by'], store: LedgerStore): EntityAudit {
  const none = {
    acknowledged: 0,
    rejected: 0,
    indeterminate: 0,
    unidentified: 0,
    unidentifiedIndeterminate: 0,
  };
  return {
    entity: name,
    table,
    by,
    keys: 0,
    rows: 0,
    tookMs: 0,
    batches: 0,
    longestBatchMs: 0,
    ...(store.counts.get(name) ?? none),
    landed: 0,
    losses: [],
    expired: 0,
    cascaded: 0,
    goneColumns: [],
  };
}
