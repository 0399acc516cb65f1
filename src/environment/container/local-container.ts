import type { Readable } from 'node:stream';
import { GenericContainer, type WaitStrategy } from 'testcontainers';
import { runLabel } from '../leftovers/lease.js';

/** Ready at once: dten has its own checks, which see the service as a client does. */
class NoWait implements WaitStrategy {
  waitUntilReady(): Promise<void> {
    return Promise.resolve();
  }
  withStartupTimeout(): this {
    return this;
  }
  isStartupTimeoutSet(): boolean {
    return false;
  }
  getStartupTimeout(): number {
    return 0;
  }
}

export interface LocalContainerOptions {
  image: string;
  runId: string;
  /** For `docker ps`: `<run>-<what>`. */
  name: string;
  port: number;
  network: string;
  /** How other containers of the run reach it. */
  alias: string;
  env: Record<string, string>;
  command: string[] | undefined;
  /** Volumes, as `name:/path`. */
  binds?: string[];
  /** A port of the host's that stays the same when the container is stopped and started; default: any. */
  hostPort?: number | undefined;
  /** The address the port is bound to; undefined: all of the engine's machine. */
  hostIp: string | undefined;
  onLog?: (stream: Readable) => void;
}

/**
 * A container of the run: labelled, on the run's network, its port published on `hostIp` alone. Cleaning up is
 * dten's own (labels and the sweep), so no reaper container is started beside it.
 */
export class LocalContainer extends GenericContainer {
  constructor(private readonly options: LocalContainerOptions) {
    super(options.image);
    this.withLabels({ [runLabel]: options.runId })
      .withName(options.name.replace(/[^a-zA-Z0-9_.-]/g, '-'))
      .withAutoCleanup(false)
      .withExposedPorts(options.port)
      .withNetworkMode(options.network)
      .withNetworkAliases(options.alias)
      .withEnvironment(options.env)
      .withWaitStrategy(new NoWait());
    if (options.command) this.withCommand(options.command);
    const { onLog } = options;
    if (onLog) this.withLogConsumer(onLog);
  }

  protected override beforeContainerCreated(): Promise<void> {
    const { port, hostIp, binds, hostPort = 0 } = this.options;
    if (hostIp !== undefined || hostPort !== 0) {
      const binding = { ...(hostIp !== undefined && { HostIp: hostIp }), HostPort: String(hostPort) };
      this.hostConfig.PortBindings = { [`${port}/tcp`]: [binding] };
    }
    if (binds) this.hostConfig.Binds = binds;
    return Promise.resolve();
  }
}
