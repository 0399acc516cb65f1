import type { RunUs } from '../foundation/clock.js';
import { phases, type Phase } from '../model/scenario.js';
import { Arrivals, phaseStream, type ArrivalOptions } from './arrivals.js';

export interface Arrival {
  /** Index into the model's `phases`. */
  phase: number;
  stream: number;
  /** The i-th request of its phase. */
  index: number;
  atUs: RunUs;
}

export type ScheduleOptions = Omit<ArrivalOptions, 'phase'> & { shard: { index: number; of: number } };

/**
 * The phases' schedules one after another: each runs until the next begins, and the shard takes every n-th
 * request. Pure: it is told the time.
 */
export class PhaseSchedule {
  private readonly segments: Segment[] = [];
  private doneUs: RunUs = Number.POSITIVE_INFINITY;
  /** Nothing starts at or after this instant until `resume`. */
  private pausedUs: RunUs = Number.POSITIVE_INFINITY;

  constructor(private readonly options: ScheduleOptions) {}

  /** The phase begins at `fromUs`; `done` ends all arrivals there. */
  enter(phase: Phase | 'done', fromUs: RunUs): void {
    const last = this.segments.at(-1);
    if (last) last.untilUs = Math.min(last.untilUs, fromUs);
    if (phase === 'done') this.doneUs = Math.min(this.doneUs, fromUs);
    else this.segments.push(new Segment(this.options, phase, fromUs));
  }

  /** From `fromUs` on no request starts. */
  pause(fromUs: RunUs): void {
    this.pausedUs = Math.min(this.pausedUs, fromUs);
  }

  /** What would have started from the pause on starts later by its length: draws and indexes stay as they are. */
  resume(atUs: RunUs): void {
    const fromUs = this.pausedUs;
    this.pausedUs = Number.POSITIVE_INFINITY;
    if (fromUs < atUs) for (const segment of this.segments) segment.postpone(fromUs, atUs);
  }

  /** Start of the next request; Infinity when none is scheduled, or none before the schedule is resumed. */
  nextUs(): RunUs {
    const atUs = this.head()?.peek()?.atUs ?? Number.POSITIVE_INFINITY;
    return atUs < this.pausedUs ? atUs : Number.POSITIVE_INFINITY;
  }

  /** No request will come any more. */
  ended(): boolean {
    return this.doneUs < Number.POSITIVE_INFINITY && this.nextUs() === Number.POSITIVE_INFINITY;
  }

  /** Forgets every request that has not been taken: it is too late to offer them. */
  cut(): void {
    this.segments.length = 0;
    this.doneUs = Math.min(this.doneUs, 0);
  }

  /** The next request if it starts at `nowUs` or before. */
  takeDue(nowUs: RunUs): Arrival | undefined {
    const segment = this.head();
    const next = segment?.peek();
    return next && next.atUs <= nowUs && next.atUs < this.pausedUs ? segment?.take() : undefined;
  }

  /** Calls `wake` with each start up to `untilUs` that no earlier call named, in order. */
  lookAhead(untilUs: RunUs, wake: (atUs: RunUs) => void): void {
    for (const segment of this.segments) segment.lookAhead(Math.min(untilUs, this.pausedUs), wake);
  }

  /** The first segment that still has requests to offer; those that are over are dropped. */
  private head(): Segment | undefined {
    for (;;) {
      const segment = this.segments[0];
      if (!segment || segment.peek()) return segment;
      // Without a successor, and not done: a segment of rate 0.
      if (segment.untilUs === Number.POSITIVE_INFINITY) return segment;
      this.segments.shift();
    }
  }
}

/** One phase. */
class Segment {
  untilUs: RunUs = Number.POSITIVE_INFINITY;
  private readonly arrivals: Arrivals;
  private readonly phaseIndex: number;
  private readonly stream: number;
  private readonly ahead: Arrival[] = [];
  private exhausted = false;
  private namedUs: RunUs = Number.NEGATIVE_INFINITY;
  /** Pauses so far, in order. */
  private readonly pauses: { fromUs: RunUs; lengthUs: number }[] = [];

  constructor(
    private readonly options: ScheduleOptions,
    phase: Phase,
    private readonly fromUs: RunUs,
  ) {
    this.arrivals = new Arrivals({ ...options, phase });
    this.phaseIndex = phases.indexOf(phase);
    this.stream = phaseStream(phase);
  }

  /** A pause from `fromUs` to `toUs`; a phase that begins in it has missed only what came of it then. */
  postpone(fromUs: RunUs, toUs: RunUs): void {
    const lengthUs = toUs - Math.max(fromUs, this.fromUs);
    if (lengthUs <= 0) return;
    this.pauses.push({ fromUs, lengthUs });
    for (const arrival of this.ahead) if (arrival.atUs >= fromUs) arrival.atUs += lengthUs;
    // What had been named for the time before is named anew.
    this.namedUs = Math.min(this.namedUs, fromUs);
  }

  peek(): Arrival | undefined {
    if (this.ahead.length === 0) this.pull();
    const next = this.ahead[0];
    return next && next.atUs < this.untilUs ? next : undefined;
  }

  take(): Arrival | undefined {
    return this.peek() ? this.ahead.shift() : undefined;
  }

  lookAhead(untilUs: RunUs, wake: (atUs: RunUs) => void): void {
    const limitUs = Math.min(untilUs, this.untilUs);
    while (!this.exhausted && (this.ahead.at(-1)?.atUs ?? Number.NEGATIVE_INFINITY) <= limitUs) this.pull();
    for (const { atUs } of this.ahead) {
      if (atUs > limitUs) break;
      if (atUs <= this.namedUs) continue;
      this.namedUs = atUs;
      wake(atUs);
    }
  }

  private pull(): void {
    const { index: shard, of } = this.options.shard;
    while (!this.exhausted) {
      const index = this.arrivals.index;
      const offsetUs = this.arrivals.advance();
      if (offsetUs === Number.POSITIVE_INFINITY) this.exhausted = true;
      else if (index % of === shard) {
        let atUs = this.fromUs + offsetUs;
        for (const { fromUs, lengthUs } of this.pauses) if (atUs >= fromUs) atUs += lengthUs;
        this.ahead.push({ phase: this.phaseIndex, stream: this.stream, index, atUs });
        return;
      }
    }
  }
}
