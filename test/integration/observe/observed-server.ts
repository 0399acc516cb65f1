import pg from 'pg';
import { startClock, sleep } from '../../../src/foundation/clock.js';
import { TeardownStack } from '../../../src/foundation/teardown.js';
import { applicationName } from '../../../src/model/actor.js';
import type { Consumer, Database, RunContext } from '../../../src/model/contracts.js';
import type { LockCoverage, LockWait, RunEvent, StampedEvent } from '../../../src/model/observation.js';
import type { LiveLocks } from '../../../src/model/live.js';
import type { LockQueue } from '../../../src/model/lock-queue.js';
import type { RunPlan } from '../../../src/model/plan.js';
import {
  rehearsedDatabase,
  type RehearsedDatabase,
} from '../../../src/environment/database/rehearsed-database.js';
import { startLockObserver } from '../../../src/observe/lock-observer.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';

/** A run's context without a run: events are kept. */
export function testContext(plan: Partial<RunPlan> = {}): RunContext & { events: StampedEvent[] } {
  const clock = startClock();
  const events: StampedEvent[] = [];
  return {
    plan: { upgrade: [], rollback: [], ...plan } as unknown as RunPlan,
    clock,
    signal: new AbortController().signal,
    teardown: new TeardownStack(),
    runId: 'test',
    resultDir: '/nonexistent',
    events,
    emit(event: RunEvent) {
      const stamped: StampedEvent = { ...event, seq: events.length, atUs: clock.now() };
      events.push(stamped);
      return stamped;
    },
  };
}

/** A server of any version and kind that a scene can be played on. */
export interface SceneServer extends AsyncDisposable {
  /** Of the rehearsed database. */
  url: string;
  /** `server_version_num` */
  versionNumber: number;
  /** A client of the rehearsed database, under its actor's name. */
  connect(consumer: Consumer, settings?: Record<string, string>): Promise<pg.Client>;
  /** The rehearsed database for one context. */
  database(ctx: RunContext, overrides?: Partial<Database>): Promise<Database>;
  readLog: Database['readLog'];
}

export interface ObservedServer extends SceneServer {
  postgres: TestPostgres;
}

export async function startObservedServer(settings: Record<string, string> = {}): Promise<ObservedServer> {
  const postgres = await startTestPostgres({ settings });
  const readLog = (fromByte: number) => postgres.server.readLog(fromByte);
  return { ...(await sceneServer(postgres.url, readLog, () => postgres.stop())), postgres };
}

/** `url`: of its superuser, database postgres. */
export async function sceneServer(
  url: string,
  readLog: Database['readLog'],
  stop: () => Promise<void>,
): Promise<SceneServer> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query('create extension if not exists pg_stat_statements');
  await admin.query('create database app');
  const { rows } = await admin.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  await admin.end();
  const versionNumber = rows[0]?.version ?? 0;
  const app = url.replace(/\/postgres$/, '/app');
  const clients: pg.Client[] = [];
  return {
    url: app,
    versionNumber,
    readLog,
    async connect(consumer, sessionSettings = {}) {
      const client = new pg.Client({
        connectionString: app,
        application_name: applicationName(consumer),
      });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      for (const [name, value] of Object.entries(sessionSettings)) {
        await client.query(`set ${name} = '${value}'`);
      }
      return client;
    },
    async database(ctx, overrides = {}) {
      const rehearsed = databaseOf({ url, readLog, versionNumber }, 'app', {}, ctx);
      await rehearsed.startClock();
      return { ...rehearsed, ...overrides };
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(clients.map((client) => client.end()));
      await stop();
    },
  };
}

/** A database of a test's server, as a rehearsal has it; `passwords` by role, beside the superuser's. */
export function observedDatabase(
  { server, url }: TestPostgres,
  name: string,
  passwords: Record<string, string> = {},
  ctx: RunContext = testContext(),
): RehearsedDatabase {
  const readLog = (fromByte: number) => server.readLog(fromByte);
  return databaseOf({ url, readLog, versionNumber: 180_000 }, name, passwords, ctx);
}

function databaseOf(
  { url, readLog, versionNumber }: Pick<SceneServer, 'url' | 'readLog' | 'versionNumber'>,
  name: string,
  passwords: Record<string, string>,
  ctx: RunContext,
): RehearsedDatabase {
  const { hostname, port, username, password } = new URL(url);
  return rehearsedDatabase(ctx, {
    server: {
      provide: 'embedded',
      address: () => ({ host: hostname, port: Number(port) }),
      containerAddress: () => undefined,
      user: username,
      password,
      params: {},
      maintenanceDatabase: 'postgres',
      ours: true,
      readLog,
    },
    name,
    versionNumber,
    roles: {},
    passwords: new Map(Object.entries(passwords)),
  });
}

export interface Observed {
  waits: LockWait[];
  coverage: LockCoverage;
  events: StampedEvent[];
  database: Database;
}

export interface Observing {
  ctx: ReturnType<typeof testContext>;
  database: Database;
  event: (event: RunEvent) => StampedEvent;
  live(): LiveLocks;
}

/** Observes while `scene` plays. */
export async function observe(
  server: SceneServer,
  scene: (observing: Observing) => Promise<void>,
  options: {
    cadenceMs?: number;
    plan?: Partial<RunPlan>;
    overrides?: Partial<Database>;
    onQueue?: (queue: LockQueue) => void;
  } = {},
): Promise<Observed> {
  const ctx = testContext(options.plan);
  const waits: LockWait[] = [];
  const database = await server.database(ctx, options.overrides);
  try {
    const observer = await startLockObserver(
      ctx,
      database,
      { lockWait: (wait) => waits.push(wait), server: () => undefined },
      {
        ...(options.cadenceMs !== undefined && { cadenceMs: options.cadenceMs }),
        ...(options.onQueue && { onQueue: options.onQueue }),
      },
    );
    await scene({
      ctx,
      database,
      event(event) {
        const stamped = ctx.emit(event);
        observer.event(stamped);
        return stamped;
      },
      live: () => observer.live(),
    });
    const coverage = await observer.finish();
    return { waits, coverage, events: ctx.events, database };
  } finally {
    await ctx.teardown.run();
  }
}

/** The pid of a client's session. */
export function pidOf(client: pg.Client): number {
  return (client as unknown as { processID: number }).processID;
}

/** Resolves when the session waits for a lock. */
export async function untilWaiting(watcher: pg.Client, pid: number): Promise<void> {
  for (;;) {
    const { rowCount } = await watcher.query('select from pg_locks where pid = $1 and not granted', [pid]);
    if (rowCount) return;
    await sleep(2);
  }
}
