import type { LockQueue } from '../model/lock-queue.js';
import { partyOf, targetOf, type WaitContext } from './merge/finished-wait.js';
import type { SampledQueue } from './sampler/sampled-queue.js';

/** A sampled queue (in run time) in the words of the result: names instead of oids, actors instead of application names. */
export function lockQueueOf(
  queue: SampledQueue,
  context: Pick<WaitContext, 'names' | 'timeline'>,
): LockQueue {
  return {
    atUs: queue.atUs,
    waiting: queue.waiting.map(({ party, tag, mode, startUs, blockers, behindStep }) => ({
      waiter: partyOf(party, context),
      lockType: tag.lockType,
      mode,
      target: targetOf(tag, (oid) => context.names.get(oid)?.name),
      fromUs: startUs,
      blockedBy: blockers,
      behindStep,
    })),
    leftOut: queue.leftOut,
    holders: queue.holders.map((holder) => partyOf(holder, context)),
  };
}
