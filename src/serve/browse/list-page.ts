import { formatCount, formatMs } from '../../foundation/units.js';
import type { ResultEntry } from '../../model/result-head.js';
import { html, type Html } from '../pages/html.js';
import { shell } from '../pages/shell.js';
import { siteStyle } from '../pages/site-style.js';
import { sortKeys, stateFilters, type ListQuery, type ListedPage } from './list-query.js';

export interface ListPageInput {
  /** The folder, as the user named it. */
  root: string;
  page: ListedPage;
  query: ListQuery;
  /** Folders that lead out of the root. */
  outside: number;
  /** Whether two can be compared here. */
  comparable: boolean;
}

/** The list of results: works without script. */
export function listPageHtml(input: ListPageInput): string {
  const { page, root, query, comparable } = input;
  const table = page.results.length > 0 ? resultTable(input) : html`<p>${nothingText(input)}</p>`;
  return shell({
    title: `dten: results in ${root}`,
    styles: [siteStyle],
    body: html`<header>
        <h1>Results</h1>
        <p class="subject">${root}</p>
      </header>
      <main>
        ${filters(page, query)}
        <p role="status">${countText(input)}</p>
        ${
          comparable && page.results.length > 0
            ? html`<form action="/compare" class="compare">
                <p>Mark one or more as A and as B, then <button type="submit">Compare</button></p>
                ${table}
              </form>`
            : table
        }
        ${pager(page, query)}
      </main>`,
  });
}

function nothingText({ page }: ListPageInput): string {
  return page.total === 0
    ? 'There is no result here yet. Rehearse first: dten rehearse scenarios/orders'
    : 'No result matches.';
}

function countText({ page, outside }: ListPageInput): string {
  const last = Math.min(page.offset + page.limit, page.matching);
  const shown = page.matching > page.limit ? `${formatCount(page.offset + 1)}–${formatCount(last)} of ` : '';
  const filtered = page.matching < page.total ? ` match, of ${formatCount(page.total)}` : '';
  const left = outside > 0 ? `. ${outside} left out: symbolic links that lead out of the folder` : '';
  return `${shown}${formatCount(page.matching)} ${page.matching === 1 ? 'result' : 'results'}${filtered}${left}`;
}

function filters(page: ListedPage, query: ListQuery): Html {
  const option = (value: string, label: string, chosen: string | undefined) =>
    html`<option value="${value}" ${chosen === value && selected}>${label}</option>`;
  return html`<form method="get" action="/" class="filters" role="search" aria-label="Filter results">
    <label
      >Scenario
      <select name="scenario">
        ${option('', 'all', query.scenario ?? '')}
        ${page.scenarios.map((name) => option(name, name, query.scenario))}
      </select></label
    >
    <label
      >Verdict
      <select name="verdict">
        ${option('', 'all', query.verdict ?? '')}
        ${stateFilters.map((name) => option(name, name === 'none' ? 'no verdict' : name, query.verdict))}
      </select></label
    >
    <label>From <input type="date" name="from" value="${query.from ?? ''}" /></label>
    <label>To <input type="date" name="to" value="${query.to ?? ''}" /></label>
    <label
      >Revision
      <input
        name="revision"
        value="${query.revision ?? ''}"
        size="10"
        pattern="[0-9a-fA-F]{1,64}"
        title="the first digits of a commit"
    /></label>
    <label
      >Sort by
      <select name="sort">
        ${sortKeys.map((key) => option(key, key, query.sort))}
      </select></label
    >
    <label
      >Order
      <select name="order">
        ${option('desc', 'newest or largest first', query.order)}${option('asc', 'oldest or smallest first', query.order)}
      </select></label
    >
    <button type="submit">Filter</button>
  </form>`;
}

const selected = html` selected`;

function resultTable({ page, comparable }: ListPageInput): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results">
    <table>
      <thead>
        <tr>
          ${
            comparable &&
            html`<th scope="col">A</th>
              <th scope="col">B</th>`
          }
          <th scope="col">Started (UTC)</th>
          <th scope="col">Scenario</th>
          <th scope="col">Verdict</th>
          <th scope="col">Because</th>
          <th scope="col" class="numeric">Took</th>
          <th scope="col">Revision</th>
        </tr>
      </thead>
      <tbody>
        ${page.results.map((entry) => row(entry, comparable))}
      </tbody>
    </table>
  </div>`;
}

function row(entry: ResultEntry, comparable: boolean): Html {
  const started = entry.startedAt?.replace('T', ' ').replace(/(\.\d+)?Z$/, '') ?? 'not known';
  const box = (side: 'a' | 'b') =>
    html`<td>
      <input
        type="checkbox"
        name="${side}"
        value="${entry.id}"
        aria-label="${`${side.toUpperCase()}: ${entry.scenario}, ${started}`}"
      />
    </td>`;
  return html`<tr>
    ${comparable && [box('a'), box('b')]}
    <th scope="row"><a href="${addressOf(entry.id)}">${started}</a></th>
    <td>${entry.scenario}</td>
    <td>${verdictMark(entry)}</td>
    <td class="because">${entry.because ?? ''}</td>
    <td class="numeric">${entry.durationMs === null ? '–' : formatMs(entry.durationMs)}</td>
    <td>
      ${entry.revision ? html`<code>${entry.revision.commit.slice(0, 10)}</code>${entry.revision.dirty ? ' +' : ''}` : '–'}
    </td>
  </tr>`;
}

const stateText: Record<ResultEntry['state'], string> = {
  complete: '',
  interrupted: 'interrupted',
  broken: 'the harness broke',
  running: 'in progress',
  incomplete: 'incomplete',
  unreadable: 'cannot be read',
};

function verdictMark({ verdict, state }: ResultEntry): Html {
  const mark = verdict && html`<strong class="verdict-mark ${verdict.toLowerCase()}">${verdict}</strong>`;
  const more = stateText[state];
  return html`${mark ?? ''}${mark && more !== '' ? ' ' : ''}${more}`;
}

/** Where a result is shown. */
export function addressOf(id: string): string {
  return `/results/${id.split('/').map(encodeURIComponent).join('/')}`;
}

function pager(page: ListedPage, query: ListQuery): Html | false {
  const previous = page.offset > 0 ? Math.max(0, page.offset - page.limit) : undefined;
  const next = page.offset + page.limit < page.matching ? page.offset + page.limit : undefined;
  if (previous === undefined && next === undefined) return false;
  return html`<nav aria-label="Pages">
    ${previous !== undefined && html`<a rel="prev" href="${listAddress(query, previous)}">Previous</a>`}
    ${next !== undefined && html`<a rel="next" href="${listAddress(query, next)}">Next</a>`}
  </nav>`;
}

function listAddress(query: ListQuery, offset: number): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, offset })) {
    if (typeof value === 'string' || typeof value === 'number') parameters.set(name, String(value));
  }
  return `/?${parameters.toString()}`;
}
