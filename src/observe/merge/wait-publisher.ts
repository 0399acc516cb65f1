import type { RunUs } from '../../foundation/clock.js';
import type { ObservationSink } from '../../model/contracts.js';
import type { LogChannel } from '../log/log-channel.js';
import type { LockLine } from '../log/lock-line.js';
import type { RelationNames } from '../relation-names.js';
import type { RunTimeline } from '../run-timeline.js';
import { preparedTransaction, type SampledWait, type SeenParty } from '../sampler/sampled-wait.js';
import type { ClientError } from './client-error.js';
import { finishedWait, type WaitContext } from './finished-wait.js';
import { frontOf } from './front-from-log.js';
import type { MergedWait } from './merge-waits.js';
import { WaitPool } from './wait-pool.js';

export interface WaitPublisherOptions {
  names: RelationNames;
  timeline: RunTimeline;
  log: Pick<LogChannel, 'showsErrors' | 'deadlockTimeoutMs'>;
  sink: Pick<ObservationSink, 'lockWait'>;
}

/** Collects what the channels tell, and hands on each wait once no channel can add to it. */
export class WaitPublisher {
  private readonly pool = new WaitPool();
  private readonly sessions = new Map<number, SeenParty>();
  private readonly context: WaitContext;

  constructor(private readonly options: WaitPublisherOptions) {
    this.context = {
      names: options.names,
      timeline: options.timeline,
      party: (pid) =>
        pid === 0 ? preparedTransaction : (this.sessions.get(pid) ?? { pid, applicationName: '' }),
    };
  }

  addSampled(wait: SampledWait): void {
    for (const party of [wait.waiter, ...wait.blockers, ...wait.longest.chain]) this.met(party);
    this.pool.addSampled(wait);
  }

  addLine(line: LockLine): void {
    const { pid, applicationName, backendType } = line;
    this.met({ pid, applicationName, ...(backendType === undefined ? {} : { backendType }) });
    this.pool.addLine(line);
  }

  addClientError(error: ClientError): void {
    this.pool.addClientError(error);
  }

  /** Hands on every wait that was over, and told by every channel, before the horizon; Infinity: every wait. */
  async publish(horizonUs: RunUs, missedWithinUs: number): Promise<void> {
    const { names, log, sink } = this.options;
    const merged = this.pool.settle(horizonUs, {
      missedWithinUs,
      logShowsErrors: log.showsErrors,
      deadlockTimeoutUs: log.deadlockTimeoutMs === null ? null : log.deadlockTimeoutMs * 1000,
    });
    await names.learn(merged.flatMap(relationsOf)).catch(() => undefined);
    merged.sort((a, b) => a.fromUs - b.fromUs);
    for (const wait of merged) {
      sink.lockWait(finishedWait(wait, frontOf(wait, merged, this.context), this.context));
    }
  }

  /** Keeps whose a pid is; not its statement, which belongs to the moment it was seen in. */
  private met({ pid, applicationName, backendType }: SeenParty): void {
    if (applicationName === '' && this.sessions.has(pid)) return;
    this.sessions.set(pid, { pid, applicationName, ...(backendType === undefined ? {} : { backendType }) });
  }
}

function relationsOf({ tag, sampled }: MergedWait): number[] {
  return [...(tag.relation === undefined ? [] : [tag.relation]), ...(sampled?.relationHints ?? [])];
}
