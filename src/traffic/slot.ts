import type { RunUs } from '../foundation/clock.js';
import { drawUnit } from '../foundation/rng.js';
import type { Target } from '../model/contracts.js';
import type { AttemptEnd } from './expectation.js';
import type { LiveRequest } from './live-request.js';

/**
 * How a connection came out of an exchange: usable; cut by us (a deadline); lost; lost before the request was
 * written; or it could not even be made.
 */
export type Fate = 'clean' | 'cut' | 'lost' | 'lost unsent' | 'not connected';

/** A connection to one target, made when first needed and again after it was lost. Carries one request at a time. */
export interface Link {
  readonly connected: boolean;
  send(request: LiveRequest): void;
  /** Ends the connection; only when it carries nothing. */
  close(): void;
}

/** What a link tells its slot. */
export interface LinkEvents {
  nowUs: () => RunUs;
  /** A connection attempt begins. */
  connecting(): void;
  /** `request` is undefined when it was abandoned. */
  ended(request: LiveRequest | undefined, end: AttemptEnd, fate: Fate): void;
}

/** A target and the slots that are bound to it. */
export interface Place {
  readonly target: Target;
  slots: number;
  busy: number;
  /** Free and ready to carry; connected ones at the end. */
  readonly ready: Slot[];
  /** The last attempt to connect failed. */
  failing: boolean;
  removed: boolean;
  onDrained: (() => void) | undefined;
}

const restBaseUs = 100_000;
const restMaxUs = 1_000_000;

/** One of the connections that production concurrency allows; bound to one target at a time. */
export class Slot {
  place: Place | undefined;
  link: Link | undefined;
  /** Carries a request, or is still connecting for one that was abandoned. */
  busy = false;
  request: LiveRequest | undefined;
  /** Losses and failed connects since the last answer. */
  failures = 0;
  /** We ended its connection. */
  cut = false;
  connects = 0;
  connectedAtUs: RunUs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly index: number,
    private readonly seed: number,
  ) {}

  /**
   * Until when it must not connect again: 100 ms after its last attempt, doubling with each failure in a row up to
   * 1 s, and up to a quarter longer so that the connections of a pool do not knock together. A connection that we
   * cut rests 100 ms too: a stalled system must not see as many connects as there are requests running out of time.
   */
  restsUntilUs(): RunUs {
    if (this.link?.connected || (this.failures === 0 && !this.cut)) return Number.NEGATIVE_INFINITY;
    const doublings = Math.min(Math.max(0, this.failures - 1), 10);
    const restUs = Math.min(restMaxUs, restBaseUs * 2 ** doublings);
    return this.connectedAtUs + restUs * (1 + drawUnit(this.seed, this.index, this.connects, 0) / 4);
  }
}
