import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env as hostEnvironment } from 'node:process';
import type { Environment, RunContext, TouchedKeys } from '../model/contracts.js';
import type { ProbeReading, SnapshotName, StateLine } from '../model/residue.js';
import { probeClassOf, type Probe } from '../model/state.js';
import { compileText } from '../template/template.js';
import { readCatalog } from './catalog/read-catalog.js';
import { itemCleanups } from './cleanup/item-cleanups.js';
import { cleanupWork, runRound, type RunStep } from './cleanup/run-cleanup.js';
import type { ProbeHead, ProbeResult } from './reading.js';
import { toDelta } from './reading-delta.js';
import { readProbe } from './read-probe.js';
import { redactor } from './redact.js';
import { residueOf } from './residue.js';
import { historiesOf } from './snapshots.js';
import { WatchedTable } from './table/watch-table.js';

/** Probes read at once: enough to hide a slow API behind the others, too few to be a load. */
const probesAtOnce = 4;

export interface StateRooms {
  env: Environment;
  /** Called with each line as it is known. */
  line(line: StateLine): void;
  touched: TouchedKeys;
  runStep: RunStep;
}

/** The snapshots of a run. Each is a no-op where nothing can be told: no rollback, or nothing to probe. */
export interface WatchedState {
  /** S0, twice: the system is ready and no traffic has started. */
  before(): Promise<void>;
  /** S1: upgraded, nothing rolled back yet. */
  upgraded(): Promise<void>;
  /** S2: rolled back, the traffic has ended. Then the cleanup, twice, and S3 after each round. */
  after(): Promise<void>;
  /** Probes besides the catalog: they want a state at rest. */
  readonly wantsRest: boolean;
}

export async function watchState(ctx: RunContext, rooms: StateRooms): Promise<WatchedState> {
  const { plan } = ctx;
  const probes = Object.entries(plan.scenario.probes ?? {});
  const { database } = rooms.env;
  const off = plan.rollback.length === 0 || (probes.length === 0 && !database);
  if (off) {
    const nothing = () => Promise.resolve();
    return { before: nothing, upgraded: nothing, after: nothing, wantsRest: false };
  }
  const held: { dir?: string } = {};
  ctx.teardown.defer('rows kept for probes', async () => {
    if (held.dir !== undefined) await rm(held.dir, { recursive: true, force: true });
  });
  held.dir = await mkdtemp(join(tmpdir(), 'dten-state-'));
  const watch = new StateWatch(ctx, rooms, probes, held.dir);
  return {
    before: async () => {
      await watch.take('S0a');
      await watch.take('S0b');
    },
    upgraded: () => watch.take('S1'),
    after: async () => {
      await watch.take('S2');
      await watch.cleanUp();
    },
    wantsRest: probes.length > 0,
  };
}

class StateWatch {
  private readonly lines: StateLine[] = [];
  private readonly bases = new Map<string, ProbeReading>();
  private readonly tables = new Map<string, WatchedTable>();
  private readonly told = new Set<string>();
  private readonly redact = redactor(randomBytes(32));
  /** Values of variables and database URLs that were sent: an error may quote them, and is written down. */
  private readonly secrets = new Set<string>();

  constructor(
    private readonly ctx: RunContext,
    private readonly rooms: StateRooms,
    private readonly probes: readonly [string, Probe][],
    private readonly dir: string,
  ) {}

