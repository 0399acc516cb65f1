import type { FromWorker } from '../model/contracts.js';
import type { SecondTally, SeriesKind, SparseCounts } from '../model/observation.js';
import { addTallies } from '../model/second-tally.js';

export type IntervalMessage = Extract<FromWorker, { type: 'interval' }>;

/** One series of one second: the parts add up. */
export interface MergedSeries {
  endpoint: number;
  phase: number;
  kind: SeriesKind;
  parts: SparseCounts[];
}

export interface MergedSecond {
  second: number;
  series: MergedSeries[];
  tallies: SecondTally[];
}

interface Pending {
  finals: Set<number>;
  series: Map<string, MergedSeries>;
  tallies: Map<string, SecondTally>;
}

/**
 * Adds up the intervals of all workers by intended second, and hands a second out, in order, once every worker
 * has said `final` for it. A second that somebody never settles is handed out `patienceSeconds` after the newest
 * one; what still comes for a second that was handed out is handed out again: parts only ever add.
 */
export class SecondMerger {
  private readonly pending = new Map<number, Pending>();
  private readonly done = new Set<number>();
  private handedOut = -1;
  private newest = -1;

  constructor(
    private readonly workers: number,
    private readonly patienceSeconds: number,
  ) {}

  add(message: IntervalMessage): void {
    const at = this.at(message.second);
    if (message.final) at.finals.add(message.worker);
    for (const { endpoint, phase, kind, index, count } of message.series) {
      if (index.length === 0) continue;
      const key = `${endpoint}|${phase}|${kind}`;
      const known = at.series.get(key);
      if (known) known.parts.push({ index, count });
      else at.series.set(key, { endpoint, phase, kind, parts: [{ index, count }] });
    }
    for (const tally of message.tally) {
      const key = `${tally.endpoint}|${tally.phase}`;
      const known = at.tallies.get(key);
      at.tallies.set(key, known ? addTallies(known, tally) : tally);
    }
  }

  /** The worker has ended: it settles whatever it was still owing. */
  workerDone(worker: number): void {
    this.done.add(worker);
  }

  /** Takes what has settled, in order. */
  takeSettled(): MergedSecond[] {
    const taken: MergedSecond[] = [];
    for (const second of this.inOrder()) {
      if (!this.settled(second)) break;
      taken.push(this.take(second));
    }
    return taken;
  }

  /** Takes everything, settled or not, in order. */
  takeAll(): MergedSecond[] {
    return this.inOrder().map((second) => this.take(second));
  }

  private at(second: number): Pending {
    let at = this.pending.get(second);
    if (!at) {
      at = { finals: new Set(), series: new Map(), tallies: new Map() };
      this.pending.set(second, at);
      this.newest = Math.max(this.newest, second);
    }
    return at;
  }

  private inOrder(): number[] {
    return [...this.pending.keys()].sort((a, b) => a - b);
  }

  private settled(second: number): boolean {
    if (second <= this.handedOut || this.newest - second > this.patienceSeconds) return true;
    const settled = new Set([...this.done, ...(this.pending.get(second)?.finals ?? [])]);
    return settled.size >= this.workers;
  }

  private take(second: number): MergedSecond {
    const at = this.at(second);
    this.pending.delete(second);
    this.handedOut = Math.max(this.handedOut, second);
    return { second, series: [...at.series.values()], tallies: [...at.tallies.values()] };
  }
}
