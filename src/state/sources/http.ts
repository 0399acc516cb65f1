import { messageOf } from '../../foundation/errors.js';
import type { HttpSource } from '../../model/state.js';
import { selectOne, selectValues } from '../json-path.js';
import { ask, jsonOf } from './http-answer.js';
import { nextPage } from './next-page.js';
import { renderAll, type Documents, type Source, type SourceSetting } from './source.js';

/** A JSON API, page by page. HEAD gives one item: the status and the headers. */
export function httpSource(http: HttpSource, select: string | undefined): Source {
  return {
    defaults: {},
    read: (setting) => readHttp(http, select, setting),
  };
}

export async function readHttp(
  http: HttpSource,
  select: string | undefined,
  setting: SourceSetting,
): Promise<Documents> {
  const documents: unknown[] = [];
  const headers = { accept: 'application/json', ...renderAll(http.headers, setting) };
  const first = setting.render(http.url);
  const visited = new Set<string>();
  let url: string | undefined = nextPage(http.page, { first });
  let items = 0;
  let total: unknown;
  for (let page = 1; url !== undefined; page++) {
    if (page > (http.page?.max ?? 1)) return { documents, problem: `there are more than ${page - 1} pages` };
    if (visited.has(url)) return { documents, problem: `page ${page} is one that was read before` };
    if (new URL(url).origin !== new URL(first).origin) {
      // What is sent along (a token) is for the origin that the scenario names.
      return { documents, problem: `page ${page} is on another host, ${new URL(url).origin}` };
    }
    visited.add(url);
    try {
      const answer = await ask({ url, method: http.method, headers, signal: setting.signal });
      if (http.emptyOn.includes(answer.status)) {
        const named = page > 1 && http.page && !('number' in http.page || 'offset' in http.page);
        // A list that is counted up may end so; a page that the one before it named is missing.
        if (named) return { documents, problem: `page ${page} answered ${answer.status}` };
        break;
      }
      const document =
        http.method === 'HEAD' ? { status: answer.status, headers: answer.headers } : jsonOf(url, answer);
      documents.push(document);
      const here = select === undefined ? 1 : selectValues(document, select).length;
      items += here;
      const last = { document, headers: answer.headers, url, items, here, page };
      url = nextPage(http.page, { first, last });
      if (http.page?.total !== undefined) total = selectOne(document, http.page.total);
    } catch (error) {
      return { documents, problem: `${http.page ? `page ${page}: ` : ''}${messageOf(error)}` };
    }
  }
  if (typeof total === 'number' && items < total)
    return { documents, problem: `${items} items were seen of ${total}` };
  return { documents };
}