  async take(snapshot: SnapshotName): Promise<void> {
    const { ctx, rooms } = this;
    ctx.signal.throwIfAborted();
    ctx.emit({ type: 'note', message: `reading the state: ${snapshot}` });
    const waiting = this.probes.map(([id, probe]) => async () => {
      const fromUs = ctx.clock.now();
      const result = await this.readOne(id, probe, snapshot);
      this.keep(snapshot, headOf(id, probe, isOwned(ctx)), result, fromUs);
    });
    const { database } = rooms.env;
    if (database) {
      waiting.push(async () => {
        const fromUs = ctx.clock.now();
        const owned = isOwned(ctx);
        const rolesElsewhere = this.probes.flatMap(([, probe]) =>
          'credentials' in probe ? [probe.credentials.roles] : [],
        );
        const { redact } = this;
        const unseen = (what: string) => this.unseen(what);
        const { signal } = ctx;
        const readings = await readCatalog({ database, owned, redact, signal, rolesElsewhere, unseen });
        for (const { head, result } of readings) this.keep(snapshot, head, result, fromUs);
      });
    }
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) await next();
    };
    await Promise.all(Array.from({ length: probesAtOnce }, worker));
    // An interrupted reading is no reading: the run ends here, and says so.
    ctx.signal.throwIfAborted();
  }

  /** A role that may not see all of the catalog: said once. */
  private unseen(what: string): void {
    if (this.told.has(what)) return;
    this.told.add(what);
    const lost = `the role may not read ${what}: a change of one would not be seen`;
    this.ctx.emit({ type: 'degraded', source: 'state', lost });
  }

  /** Prints what would clean each item; runs it, twice, where the scenario has a cleanup. */
  async cleanUp(): Promise<void> {
    const { ctx, rooms } = this;
    const report = residueOf(this.lines);
    const histories = historiesOf(this.lines);
    const itemAt = (snapshot: 'S0a' | 'S2', probe: string, key: string) =>
      histories
        .find((history) => history.probe === probe)
        ?.readings.get(snapshot)
        ?.items.get(key)?.value;
    const values = {
      output: (path: string) => this.output(path),
      variable: (name: string) => this.variable(name),
    };
    const items = await itemCleanups(report?.items ?? [], {
      probes: Object.fromEntries(this.probes),
      itemAt,
      values,
      passing: passingOutputs(ctx),
    });
    for (const { command } of items) this.add(command);
    const { cleanup } = ctx.plan.scenario;
    if (!cleanup?.run) return;
    const work = cleanupWork(items, ctx.plan.cleanup ?? []);
    for (const [round, snapshot] of [
      [1, 'S3a'],
      [2, 'S3b'],
    ] as const) {
      ctx.emit({ type: 'note', message: `cleaning up, round ${round} of 2` });
      for (const run of await runRound(round, work, { ctx, env: rooms.env, runStep: rooms.runStep }))
        this.add({ ...run, ...(run.message !== undefined && { message: this.masked(run.message) }) });
      await this.take(snapshot);
    }
  }

  private readOne(id: string, probe: Probe, snapshot: SnapshotName): Promise<ProbeResult> {
    const { ctx, rooms } = this;
    const { database } = rooms.env;
    if ('table' in probe) {
      if (!database) return Promise.resolve({ items: [], complete: false, reason: 'there is no database' });
      const { touched } = rooms;
      const setting = { probe: id, database, dir: this.dir, touched, signal: ctx.signal };
      const table = this.tables.get(id) ?? new WatchedTable(probe, setting);
      this.tables.set(id, table);
      return table.read(snapshot);
    }
    const setting = {
      probe: id,
      snapshot,
      baseDir: ctx.plan.baseDir,
      database,
      render: (text: string) => this.render(text),
      environmentOf: (service: string) => rooms.env.services.get(service)?.environment?.(),
    };
    return readProbe(probe, setting, this.redact, ctx.signal);
  }

  private keep(snapshot: SnapshotName, head: ProbeHead, result: ProbeResult, fromUs: number): void {
    const toUs = this.ctx.clock.now();
    const reason = result.reason === undefined ? {} : { reason: this.masked(result.reason) };
    const reading: ProbeReading = {
      type: 'reading',
      snapshot,
      ...head,
      fromUs,
      toUs,
      gone: [],
      ...result,
      ...reason,
    };
    if (snapshot === 'S0a') this.bases.set(head.probe, reading);
    this.add(toDelta(reading, this.bases.get(head.probe)));
  }

  private add(line: StateLine): void {
    this.lines.push(line);
    this.rooms.line(line);
  }

  private output(path: string): string | undefined {
    const value = this.rooms.env.outputs[path];
    if (value !== undefined && path.startsWith('database.url')) this.secrets.add(value);
    return value;
  }

  private variable(name: string): string | undefined {
    const value = hostEnvironment[name];
    if (value) this.secrets.add(value);
    return value;
  }

  private masked(text: string): string {
    return [...this.secrets].reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }

  private render(text: string): string {
    const rendered = compileText(text).render({
      draw: () => 0,
      output: (path) => this.output(path),
      variable: (path) => (path.startsWith('env.') ? this.variable(path.slice('env.'.length)) : undefined),
    });
    if (!rendered.ok) throw new Error(`${rendered.missing}, needed by ${text}`);
    return rendered.value;
  }
}

function headOf(id: string, probe: Probe, ownedDatabase: boolean): ProbeHead {
  return {
    probe: id,
    class: probeClassOf(probe),
    // Its rows are those that the traffic is known not to have written: nobody else is left.
    owned: 'table' in probe && ownedDatabase,
    expect: probe.expect,
    compare: 'table' in probe ? 'table' : 'equal',
  };
}

/** A database of dten's own: nobody but the rehearsal is connected to it. */
function isOwned(ctx: RunContext): boolean {
  const provide = ctx.plan.scenario.environment.database?.provide;
  return provide === 'embedded' || (typeof provide === 'object' && 'container' in provide);
}

/** Outputs that mean nothing once the run has ended: a printed command names a variable instead. */
function passingOutputs({ plan }: RunContext): (path: string) => string | undefined {
  return (path) => {
    // A database URL also holds a password.
    if (path.startsWith('database.url')) return 'DATABASE_URL';
    const service = /^service\.(.*)\.url$/.exec(path)?.[1];
    if (service === undefined || plan.scenario.environment.services[service]?.url !== undefined)
      return undefined;
    return `${service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_URL`;
  };
}
