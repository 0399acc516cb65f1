import type { FastifyInstance } from 'fastify';
import type { RunMetrics } from './run-metrics.js';

/** For Prometheus, which brings the token as `authorization: { credentials: … }`. */
export function addMetricsRoute(app: FastifyInstance, metrics: RunMetrics): void {
  app.get('/metrics', async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.text()),
  );
}
