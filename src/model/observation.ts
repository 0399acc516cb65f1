/**
 * What is seen while a rehearsal runs, written to disk as it happens. All times `…Us` are microseconds since
 * run zero on the monotonic clock unless the name says `Epoch`. Persisted: versioned by `dten.result/1`.
 */
export * from './observation-events.js';
export * from './observation-locks.js';
export * from './observation-server.js';
export * from './observation-trace.js';
export * from './observation-traffic.js';
