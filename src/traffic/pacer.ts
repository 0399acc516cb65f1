import { Worker } from 'node:worker_threads';
import type { RunClock, RunUs } from '../foundation/clock.js';
import { workerUrl } from '../foundation/worker-url.js';

/** Cells of the control words that pacer and ticker share. */
export const cell = { head: 0, tick: 1, stop: 2 } as const;
/** Wake-ups that fit; a power of two. */
export const ringSize = 4096;

export interface TickerStart {
  control: SharedArrayBuffer;
  times: SharedArrayBuffer;
  clock: { zeroNs: bigint; zeroEpochUs: number };
}

/** Atomics.waitAsync is ES2024, and in V8 since Node 16. */
interface AsyncAtomics {
  waitAsync(
    words: Int32Array,
    index: number,
    value: number,
  ): { async: false; value: string } | { async: true; value: Promise<string> };
}
const asyncAtomics = Atomics as unknown as AsyncAtomics;

/**
 * Wakes this thread at given instants, on an absolute schedule. A ticker thread sleeps in Atomics.wait (which
 * keeps to tens of µs, where timers of an event loop keep to 1 ms) and notifies an Atomics.waitAsync here. Wake-ups
 * are handed over ahead in a ring, so an instant costs one wake of the ticker and one of this thread.
 */
export class Pacer {
  private readonly control = new Int32Array(new SharedArrayBuffer(3 * 4));
  private readonly times = new Float64Array(new SharedArrayBuffer(ringSize * 8));
  private readonly ticker: Worker;
  private stopped = false;

  constructor(
    clock: RunClock,
    private readonly onTick: () => void,
    onFailure: (error: Error) => void,
  ) {
    const start: TickerStart = {
      control: this.control.buffer,
      times: this.times.buffer,
      clock: { zeroNs: clock.zeroNs, zeroEpochUs: clock.zeroEpochUs },
    };
    this.ticker = new Worker(workerUrl(import.meta.url, './ticker.js'), { workerData: start });
    this.ticker.on('error', (error: unknown) => {
      onFailure(error instanceof Error ? error : new Error(String(error)));
    });
    this.ticker.on('exit', () => {
      if (!this.stopped) onFailure(new Error('the ticker thread ended'));
    });
    void this.listen();
  }

  /** Asks for a tick at `atUs`. Instants must not decrease. Ticks may come in addition, and together. */
  wakeAt(atUs: RunUs): void {
    const head = Atomics.load(this.control, cell.head);
    this.times[head & (ringSize - 1)] = atUs;
    Atomics.store(this.control, cell.head, (head + 1) | 0);
    Atomics.notify(this.control, cell.head);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    Atomics.store(this.control, cell.stop, 1);
    Atomics.notify(this.control, cell.stop);
    // The ticker may sleep on either cell.
    Atomics.add(this.control, cell.head, 1);
    Atomics.notify(this.control, cell.head);
    Atomics.add(this.control, cell.tick, 1);
    Atomics.notify(this.control, cell.tick);
    await this.ticker.terminate();
  }

  private async listen(): Promise<void> {
    while (!this.stopped) {
      const seen = Atomics.load(this.control, cell.tick);
      this.onTick();
      const wait = asyncAtomics.waitAsync(this.control, cell.tick, seen);
      // A tick came while this one ran: let I/O have its turn before the next.
      if (wait.async) await wait.value;
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
