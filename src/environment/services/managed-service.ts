import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DtenError, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import type { RollOptions, RunContext, Service, ServiceChange, Target } from '../../model/contracts.js';
import type { Outcome } from '../../model/observation.js';
import { resultFiles } from '../../model/result.js';
import type { ServiceSpec } from '../../model/scenario.js';
import { ReplicaFailure, type Replica, type ReplicaSpec } from './replica.js';
import { ReplicaLog } from './replica-log.js';
import { startTogether, strategies } from './roll.js';
import { untilReady } from './readiness.js';

export type TargetsListener = (service: string, targets: readonly Target[], drainMs: number) => Promise<void>;

/** Starts one replica from a spec (not ready yet). Wired by provision: a process or a container. */
export type ReplicaStarter = (
  name: string,
  spec: ReplicaSpec,
  log: ReplicaLog,
  signal: AbortSignal,
) => Promise<Replica>;

export interface ManagedServiceOptions {
  ctx: RunContext;
  name: string;
  spec: ServiceSpec;
  start: ReplicaStarter;
  /** HTTP traffic goes to it. */
  listens: boolean;
  announce: TargetsListener;
}

const addressInUse = /EADDRINUSE|address already in use/i;
const portAttempts = 3;

/** A service whose replicas dten starts, watches, rolls and stops. Replicas that die are told, not replaced. */
export class ManagedService implements Service {
  readonly name: string;
  private current: ReplicaSpec;
  private serving: Replica[] = [];
  private readonly running = new Set<Replica>();
  private readonly leaving = new Set<Replica>();
  private lastNumber = 0;

  constructor(private readonly options: ManagedServiceOptions) {
    this.name = options.name;
    const { command, image, port, cwd, env } = options.spec;
    this.current = { command, image, port, cwd, env };
  }

  targets(): readonly Target[] {
    return this.serving.map((replica) => replica.target);
  }

  environment(): Readonly<Record<string, string>> {
    return this.current.env;
  }

  replicas(): readonly Replica[] {
    return this.serving;
  }

  /** Starts all replicas. @throws DtenError (exit 2) naming the replica, the check and its last log lines. */
  async startAll(): Promise<void> {
    const { spec, ctx } = this.options;
    const started = await startTogether(
      spec.replicas,
      (signal) => this.startOne(this.current, signal),
      (replica) => this.stop(replica),
      ctx.signal,
    ).catch((error: unknown) => {
      throw this.fatal(error);
    });
    await this.change(started, [], 0);
  }

  async replace(change: ServiceChange, roll: RollOptions, signal: AbortSignal): Promise<Outcome> {
    const before = this.current;
    const next: ReplicaSpec = {
      ...before,
      env: { ...before.env, ...change.env },
      ...(change.command ? { command: change.command } : {}),
      ...(change.image ? { image: change.image } : {}),
    };
    // As many as declared, also where one had died.
    const old = [...this.serving];
    const both = AbortSignal.any([signal, this.options.ctx.signal]);
    try {
      await strategies[roll.strategy](
        old,
        {
          startNew: (s) => this.startOne(next, s),
          startOld: (s) => this.startOne(before, s),
          change: (add, remove, drainMs) => this.change(add, remove, drainMs),
          stop: (replica) => this.stop(replica),
        },
        roll,
        both,
      );
      const missing = this.options.spec.replicas - this.serving.length;
      for (let i = 0; i < missing; i++) await this.change([await this.startOne(next, both)], [], 0);
    } catch (error) {
      if (error instanceof ReplicaFailure) return { ok: false, code: error.code, message: error.details };
      return { ok: false, code: both.aborted ? 'aborted' : 'roll-failed', message: messageOf(error) };
    }
    this.current = next;
    return { ok: true };
  }

  /** Ends every replica, also those that were still starting. */
  async stopAll(): Promise<void> {
    this.serving = [];
    await Promise.all([...this.running].map((replica) => this.stop(replica)));
  }

  private async startOne(spec: ReplicaSpec, signal: AbortSignal): Promise<Replica> {
    const { ctx, spec: service, listens } = this.options;
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      const name = `${this.name}#${++this.lastNumber}`;
      this.tell(name, 'starting');
      const replica = await this.launch(name, spec, signal);
      try {
        await untilReady(replica, service.ready, listens, signal);
        this.watch(replica);
        this.tell(name, 'ready', replica.target.origin);
        return replica;
      } catch (error) {
        await this.stop(replica);
        const portTaken =
          error instanceof ReplicaFailure && error.logTail.some((line) => addressInUse.test(line));
        // Another program took the free port before ours listened.
        if (portTaken && attempt < portAttempts && !ctx.signal.aborted) continue;
        throw error;
      }
    }
  }

  private async launch(name: string, spec: ReplicaSpec, signal: AbortSignal): Promise<Replica> {
    const dir = join(this.options.ctx.resultDir, resultFiles.logs);
    await mkdir(dir, { recursive: true });
    const log = await ReplicaLog.create(join(dir, `${name.replace('#', '-')}.log`));
    const replica = await this.options.start(name, spec, log, signal);
    this.running.add(replica);
    return replica;
  }

  private watch(replica: Replica): void {
    void replica.ended.then(async ({ how }) => {
      if (this.leaving.has(replica)) return;
      this.running.delete(replica);
      const logTail = await replica.log.tail().catch(() => []);
      const { ctx } = this.options;
      ctx.emit({
        type: 'service',
        service: this.name,
        replica: replica.name,
        state: 'died',
        detail: how,
        logTail,
      });
      // What it had started is not left behind.
      await replica.stop(0);
      if (!this.serving.includes(replica)) return;
      await this.change([], [replica], 0).catch((error: unknown) =>
        ctx.emit({
          type: 'degraded',
          source: `service ${this.name}`,
          lost: `traffic could not be told that ${replica.name} died: ${messageOf(error)}`,
        }),
      );
    });
  }

  private async change(add: readonly Replica[], remove: readonly Replica[], drainMs: number): Promise<void> {
    const kept = this.serving.filter((replica) => !remove.includes(replica));
    // A replica that died between its readiness and now is no target.
    this.serving = [...kept, ...add.filter((replica) => this.running.has(replica))];
    for (const replica of remove) if (this.running.has(replica)) this.tell(replica.name, 'draining');
    await this.options.announce(this.name, this.targets(), drainMs);
  }

  private async stop(replica: Replica): Promise<void> {
    if (!this.running.has(replica)) return;
    this.leaving.add(replica);
    await replica.stop(this.options.spec.stopGrace);
    this.running.delete(replica);
    this.tell(replica.name, 'stopped', (await replica.ended).how);
  }

  private tell(replica: string, state: 'starting' | 'ready' | 'draining' | 'stopped', detail?: string): void {
    const { ctx } = this.options;
    ctx.emit({
      type: 'service',
      service: this.name,
      replica,
      state,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  private fatal(error: unknown): unknown {
    if (!(error instanceof ReplicaFailure)) return error;
    const portTaken = error.logTail.some((line) => addressInUse.test(line));
    return new DtenError(error.code, `service ${this.name}: ${error.details}`, {
      cause: error,
      exitCode: exitCodes.badInput,
      hint: portTaken
        ? 'a command must listen on $PORT of its environment: every replica gets a port of its own'
        : `its whole log is below ${join(this.options.ctx.resultDir, resultFiles.logs)}; look at environment.services.${this.name}`,
    });
  }
}
