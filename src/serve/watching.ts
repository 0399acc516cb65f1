/** What follows a rehearsal from outside its rooms, for the command that starts one. */
export { startLiveServer } from './live/live-server.js';
export { addMetricsRoute } from './metrics/metrics-route.js';
export { otlpTarget, startOtlpExport } from './metrics/otlp-exporter.js';
export { RunMetrics } from './metrics/run-metrics.js';
