import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../foundation/errors.js';
import { judgeSoFar, type SoFar } from './judge-so-far.js';

/** Entry of a thread of its own: judging takes longer than the thread that times the run can be away. */
const port = parentPort;
port?.on('message', (soFar: SoFar) => {
  judgeSoFar(soFar).then(
    (judged) => port.postMessage(judged),
    (error: unknown) => port.postMessage({ why: messageOf(error) }),
  );
});
