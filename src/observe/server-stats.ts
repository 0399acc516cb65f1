import { sleep } from '../foundation/clock.js';
import { messageOf } from '../foundation/errors.js';
import type { Database, ObservationSink, RunContext } from '../model/contracts.js';
import { nothingKnown, sampleDatabase } from './statistics/database-sample.js';
import { hostSampler } from './statistics/host-sample.js';
import { StatementStatistics } from './statistics/statement-statistics.js';
import { TableStatistics, type TableSample } from './statistics/table-statistics.js';
import { ServerSession } from './server-session.js';

const everyMs = 1_000;

/**
 * Hands a sample of the server and this machine to the sink each second, on an absolute schedule, and a last one
 * when disposed. What cannot be read is null in the sample and becomes one `degraded` event for each thing and
 * outage. Without a database: the machine only.
 */
export async function startServerStats(
  ctx: RunContext,
  database: Database | undefined,
  sink: ObservationSink,
): Promise<AsyncDisposable> {
  const failing = new Set<string>();
  const degrade = (what: string, error: unknown) => {
    if (failing.has(what)) return;
    failing.add(what);
    ctx.emit({ type: 'degraded', source: 'server statistics', lost: `${what}: ${messageOf(error)}` });
  };
  const session = database && new ServerSession(database, 'server statistics');
  const tables =
    session &&
    new TableStatistics(session, (count) =>
      degrade(
        'tables',
        new Error(`${count} tables: only the busiest and those that become busy are sampled`),
      ),
    );
  const elsewhere =
    database && new ServerSession(database, 'statement statistics', database.statisticsDatabase);
  const statements = elsewhere && database && new StatementStatistics(elsewhere, database.name);
  const host = hostSampler();

  const sample = async () => {
    const failedNow = new Set<string>();
    const denied = (what: string, error: unknown) => {
      failedNow.add(what);
      degrade(what, error);
    };
    const seen =
      session && database ? await sampleDatabase(session, database.versionNumber, denied) : nothingKnown;
    const perTable: TableSample = (await tables?.sample().catch((error: unknown) => {
      denied('table statistics', error);
      return undefined;
    })) ?? { deadTuples: {}, autovacuums: {}, tableActivity: {} };
    const perStatement = await statements?.sample().catch((error: unknown) => {
      denied('statements, and with them changes of plans', error);
      return undefined;
    });
    for (const what of failing) if (what !== 'tables' && !failedNow.has(what)) failing.delete(what);
    sink.server({
      atUs: ctx.clock.now(),
      ...seen,
      ...perTable,
      ...(perStatement && { statements: perStatement }),
      host: host(),
    });
  };

  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const startUs = ctx.clock.now();
  const dispose = async () => {
    stop.abort(new Error('stopped'));
    await running;
    await session?.[Symbol.asyncDispose]();
    await elsewhere?.[Symbol.asyncDispose]();
  };
  ctx.teardown.defer('server statistics', dispose);
  await sample();
  running = (async () => {
    for (let tick = 1; !stop.signal.aborted;) {
      const nowMs = (ctx.clock.now() - startUs) / 1000;
      tick = Math.max(tick, Math.ceil(nowMs / everyMs));
      await sleep(Math.max(0, tick * everyMs - nowMs), stop.signal).catch(() => undefined);
      tick += 1;
      await sample();
    }
  })();
  return { [Symbol.asyncDispose]: dispose };
}
