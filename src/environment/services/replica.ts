import type { Target } from '../../model/contracts.js';
import type { ReplicaLog } from './replica-log.js';

/** How a replica ended: `exit 1`, `SIGKILL`, `exit 137 (container)`. */
export interface ReplicaExit {
  how: string;
}

/** One running copy of a service. */
export interface Replica {
  /** `shop#3`: increasing, never used again. */
  readonly name: string;
  readonly target: Target;
  readonly log: ReplicaLog;
  /** How other containers of the run reach it. */
  readonly containerOrigin?: string;
  /** Resolves when it has ended, asked to or not. */
  readonly ended: Promise<ReplicaExit>;
  /** SIGTERM, then SIGKILL after the grace period; whatever it started goes too. Idempotent. */
  stop(graceMs: number): Promise<void>;
}

/** What a replica is started from: the scenario's service with the changes of service steps merged in. */
export interface ReplicaSpec {
  command: string[] | undefined;
  image: string | undefined;
  port: number | undefined;
  cwd: string | undefined;
  env: Record<string, string>;
}

/** A start that failed, for `Outcome` or a DtenError. */
export class ReplicaFailure extends Error {
  override readonly name = 'ReplicaFailure';
  constructor(
    readonly code: 'service-not-started' | 'service-not-ready' | 'service-died',
    message: string,
    readonly logTail: string[] = [],
    options?: { cause: unknown },
  ) {
    super(message, options);
  }

  /** Message and log, for people. */
  get details(): string {
    if (this.logTail.length === 0) return `${this.message}; its log is empty`;
    return `${this.message}; its last lines:\n  ${this.logTail.join('\n  ')}`;
  }
}
