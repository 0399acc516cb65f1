import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { messageOf } from '../foundation/errors.js';
import type { ToWorker } from '../model/contracts.js';
import { TrafficWorker } from './traffic-worker.js';

/** The traffic thread's entry: messages in, messages out (see `ToWorker` and `FromWorker`). */
const port = parentPort;
if (!port) throw new Error('runs as a worker thread only');

let worker: TrafficWorker | undefined;

/** What has come and the event loop has not delivered yet. */
const hear = () => {
  for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
    worker?.receive(next.message as Exclude<ToWorker, { type: 'start' }>);
  }
};

port.on('message', (message: ToWorker) => {
  if (message.type !== 'start') {
    worker?.receive(message);
    return;
  }
  const index = message.start.shard.index;
  const fail = (error: unknown) => {
    port.postMessage({ type: 'failed', worker: index, message: messageOf(error) });
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    worker = new TrafficWorker(message.start, (reply) => port.postMessage(reply), fail, hear);
  } catch (error) {
    fail(error);
  }
});
