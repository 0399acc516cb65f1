import { messageOf } from '../foundation/errors.js';
import type { RunContext, ResultWriter, RunningTraffic } from '../model/contracts.js';
import type { Ledger } from '../ledger/ledger.js';
import type { WatchedState } from '../state/watch-state.js';
import type { Phase } from '../model/scenario.js';

/** Looks at the system while nothing is offered to it: before the traffic, in gaps, and after it. */
export interface AtRest {
  /** For the gap's event: `audit`. */
  readonly purpose: string;
  /** The load pauses for it; else it may look beside the load where nothing else pauses it. */
  readonly wantsRest: boolean;
  /** `after`: the phases since the last look; none before the traffic. `underWay`: requests that have not ended. */
  look(after: readonly Phase[], underWay: number): Promise<void>;
}

/** The audit of the ledger, written as it is made. */
export function ledgerAtRest(ctx: RunContext, ledger: Ledger, writer: ResultWriter): AtRest {
  return {
    purpose: 'audit',
    wantsRest: true,
    async look(after, underWay) {
      const audit = await ledger.audit(after, underWay);
      writer.audit(audit);
      for (const { entity, unaudited } of audit.entities) {
        if (unaudited && after.length === 0)
          ctx.emit({ type: 'degraded', source: 'ledger', lost: `${entity}: ${unaudited.reason}` });
      }
    },
  };
}

/** The state of the upgraded system (S1). */
export function stateAtRest(state: WatchedState): AtRest {
  return { purpose: 'probes', wantsRest: state.wantsRest, look: () => state.upgraded() };
}

/** All looks in turn; one that fails is told, and the others go on. */
export async function lookAtRest(
  ctx: RunContext,
  lookers: readonly AtRest[],
  after: readonly Phase[],
  underWay: number,
): Promise<void> {
  for (const looker of lookers) {
    try {
      await looker.look(after, underWay);
    } catch (error) {
      ctx.signal.throwIfAborted();
      ctx.emit({ type: 'degraded', source: looker.purpose, lost: messageOf(error) });
    }
  }
}

/** A pause of the load: what is under way ends, the looks are taken, the load goes on. Returns when it does. */
export async function holdGap(
  ctx: RunContext,
  traffic: RunningTraffic,
  lookers: readonly AtRest[],
  after: readonly Phase[],
): Promise<{ resumesUs: number }> {
  const purpose = `${lookers.map((looker) => looker.purpose).join(' and ')} after ${after.join(' and ')}`;
  const { fromUs, rested } = traffic.pause(longestDeadlineMs(ctx));
  ctx.emit({ type: 'gap', edge: 'start', purpose, fromUs });
  await lookAtRest(ctx, lookers, after, await rested);
  const resumesUs = traffic.resume();
  ctx.emit({ type: 'gap', edge: 'end', purpose, fromUs: resumesUs });
  return { resumesUs };
}

function longestDeadlineMs(ctx: RunContext): number {
  const { timeout, endpoints } = ctx.plan.scenario.traffic;
  return Math.max(timeout, ...Object.values(endpoints).map((endpoint) => endpoint.timeout ?? 0));
}
