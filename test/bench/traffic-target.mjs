// The target of the traffic benches, in a process of its own. Every request is answered at once, or after as many ms
// as it is started with; `/<id>` logs when, on CLOCK_MONOTONIC, which all processes of a machine share. Told
// { stallMs }, it blocks for so long.
import { createServer } from 'node:http';

const serviceMs = Number(process.argv[2] ?? 0);
let log = new Map();
const server = createServer((request, response) => {
  request.resume();
  const answer = () => {
    response.end('{"id":1}');
    if (request.url.length > 1) log.set(request.url.slice(1), process.hrtime.bigint());
  };
  if (serviceMs > 0) setTimeout(answer, serviceMs);
  else answer();
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

process.on('message', ({ stallMs, report }) => {
  if (stallMs) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stallMs);
  if (report) {
    process.send({ log: [...log].map(([id, ns]) => [id, String(ns)]) });
    log = new Map();
  }
});
process.on('disconnect', () => process.exit(0));
