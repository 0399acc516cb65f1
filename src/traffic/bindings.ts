import type { RunUs } from '../foundation/clock.js';
import type { Target } from '../model/contracts.js';
import type { Place, Slot } from './slot.js';

/**
 * Which connection belongs to which target, and which are free. The connections are shared out evenly; those of a
 * target that is down are lent to the others, but for one that keeps knocking, and come back when it answers.
 */
export class Bindings {
  private places: Place[] = [];
  private readonly unbound: Set<Slot>;
  /** Free, but must not connect yet. */
  private readonly resting = new Set<Slot>();
  private turn = 0;

  constructor(
    readonly slots: readonly Slot[],
    private readonly nowUs: () => RunUs,
  ) {
    this.unbound = new Set(slots);
  }

  /** Returns the places of the targets that are gone; free connections have left them. */
  setTargets(targets: readonly Target[]): Place[] {
    const old = this.places;
    const gone = old.filter((place) => !targets.some((target) => isSame(place.target, target)));
    this.places = targets.map(
      (target) => old.find((place) => isSame(place.target, target)) ?? newPlace(target),
    );
    for (const place of gone) place.removed = true;
    for (const slot of this.slots) if (slot.place?.removed && !slot.busy) this.unbind(slot);
    for (const slot of [...this.unbound]) this.bind(slot, fewestSlots(this.places));
    this.level();
    return gone;
  }

  /**
   * A free connection of the least busy target, in turns. `sound`: only of a target that is not known to be down.
   */
  take(which?: 'sound'): Slot | undefined {
    const { places } = this;
    let best: Place | undefined;
    for (let k = 0; k < places.length; k++) {
      const place = places[(this.turn + k) % places.length];
      if (!place || place.ready.length === 0 || (which === 'sound' && place.failing)) continue;
      if (!best || place.busy < best.busy) best = place;
    }
    this.turn = (this.turn + 1) % Math.max(1, places.length);
    return best?.ready.pop() ?? this.borrow();
  }

  /** There is a target, whatever is known of it. */
  any(): boolean {
    return this.places.length > 0;
  }

  /** There is a target that is not known to be down; `busy`: and it has something under way. */
  anySound(which?: 'busy'): boolean {
    return this.places.some((place) => !place.failing && (which !== 'busy' || place.busy > 0));
  }

  /** A connection rests only because we cut the last one. */
  anyCut(): boolean {
    for (const slot of this.resting) if (slot.cut && slot.failures === 0) return true;
    return false;
  }

  /** A connection is free again. */
  giveBack(slot: Slot): void {
    const { place } = slot;
    if (!place) return;
    const inNeed = place.removed ? fewestSlots(this.places) : this.inNeedBeside(place);
    if (inNeed || place.removed) {
      this.unbind(slot);
      this.bind(slot, inNeed);
    } else this.makeReady(slot);
  }

  /** Connections that have rested long enough become free; true if there were any. */
  revive(): boolean {
    const before = this.resting.size;
    if (before === 0) return false;
    const nowUs = this.nowUs();
    for (const slot of this.resting) if (slot.restsUntilUs() <= nowUs) this.makeReady(slot);
    return this.resting.size < before;
  }

  close(): void {
    for (const slot of this.slots) slot.link?.close();
  }

  private makeReady(slot: Slot): void {
    if (slot.restsUntilUs() > this.nowUs()) {
      this.resting.add(slot);
      return;
    }
    this.resting.delete(slot);
    // Connected ones are taken first, the latest used before all.
    if (slot.link?.connected) slot.place?.ready.push(slot);
    else slot.place?.ready.unshift(slot);
  }

  /** Takes a connection from a target that is down for one that is not. */
  private borrow(): Slot | undefined {
    if (this.resting.size === 0) return undefined;
    const sound = this.places.find((place) => !place.failing);
    if (!sound) return undefined;
    for (const slot of this.resting) {
      if (!slot.place?.failing || slot.place.slots < 2) continue;
      this.unbind(slot);
      this.bind(slot, sound);
      return sound.ready.pop();
    }
    return undefined;
  }

  /** A reachable target that has clearly fewer connections than this one. */
  private inNeedBeside(place: Place): Place | undefined {
    if (this.places.length < 2) return undefined;
    return this.places.find((other) => !other.failing && other.slots + 1 < place.slots);
  }

  /** Moves free connections until the targets' numbers differ by one at most, or no free one is left to move. */
  private level(): void {
    for (;;) {
      const few = fewestSlots(this.places);
      if (!few) return;
      const slot = this.places.find((place) => place.slots > few.slots + 1 && place.ready.length > 0)
        ?.ready[0];
      if (!slot) return;
      this.unbind(slot);
      this.bind(slot, few);
    }
  }

  private unbind(slot: Slot): void {
    const { place } = slot;
    this.resting.delete(slot);
    this.unbound.add(slot);
    if (!place) return;
    const at = place.ready.indexOf(slot);
    if (at >= 0) place.ready.splice(at, 1);
    place.slots -= 1;
    slot.place = undefined;
    slot.link?.close();
    slot.link = undefined;
    // It rests from the target that it leaves; the next one has done nothing wrong.
    slot.failures = 0;
    slot.cut = false;
  }

  private bind(slot: Slot, place: Place | undefined): void {
    if (!place) return;
    this.unbound.delete(slot);
    slot.place = place;
    place.slots += 1;
    this.makeReady(slot);
  }
}

function isSame(a: Target, b: Target): boolean {
  return a.origin === b.origin && a.replica === b.replica;
}

function newPlace(target: Target): Place {
  return { target, slots: 0, busy: 0, ready: [], failing: false, removed: false, onDrained: undefined };
}

function fewestSlots(places: readonly Place[]): Place | undefined {
  let fewest: Place | undefined;
  for (const place of places) if (!fewest || place.slots < fewest.slots) fewest = place;
  return fewest;
}
