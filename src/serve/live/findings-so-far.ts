import { Worker } from 'node:worker_threads';
import type { RunClock } from '../../foundation/clock.js';
import { messageOf } from '../../foundation/errors.js';
import { workerUrl } from '../../foundation/worker-url.js';
import type { LiveState } from '../../model/live-feed.js';
import type { SoFar } from './judge-so-far.js';

const askEveryMs = 1_000;
/** Judging may take one part in so many of the time: the machine is the rehearsal's. */
const restFactor = 20;
const leastRestUs = 2_000_000;

export interface FindingsOptions {
  clock: RunClock;
  /** Undefined: there is nothing to judge now, or nobody who looks. */
  next: () => SoFar | undefined;
  tell: (state: Extract<LiveState, { type: 'findings so far' | 'no findings' }>) => void;
}

/**
 * Judges a run in progress again and again, in a thread of its own, from its files, as often as leaves the machine to
 * the rehearsal. What goes wrong is told, and ends it.
 */
export function followFindings({ clock, next, tell }: FindingsOptions): { stop(): Promise<void> } {
  const worker = new Worker(workerUrl(import.meta.url, './findings-thread.js'), { name: 'dten findings' });
  worker.unref();
  let askedUs: number | undefined;
  let restUntilUs = 0;
  const timer = setInterval(() => {
    const nowUs = clock.now();
    if (askedUs !== undefined || nowUs < restUntilUs) return;
    const soFar = next();
    if (!soFar) return;
    askedUs = nowUs;
    worker.postMessage(soFar);
  }, askEveryMs);
  timer.unref();
  const giveUp = (why: string) => {
    clearInterval(timer);
    tell({ type: 'no findings', why });
  };
  worker.on(
    'message',
    (answer: { why: string } | Omit<Extract<LiveState, { type: 'findings so far' }>, 'type'>) => {
      const nowUs = clock.now();
      restUntilUs = nowUs + Math.max(leastRestUs, restFactor * (nowUs - (askedUs ?? nowUs)));
      askedUs = undefined;
      if ('why' in answer) giveUp(answer.why);
      else tell({ type: 'findings so far', ...answer });
    },
  );
  worker.on('error', (error) => giveUp(messageOf(error)));
  return {
    async stop() {
      clearInterval(timer);
      worker.removeAllListeners();
      await worker.terminate();
    },
  };
}
