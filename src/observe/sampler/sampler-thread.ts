import { parentPort, workerData } from 'node:worker_threads';
import { clockFrom, sleep } from '../../foundation/clock.js';
import type { FromSampler, SamplerStart, ToSampler } from './messages.js';
import { sampleUntil } from './sample-loop.js';

/** Entry of the sampler's thread: the main thread blocks for tens of milliseconds a second, a sampler must not. */
const start = workerData as SamplerStart;
const port = parentPort;
if (port) {
  const stop = new AbortController();
  port.on('message', (message: ToSampler) => {
    if (message.type === 'stop') stop.abort(new Error('stopped'));
  });
  const clock = clockFrom(start.clock.zeroNs, start.clock.zeroEpochUs);
  await sampleUntil(stop.signal, start, clock, (message: FromSampler) => port.postMessage(message));
  await sleep(0);
  port.close();
}
