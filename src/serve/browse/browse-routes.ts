import type { FastifyInstance } from 'fastify';
import {
  judge,
  lastEvents,
  readResult,
  refuseLinkedFiles,
  renderHtml,
  renderJson,
  type ResultIndex,
} from '../../index.js';
import type { ResultEntry } from '../../model/result-head.js';
import { RequestError } from '../error-handling.js';
import { reportPageHeaders } from '../report-page-headers.js';
import { listPageHtml } from './list-page.js';
import { listPage, readListQuery } from './list-query.js';
import { runningPage } from './running-page.js';

const html = 'text/html; charset=utf-8';

export interface BrowseOptions {
  /** The folder, as the user named it. */
  root: string;
  index: ResultIndex;
}

/** The list of results, each of them, and both for programs below /api. */
export function addBrowseRoutes(app: FastifyInstance, { root, index }: BrowseOptions): void {
  app.get('/', async (request, reply) => {
    const query = readListQuery(request.query);
    const page = listPage(await index.entries(), query);
    const { outside } = index;
    return reply.type(html).send(listPageHtml({ root, page, query, outside, comparable: false }));
  });

  app.get('/api/results', async (request) => {
    const page = listPage(await index.entries(), readListQuery(request.query));
    return { ...page, results: page.results.map(publicEntry) };
  });

  app.get<{ Params: { scenario: string; name: string } }>(
    '/results/:scenario/:name',
    async (request, reply) => {
      const entry = await found(index, request.params);
      if (entry.state === 'running') {
        return reply.type(html).send(runningPage(entry, await lastEvents(entry.dir)));
      }
      const view = await readResult(entry.dir);
      const page = await renderHtml(view, judge(view));
      return reply
        .headers(await reportPageHeaders())
        .type(html)
        .send(page);
    },
  );

  app.get<{ Params: { scenario: string; name: string } }>('/api/results/:scenario/:name', async (request) => {
    const entry = await found(index, request.params);
    if (entry.state === 'running')
      throw new RequestError(409, 'That rehearsal is in progress: it has no verdict yet.');
    const view = await readResult(entry.dir);
    return renderJson(view, judge(view), { dir: entry.dir });
  });
}

/** An address names a result that is in the list, or nothing: it is never made into a path. */
async function found(
  index: ResultIndex,
  { scenario, name }: { scenario: string; name: string },
): Promise<ResultEntry> {
  const entry = await index.find(`${scenario}/${name}`);
  if (!entry) throw new RequestError(404, 'There is no such result here.');
  await refuseLinkedFiles(entry.dir);
  return entry;
}

/** Without where it lies on this machine. */
function publicEntry({ dir, ...entry }: ResultEntry): Omit<ResultEntry, 'dir'> {
  void dir;
  return entry;
}
