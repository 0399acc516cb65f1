import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { startClock } from '../../src/foundation/clock.js';
import { openSession } from '../../src/environment/database/session.js';
import type { LedgerWrite } from '../../src/model/ledger.js';
import type { RunPlan } from '../../src/model/plan.js';
import { scenarioSchema } from '../../src/model/scenario.js';
import type * as ledgerModule from '../../src/ledger/ledger.js';
import { startTestPostgres } from '../support/postgres.js';
import { built } from './built.js';
import { printTable, type Bench } from './goals.js';

const { openLedger } = await built<typeof ledgerModule>('ledger/ledger.js');

const writes = Number(process.env.DTEN_BENCH_WRITES ?? 10_000_000);
/** Told of by the workers at once. */
const messageSize = 1_000;
const rowsPerSecondGoal = 50_000;
/** What ten million writes may add to the memory of a process that holds none. */
const memoryGoalBytes = 400 * 1024 ** 2;

const find = 'select id, customer, amount, status from orders where id = any($1)';

/** One write in ten changes an order of before; the others create one. */
function writeAt(i: number): LedgerWrite {
  const changes = i % 10 === 9;
  const key = changes ? i - 4 : i;
  return {
    entity: 'order',
    op: changes ? 'update' : 'create',
    key: String(key),
    values: changes ? { status: 'paid' } : { customer: key % 20_000, amount: key % 25_000, status: 'open' },
    endpoint: 0,
    phase: 'soak',
    sentUs: i * 100,
    endUs: i * 100 + 50,
    state: 'acknowledged',
  };
}

async function seed(client: pg.Client): Promise<void> {
  await client.query('create unlogged table orders (id bigint, customer int, amount int, status text)');
  await client.query(
    `insert into orders
     select i, i % 20000, i % 25000, case when i % 10 = 5 and i + 4 < $1::int then 'paid' else 'open' end
       from generate_series(0, $1::int - 1) i where i % 10 <> 9`,
    [writes],
  );
  await client.query('alter table orders add primary key (id)');
  await client.query('vacuum analyze orders');
}

/** Ten million writes taken in and audited: memory, rows a second, the longest batch, and exactly the planted losses. */
export const run: Bench = async () => {
  const postgres = await startTestPostgres({ settings: { shared_buffers: '512MB', max_wal_size: '8GB' } });
  const resultDir = await mkdtemp(join(tmpdir(), 'dten-bench-ledger-'));
  const client = await postgres.connect();
  await seed(client);
  const scenario = scenarioSchema.parse({
    name: 'bench',
    environment: { services: { shop: { url: 'http://127.0.0.1:1' } } },
    traffic: {
      rate: '1/s',
      endpoints: {
        create: {
          request: { path: '/' },
          ledger: {
            entity: 'order',
            op: 'create',
            key: '$.id',
            values: { customer: 1, amount: 1, status: 1 },
            find,
          },
        },
      },
    },
    upgrade: { steps: [{ name: 'nothing', wait: '0' }] },
    objectives: {},
  });
  const ledger = await openLedger(
    { plan: { scenario } as RunPlan, clock: startClock(), signal: new AbortController().signal, resultDir },
    {
      database: { connect: () => openSession({ url: postgres.url }), defaultRole: () => 'owner' },
      services: new Map(),
    },
  );
  let peakBytes = 0;
  const watch = setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), 50);
  try {
    const beforeBytes = process.memoryUsage.rss();
    const fromNs = process.hrtime.bigint();
    for (let i = 0; i < writes; i += messageSize) {
      ledger.add(Array.from({ length: Math.min(messageSize, writes - i) }, (_, k) => writeAt(i + k)));
      // Workers tell of their writes as they come; a worker's message is a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      if (i % 100_000 === 0) await ledger.settled();
    }
    await ledger.settled();
    const takenS = Number(process.hrtime.bigint() - fromNs) / 1e9;
    const takenPeak = peakBytes;

    const planted = 137;
    await client.query(
      `delete from orders where id in (select id from orders where id % 10 < 5 order by id limit ${planted})`,
    );
    const auditNs = process.hrtime.bigint();
    const audit = await ledger.audit(['rollback'], 0);
    const auditS = Number(process.hrtime.bigint() - auditNs) / 1e9;
    const [entity] = audit.entities;
    const lost = entity?.losses.map(({ class: kind, count }) => `${kind} ${count}`).join(', ') ?? '';
    const rowsPerSecond = (entity?.keys ?? 0) / auditS;
    const megabytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MB`;
    printTable([
      ['', 'measured'],
      ['writes taken in', `${writes} in ${takenS.toFixed(1)} s, ${Math.round(writes / takenS)}/s`],
      [
        'RSS before, peak taking in, peak auditing',
        [beforeBytes, takenPeak, peakBytes].map(megabytes).join(', '),
      ],
      ['keys audited', `${entity?.keys} in ${auditS.toFixed(1)} s, ${Math.round(rowsPerSecond)}/s`],
      ['batches, longest', `${entity?.batches}, ${entity?.longestBatchMs.toFixed(1)} ms`],
      ['losses', lost],
    ]);
    return [
      {
        goal: `${writes} writes in constant memory (≤ ${megabytes(memoryGoalBytes)} more)`,
        measured: megabytes(peakBytes - beforeBytes),
        met: peakBytes - beforeBytes <= memoryGoalBytes,
      },
      {
        goal: `audit ≥ ${rowsPerSecondGoal} rows/s`,
        measured: `${Math.round(rowsPerSecond)}/s`,
        met: rowsPerSecond >= rowsPerSecondGoal,
      },
      {
        goal: 'audit batches ≤ 100 ms',
        measured: `${entity?.longestBatchMs.toFixed(1)} ms`,
        met: (entity?.longestBatchMs ?? Infinity) <= 100,
      },
      { goal: `exactly ${planted} planted losses`, measured: lost, met: lost === `row lost ${planted}` },
    ];
  } finally {
    clearInterval(watch);
    await ledger.close();
    await postgres.stop();
    await rm(resultDir, { recursive: true, force: true });
  }
};
