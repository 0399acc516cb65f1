import type { PageSpec } from '../../model/state.js';
import { selectOne } from '../json-path.js';

export interface Paging {
  /** The URL as the scenario has it, rendered. */
  first: string;
  /** undefined: nothing has been read yet. */
  last?: {
    url: string;
    document: unknown;
    headers: Record<string, string>;
    /** Items on all pages so far, and on the last one. */
    items: number;
    here: number;
    page: number;
  };
}

/** The URL of the next page; undefined where there is none. */
export function nextPage(page: PageSpec | undefined, { first, last }: Paging): string | undefined {
  if (!page) return last ? undefined : first;
  if ('number' in page) {
    if (last?.here === 0) return undefined;
    return withParam(first, page.number, String(page.from + (last?.page ?? 0)));
  }
  if ('offset' in page) {
    if (last?.here === 0) return undefined;
    return withParam(first, page.offset, String(last?.items ?? 0));
  }
  if (!last) return first;
  if ('link' in page) {
    const target = linkOf(last.headers.link);
    return target === undefined ? undefined : new URL(target, last.url).href;
  }
  const next = selectOne(last.document, page.next);
  if (next === undefined || next === null || next === '' || next === false) return undefined;
  const text = typeof next === 'string' ? next : JSON.stringify(next);
  return page.param === undefined ? new URL(text, last.url).href : withParam(first, page.param, text);
}

function withParam(url: string, name: string, value: string): string {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed.href;
}

/** The target of rel=next in a Link header (RFC 8288, section 3). */
function linkOf(header: string | undefined): string | undefined {
  for (const [, target, parameters = ''] of (header ?? '').matchAll(
    /<([^>]*)>((?:\s*;\s*[^,;="]+(?:=(?:"[^"]*"|[^,;"]*))?)*)/g,
  )) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\s*(?:;|$))/i.test(parameters)) return target;
  }
  return undefined;
}
