import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { resultFiles } from '../../model/result.js';
import { RequestError } from '../error-handling.js';
import { reportPageHeaders } from '../report-page-headers.js';
import type { LiveFeed } from './live-feed.js';
import { livePage } from './live-page.js';
import { ViewerStream } from './viewer-stream.js';

const mostViewers = 50;
const html = 'text/html; charset=utf-8';

/** What the routes need to know of the rehearsals of this process. */
export interface LiveSource {
  feed(): LiveFeed | undefined;
  /** Interrupts the run as Ctrl-C does; false: nothing is running. */
  abort(): boolean;
  /** The folder of the rehearsal that ended last. */
  ended(): string | undefined;
  /** Those who read the feed now. */
  readonly viewers: Set<ViewerStream>;
  /** A viewer has been given the report. */
  reportServed(): void;
}

export function addLiveRoutes(app: FastifyInstance, source: LiveSource): void {
  app.get('/', (_request, reply) => reply.type(html).send(livePage()));

  app.get('/live/session', (request) => ({ csrf: request.session?.csrf ?? null }));

  // A HEAD of it would watch for ever.
  app.get('/live/events', { exposeHeadRoute: false }, (request, reply) => {
    const feed = source.feed();
    if (!feed) throw new RequestError(503, 'The rehearsal has not begun yet.');
    if (source.viewers.size >= mostViewers)
      throw new RequestError(503, `${mostViewers} are watching already.`);
    const lastEventId = request.headers['last-event-id'];
    const stream = new ViewerStream(
      feed,
      feed.cursorAfter(typeof lastEventId === 'string' ? lastEventId : undefined),
    );
    source.viewers.add(stream);
    stream.once('close', () => source.viewers.delete(stream));
    return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
  });

  app.post('/live/abort', (_request, reply) => {
    if (!source.abort()) throw new RequestError(409, 'Nothing is running any more.');
    return reply.code(202).send({ aborting: true });
  });

  app.get('/report', async (request, reply) => {
    const dir = source.ended();
    if (dir === undefined) throw new RequestError(404, 'The rehearsal has not ended yet.');
    const page = await readFile(join(dir, resultFiles.report), 'utf8').catch(() => undefined);
    if (page === undefined)
      throw new RequestError(404, `There is no report.html in ${dir}: dten report makes one.`);
    // The page asks first whether there is one (HEAD).
    if (request.method === 'GET') reply.raw.once('close', () => source.reportServed());
    return reply
      .headers(await reportPageHeaders())
      .type(html)
      .send(page);
  });
}
