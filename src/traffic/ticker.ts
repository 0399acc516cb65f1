import { workerData } from 'node:worker_threads';
import { clockFrom } from '../foundation/clock.js';
import { cell, ringSize, type TickerStart } from './pacer.js';

/** The ticker thread's entry: sleeps until the next instant of the ring is due, and ticks. See `Pacer`. */
function run(start: TickerStart): void {
  const control = new Int32Array(start.control);
  const times = new Float64Array(start.times);
  const clock = clockFrom(start.clock.zeroNs, start.clock.zeroEpochUs);
  let tail = 0;
  while (Atomics.load(control, cell.stop) === 0) {
    const head = Atomics.load(control, cell.head);
    if (tail === head) {
      Atomics.wait(control, cell.head, head);
      continue;
    }
    const waitMs = ((times[tail & (ringSize - 1)] ?? 0) - clock.now()) / 1000;
    if (waitMs > 0) {
      // Sleeps on the stop cell, so that stopping does not wait; may wake early: the clock is read again.
      Atomics.wait(control, cell.stop, 0, waitMs);
      continue;
    }
    const nowUs = clock.now();
    do tail = (tail + 1) | 0;
    while (tail !== head && (times[tail & (ringSize - 1)] ?? 0) <= nowUs);
    Atomics.add(control, cell.tick, 1);
    Atomics.notify(control, cell.tick);
  }
}

run(workerData as TickerStart);
