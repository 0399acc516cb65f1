import { join } from 'node:path';
import { messageOf } from '../foundation/errors.js';
import type { Database, RunContext, Service, TouchedKeys } from '../model/contracts.js';
import type { Audit, EntityAudit, LedgerWrite } from '../model/ledger.js';
import type { Phase } from '../model/scenario.js';
import { EntityAuditor, unauditedEntity, type AuditSetting } from './audit-entity.js';
import { auditedEntities, type AuditedEntity } from './audited-entity.js';
import { openHttpReader } from './http-reader.js';
import { LedgerStore } from './ledger-store.js';
import { SeenLosses } from './loss-tally.js';
import { readInvariants, type InvariantBaseline } from './read-invariants.js';
import type { RowReader } from './row-reader.js';
import { openSqlReader } from './sql-reader.js';
import { touchedKeys } from './touched-keys.js';

/** Where the ledger's rows are looked for. */
export interface LedgerSystem {
  readonly database: Pick<Database, 'connect' | 'defaultRole'> | undefined;
  readonly services: ReadonlyMap<string, Pick<Service, 'targets'>>;
}

export interface Ledger {
  /** Takes in the attempts at writes that the traffic's workers tell of. */
  add(writes: readonly LedgerWrite[]): void;
  /**
   * Looks for all that was acknowledged so far, and reads the invariants. `after`: the phases that have ended; none
   * before the traffic. `underWay`: requests that have not ended. Never throws but for an abort: what could not be
   * looked at is told in the audit.
   */
  audit(after: readonly Phase[], underWay: number): Promise<Audit>;
  /** Keys of a table's rows that the traffic may have written; or why they are not known. */
  touchedKeys: TouchedKeys;
  /** Resolves when all that was added has left the memory; a failed disk is told by the audit. */
  settled(): Promise<void>;
  /** Removes its files. */
  close(): Promise<void>;
}

/** The ledger of a run; its files lie in the result folder while it runs. */
export async function openLedger(
  ctx: Pick<RunContext, 'plan' | 'clock' | 'signal' | 'resultDir'>,
  system: LedgerSystem,
): Promise<Ledger> {
  const { scenario } = ctx.plan;
  const entities = await auditedEntities(scenario);
  const cascading = entities.flatMap(({ cascade }) => (cascade ? [cascade.from] : []));
  const store = new LedgerStore(join(ctx.resultDir, 'ledger-parts'), cascading);
  const seen = new SeenLosses();
  const before = new Map<string, InvariantBaseline>();
  const nowMs = () => ctx.clock.now() / 1000;
  const endpoints = Object.keys(scenario.traffic.endpoints);
  const only = system.services.size === 1 ? [...system.services.keys()][0] : undefined;

  const open = (entity: AuditedEntity): Promise<RowReader> | RowReader => {
    if (typeof entity.find === 'string') {
      if (!system.database) throw new Error('there is no database');
      return openSqlReader(system.database, entity, nowMs);
    }
    const service = system.services.get(entity.find.service ?? only ?? '');
    if (!service) throw new Error('which service shows the rows is not said: find: { http: …, service: … }');
    return openHttpReader(() => service.targets(), entity, nowMs);
  };

  return {
    add: (writes) => store.add(writes),
    async audit(after, underWay) {
      const atUs = ctx.clock.now();
      const rolledBack = after.some((phase) => phase === 'rollback' || phase === 'recovery');
      const setting: AuditSetting = {
        store,
        after,
        atUs,
        atRest: underWay === 0,
        discards: rolledBack ? scenario.rollback.discards : [],
        seen,
        endpoints,
      };
      const audits = await auditAll(entities, setting, open, ctx.signal);
      const invariants = scenario.ledger?.invariants ?? {};
      const readings = system.database
        ? await readInvariants(system.database, invariants, { before, first: after.length === 0 }, nowMs)
        : Object.entries(invariants).map(([name, { expect }]) => ({
            ...{ name, expect, sample: [], error: 'there is no database', tookMs: 0 },
          }));
      return {
        after: [...after],
        atUs,
        toUs: ctx.clock.now(),
        underWay,
        entities: audits,
        invariants: readings,
        ...(seen.inexact && { freshInexact: true as const }),
      };
    },
    touchedKeys: (table, key) => touchedKeys(scenario, entities, store, table, key),
    settled: () => store.flush().catch(() => undefined),
    close: () => store.close(),
  };
}

async function auditAll(
  entities: readonly AuditedEntity[],
  setting: AuditSetting,
  open: (entity: AuditedEntity) => Promise<RowReader> | RowReader,
  signal: AbortSignal,
): Promise<EntityAudit[]> {
  const auditors = new Map<string, EntityAuditor>();
  const unopened = new Map<string, { reason: string; keys: number }>();
  const readers: RowReader[] = [];
  try {
    for (const entity of entities) {
      try {
        const reader = await open(entity);
        readers.push(reader);
        auditors.set(entity.name, new EntityAuditor(entity, reader, setting));
      } catch (error) {
        unopened.set(entity.name, { reason: messageOf(error), keys: 0 });
      }
    }
    let lost: string | undefined;
    try {
      for await (const part of setting.store.histories()) {
        for (const [name, keys] of part) {
          await auditors.get(name)?.check(keys, signal);
          const closed = unopened.get(name);
          if (closed) closed.keys += keys.size;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      lost = messageOf(error);
    }
    return entities.map((entity) => {
      const closed = unopened.get(entity.name);
      if (closed) return unauditedEntity(entity, setting.store, closed.keys, closed.reason);
      const audit = auditors.get(entity.name)?.result();
      if (!audit) return unauditedEntity(entity, setting.store, 0, 'not looked at');
      const keys = audit.unaudited?.keys ?? 0;
      return lost === undefined ? audit : { ...audit, unaudited: { keys, reason: lost } };
    });
  } finally {
    await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
  }
}
