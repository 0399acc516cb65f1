import type { RunUs } from '../foundation/clock.js';
import type { Target } from '../model/contracts.js';
import type { AttemptEnd } from './expectation.js';
import type { LiveRequest } from './live-request.js';
import { Slot, type Fate, type Link, type LinkEvents, type Place } from './slot.js';
import { Bindings } from './bindings.js';

export interface StationOptions {
  /** How many connections in all, whatever the number of targets. */
  connections: number;
  seed: number;
  nowUs: () => RunUs;
  connect(target: Target, events: LinkEvents): Link;
  /** An attempt ended. Called before its connection takes the next request. */
  ended(request: LiveRequest, end: AttemptEnd): void;
}

/**
 * The connections to one service and the queue before them, as a load balancer would hold them: first come, first
 * served; the least busy target next; a request fails at once when no target can be reached. What carries the
 * requests never holds more than one each, so that nothing queues where a deadline could not take it out.
 */
export class Station {
  private readonly bindings: Bindings;
  private readonly waiting = new Set<LiveRequest>();
  private busyCount = 0;
  private serving = false;
  private lastFailure = 'no target';
  /** Connection attempts, and requests handed to a connection, so far. */
  connects = 0;
  sent = 0;

  constructor(private readonly options: StationOptions) {
    const slots = Array.from({ length: options.connections }, (_, i) => new Slot(i, options.seed));
    this.bindings = new Bindings(slots, options.nowUs);
  }

  get connections(): number {
    return this.options.connections;
  }

  get busy(): number {
    return this.busyCount;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /** Sends it, queues it, or fails it at once. */
  submit(request: LiveRequest): void {
    const slot = this.waiting.size === 0 ? this.bindings.take() : undefined;
    if (slot) this.carry(slot, request);
    else if (this.hopeful()) this.queue(request);
    else this.options.ended(request, { kind: 'connectionError', reason: this.lastFailure });
  }

  /** Takes a request out that ended elsewhere (its deadline, the end of the run). */
  withdraw(request: LiveRequest): void {
    if (request.state === 'queued') this.waiting.delete(request);
    const { exchange } = request;
    request.exchange = undefined;
    exchange?.abandon();
  }

  /** Lets rested connections try again. Call every few ms. */
  sweep(): void {
    if (this.bindings.revive()) this.serve();
  }

  /**
   * From now on requests go to these targets only. `drained` is called once nothing is under way at the removed
   * ones, or after `drainMs`, when what still is fails as a connection error.
   */
  setTargets(targets: readonly Target[], drainMs: number, drained: () => void): void {
    const gone = this.bindings.setTargets(targets);
    if (targets.length === 0) this.lastFailure = 'no target';
    this.drain(
      gone.filter((place) => place.busy > 0),
      drainMs,
      drained,
    );
    this.serve();
  }

  /** Ends all connections; nothing may be under way. */
  close(): void {
    this.bindings.close();
  }

  private drain(places: Place[], drainMs: number, drained: () => void): void {
    let left = places.length;
    if (left === 0) {
      drained();
      return;
    }
    const timer = setTimeout(() => {
      for (const slot of this.bindings.slots) {
        const { request, place } = slot;
        if (!request || !place || !places.includes(place)) continue;
        this.withdraw(request);
        this.options.ended(request, { kind: 'connectionError', reason: 'drain deadline' });
      }
      // What is still connecting cannot be aborted, and carries nothing any more.
      for (const place of places) place.onDrained?.();
    }, drainMs);
    for (const place of places) {
      place.onDrained = () => {
        place.onDrained = undefined;
        left -= 1;
        if (left > 0) return;
        clearTimeout(timer);
        drained();
      };
    }
  }

  private queue(request: LiveRequest): void {
    request.state = 'queued';
    this.waiting.add(request);
  }

  /** Something will get free that is not known to be down. */
  private hopeful(): boolean {
    return this.bindings.any() && (this.busyCount > 0 || this.bindings.anyCut());
  }

  private carry(slot: Slot, request: LiveRequest): void {
    const { place } = slot;
    if (!place) return;
    place.busy += 1;
    this.busyCount += 1;
    this.sent += 1;
    slot.busy = true;
    slot.request = request;
    request.state = 'carried';
    slot.link ??= this.options.connect(place.target, this.eventsOf(slot));
    slot.link.send(request);
  }

  private eventsOf(slot: Slot): LinkEvents {
    return {
      nowUs: this.options.nowUs,
      connecting: () => {
        this.connects += 1;
        slot.connects += 1;
        slot.connectedAtUs = this.options.nowUs();
      },
      ended: (request, end, fate) => this.exchangeEnded(slot, request, end, fate),
    };
  }

  private exchangeEnded(slot: Slot, request: LiveRequest | undefined, end: AttemptEnd, fate: Fate): void {
    slot.request = undefined;
    slot.cut = fate === 'cut';
    if (fate === 'clean') slot.failures = 0;
    else if (fate !== 'cut') slot.failures += 1;
    if (slot.place) slot.place.failing = fate === 'not connected';
    if (end.kind === 'connectionError' && end.reason !== undefined) this.lastFailure = end.reason;
    if (request) request.exchange = undefined;
    // Nothing was sent: as a load balancer does, try another connection, to a target that is not known to be down.
    const again = fate === 'lost unsent' || (fate === 'not connected' && this.bindings.anySound());
    if (request && !again) this.options.ended(request, end);
    this.release(slot);
    if (request && again) this.carryOrQueue(request, end);
    if (this.waiting.size > 0) this.serve();
  }

  private carryOrQueue(request: LiveRequest, end: AttemptEnd): void {
    const slot = this.bindings.take('sound');
    if (slot) this.carry(slot, request);
    else if (this.bindings.anySound('busy')) this.queue(request);
    else this.options.ended(request, end);
  }

  private release(slot: Slot): void {
    const { place } = slot;
    this.busyCount -= 1;
    slot.busy = false;
    if (place) place.busy -= 1;
    this.bindings.giveBack(slot);
    if (place?.busy === 0) place.onDrained?.();
  }

  /** Gives the queue what is free; fails it all at once when nothing is left to wait for. */
  private serve(): void {
    // What fails at once comes back here from within: a long queue of it would exhaust the stack.
    if (this.serving) return;
    this.serving = true;
    try {
      this.serveAll();
    } finally {
      this.serving = false;
    }
  }

  private serveAll(): void {
    const nowUs = this.options.nowUs();
    for (const request of this.waiting) {
      // Its deadline has passed: the sweep is about to take it out.
      if (request.deadlineUs <= nowUs) continue;
      const slot = this.bindings.take();
      if (!slot && this.hopeful()) return;
      this.waiting.delete(request);
      if (slot) this.carry(slot, request);
      else this.options.ended(request, { kind: 'connectionError', reason: this.lastFailure });
    }
  }
}
