import type { FastifyInstance } from 'fastify';
import { readPageAssets } from '../index.js';

/** Style sheets and scripts; they hold nothing of any result, so the form to sign in with may use them too. */
export async function addAssets(app: FastifyInstance, pages: readonly string[]): Promise<void> {
  for (const page of pages) {
    const { script, style } = await readPageAssets(page);
    app.get(`/assets/${page}.js`, { config: { open: true } }, (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(script),
    );
    app.get(`/assets/${page}.css`, { config: { open: true } }, (_request, reply) =>
      reply.type('text/css; charset=utf-8').send(style),
    );
  }
}
