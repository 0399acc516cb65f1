import { Worker } from 'node:worker_threads';
import { messageOf } from '../../foundation/errors.js';
import { workerUrl } from '../../foundation/worker-url.js';
import type { FromSampler, SamplerStart, ToSampler } from './messages.js';

/** How long the last sample may take before the thread is given up. */
const stopDeadlineMs = 3_000;
/** How long a first sample is waited for; the sampler goes on trying after it. */
const readyDeadlineMs = 5_000;

export interface SamplerWorker {
  /** Resolves true with the first sample, false when there was none in time. */
  readonly ready: Promise<boolean>;
  /** Asks for a last sample and waits for its messages; the thread is gone afterwards. */
  stop(): Promise<void>;
  terminate(): Promise<void>;
}

/** Starts the sampler's thread; `failed` is called once if it ends unasked. */
export function startSamplerWorker(
  start: SamplerStart,
  onMessage: (message: FromSampler) => void,
  failed: (message: string) => void,
): SamplerWorker {
  const worker = new Worker(workerUrl(import.meta.url, './sampler-thread.js'), {
    workerData: start,
    name: 'dten lock sampler',
  });
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const end = (message: string | undefined) => {
      if (!over && message !== undefined) failed(message);
      over = true;
      resolve();
    };
    worker.once('error', (error) => end(messageOf(error)));
    worker.once('exit', (code) => end(`its thread ended with code ${code}`));
    worker.on('message', (message: FromSampler) => {
      onMessage(message);
      if (message.type === 'stopped') end(undefined);
    });
  });
  const ready = Promise.race([
    new Promise<boolean>((resolve) => {
      worker.on('message', (message: FromSampler) => {
        if (message.type === 'ready') resolve(true);
      });
    }),
    ended.then(() => false),
    unlessSooner(readyDeadlineMs),
  ]);
  return {
    ready,
    async stop() {
      if (!over) {
        worker.postMessage({ type: 'stop' } satisfies ToSampler);
        await Promise.race([ended, unlessSooner(stopDeadlineMs)]);
        if (!over) failed(`its thread did not stop within ${stopDeadlineMs} ms`);
      }
      over = true;
      await worker.terminate();
    },
    async terminate() {
      over = true;
      await worker.terminate();
    },
  };
}

function unlessSooner(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, ms, false).unref());
}
