import type { FastifyInstance } from 'fastify';
import type { Rehearsed, RehearsalWatcher } from '../../index.js';
import type { RunClock } from '../../foundation/clock.js';
import type { BegunRun } from '../../model/live.js';
import type { Fingerprint } from '../../model/result.js';
import { addAssets } from '../assets.js';
import { startServer, type RunningServer, type ServerOptions } from '../server.js';
import { followFindings } from './findings-so-far.js';
import { LiveFeed } from './live-feed.js';
import { addLiveRoutes, type LiveSource } from './live-routes.js';
import { LiveRun } from './live-run.js';
import type { ViewerStream } from './viewer-stream.js';

/** How long the process stays for viewers that are still being given the report. */
const goodbyeMs = 10_000;

export interface LiveServerOptions extends Omit<ServerOptions, 'routes'> {
  clock: RunClock;
  /** Interrupts the run, as Ctrl-C does. */
  abort(): void;
  routes?: ServerOptions['routes'];
}

export interface LiveServer extends AsyncDisposable {
  readonly server: RunningServer;
  /** Of the next rehearsal; one after the other. */
  watcher(): RehearsalWatcher;
  /** The rehearsal has ended and its folder is sealed: its page becomes the report. */
  ended(rehearsed: Rehearsed | undefined): Promise<void>;
  /** Lets viewers fetch the report, a bounded time, and ends everything. */
  close(): Promise<void>;
}

/** @throws DtenError (exit 2) as startServer does. */
export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const live = new LiveRehearsals(options);
  const assets: ((app: FastifyInstance) => Promise<void>)[] = [(app) => addAssets(app, ['site', 'live'])];
  const server = await startServer({
    ...options,
    routes: [...assets, (app) => addLiveRoutes(app, live), ...(options.routes ?? [])],
  });
  const close = async () => {
    await live.end(undefined);
    await live.goodbye();
    await server.close();
  };
  return {
    server,
    watcher: () => live.watcher(),
    ended: (rehearsed) => live.end(rehearsed),
    close,
    [Symbol.asyncDispose]: close,
  };
}

class LiveRehearsals implements LiveSource {
  readonly viewers = new Set<ViewerStream>();
  private current: { feed: LiveFeed; run: LiveRun; findings: { stop(): Promise<void> } } | undefined;
  private lastDir: string | undefined;
  private runs = 0;
  private owed = 0;
  private whenServed: (() => void) | undefined;

  constructor(private readonly options: LiveServerOptions) {}

  feed(): LiveFeed | undefined {
    return this.current?.feed;
  }

  ended(): string | undefined {
    return this.lastDir;
  }

  abort(): boolean {
    const feed = this.current?.feed;
    if (!feed || feed.ended) return false;
    feed.set({ type: 'aborting' });
    this.options.abort();
    return true;
  }

  reportServed(): void {
    this.owed -= 1;
    if (this.owed <= 0) this.whenServed?.();
  }

  watcher(): RehearsalWatcher {
    let watcher: RehearsalWatcher = {};
    const facts: { fingerprint: Fingerprint | null } = { fingerprint: null };
    return {
      begin: (begun) => {
        watcher = this.begin(begun, facts);
      },
      fingerprint: (fingerprint) => void (facts.fingerprint = fingerprint),
      event: (event) => watcher.event?.(event),
      locks: (live) => watcher.locks?.(live),
      lockQueue: (queue) => watcher.lockQueue?.(queue),
      second: (second) => watcher.second?.(second),
      lockWait: (wait) => watcher.lockWait?.(wait),
      server: (sample) => watcher.server?.(sample),
      health: (sample) => watcher.health?.(sample),
    };
  }

  async end(rehearsed: Rehearsed | undefined): Promise<void> {
    const { current } = this;
    if (!current || current.feed.ended) return;
    await this.stop();
    this.lastDir = rehearsed?.dir;
    const result = rehearsed?.result;
    if (rehearsed && rehearsed.reportFailure === undefined) this.owed = this.viewers.size;
    current.feed.append({
      type: 'end',
      ended: result?.ended ?? 'broken',
      verdict: result?.verdict.verdict ?? null,
      because: result?.verdict.because ?? null,
    });
  }

  /** Nothing follows the run any more. Idempotent. */
  async stop(): Promise<void> {
    this.current?.run.stop();
    await this.current?.findings.stop();
  }

  /** Resolves once every viewer that was there at the end has the report, or after `goodbyeMs`. */
  async goodbye(): Promise<void> {
    if (this.owed <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.whenServed = resolve;
      timer = setTimeout(resolve, goodbyeMs);
    });
    clearTimeout(timer);
  }

  private begin(begun: BegunRun, facts: { fingerprint: Fingerprint | null }): RehearsalWatcher {
    this.runs += 1;
    const feed = new LiveFeed(String(this.runs));
    const run = new LiveRun(feed, begun);
    const findings = followFindings({
      clock: begun.clock,
      next: () =>
        this.viewers.size === 0 ? undefined : { dir: begun.dir, ...facts, lockCoverage: run.coverage() },
      tell: (state) => feed.set(state),
    });
    this.current = { feed, run, findings };
    // Those who watched the run before come again, and are told of this one from its start.
    for (const viewer of this.viewers) viewer.destroy();
    return run.watcher;
  }
}
