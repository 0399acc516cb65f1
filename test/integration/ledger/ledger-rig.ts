import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startClock } from '../../../src/foundation/clock.js';
import { openSession } from '../../../src/environment/database/session.js';
import { openLedger, type Ledger, type LedgerSystem } from '../../../src/ledger/ledger.js';
import type { RunPlan } from '../../../src/model/plan.js';
import type { LedgerWrite, Loss } from '../../../src/model/ledger.js';
import { scenarioSchema, type Phase, type ScenarioInput } from '../../../src/model/scenario.js';
import type { TestPostgres } from '../../support/postgres.js';

export interface LedgerRig extends AsyncDisposable {
  ledger: Ledger;
  /** A write of `item` that was acknowledged at once, unless told otherwise; later than all before it. */
  write(op: LedgerWrite['op'], key: string | null, more?: Partial<LedgerWrite>): LedgerWrite;
  /** Losses of the audit of one entity, by class and column. */
  lossesAfter(after: Phase[], entity?: string): Promise<Record<string, Loss>>;
}

/** A ledger over a database of the test, or a service. */
export async function startLedgerRig(
  spec: Pick<ScenarioInput, 'ledger' | 'rollback'> & {
    endpoints: ScenarioInput['traffic']['endpoints'];
  },
  system: { postgres?: TestPostgres; services?: LedgerSystem['services'] },
): Promise<LedgerRig> {
  const { endpoints, ...rest } = spec;
  const scenario = scenarioSchema.parse({
    name: 'ledgered',
    environment: { services: { shop: { url: 'http://127.0.0.1:1' } } },
    traffic: { rate: '1/s', endpoints },
    upgrade: { steps: [{ name: 'nothing', wait: '0' }] },
    objectives: {},
    ...rest,
  });
  const resultDir = await mkdtemp(join(tmpdir(), 'dten-test-ledger-'));
  const clock = startClock();
  const { postgres } = system;
  const ledger = await openLedger(
    { plan: { scenario } as RunPlan, clock, signal: new AbortController().signal, resultDir },
    {
      database: postgres && {
        connect: () => openSession({ url: postgres.url }),
        defaultRole: () => 'owner',
      },
      services: system.services ?? new Map(),
    },
  );
  let atUs = 0;
  return {
    ledger,
    write(op, key, more = {}) {
      atUs += 10;
      const write: LedgerWrite = {
        entity: 'item',
        op,
        key,
        values: {},
        endpoint: 0,
        phase: 'baseline',
        sentUs: atUs,
        endUs: atUs + 5,
        state: 'acknowledged',
        ...more,
      };
      ledger.add([write]);
      return write;
    },
    async lossesAfter(after, entity = 'item') {
      const audit = (await ledger.audit(after, 0)).entities.find((one) => one.entity === entity);
      if (!audit) throw new Error(`no audit of ${entity}`);
      if (audit.unaudited) throw new Error(`unaudited: ${audit.unaudited.reason}`);
      return Object.fromEntries(
        audit.losses.map((loss) => [
          loss.column === undefined ? loss.class : `${loss.class} ${loss.column}`,
          loss,
        ]),
      );
    },
    async [Symbol.asyncDispose]() {
      await ledger.close();
      await rm(resultDir, { recursive: true, force: true });
    },
  };
}
