import type { ResultEntry } from '../../model/result-head.js';
import { RequestError } from '../error-handling.js';

export const sortKeys = ['start', 'scenario', 'verdict', 'duration'] as const;
export const stateFilters = ['GO', 'NO-GO', 'INVALID', 'none'] as const;
const mostAPage = 500;
const usualAPage = 50;

/** Which results, in which order, and which stretch of them. */
export interface ListQuery {
  scenario?: string;
  /** `none`: no verdict, since it has no end, or cannot be read. */
  verdict?: (typeof stateFilters)[number];
  /** Days, `2026-11-22`, UTC; both included. */
  from?: string;
  to?: string;
  /** The first digits of a commit. */
  revision?: string;
  sort: (typeof sortKeys)[number];
  order: 'asc' | 'desc';
  offset: number;
  limit: number;
}

export interface ListedPage {
  /** All that there are, and all that match. */
  total: number;
  matching: number;
  offset: number;
  limit: number;
  results: ResultEntry[];
  /** For the filter. */
  scenarios: string[];
}

/**
 * Of the parameters of an address; empty ones, as forms send them, count as not given.
 * @throws RequestError (400) with everything that is wrong.
 */
export function readListQuery(parameters: unknown): ListQuery {
  const given =
    typeof parameters === 'object' && parameters !== null ? (parameters as Record<string, unknown>) : {};
  const wrong: string[] = [];
  const read = <T>(name: string, usual: T, parse: (text: string) => T | undefined, expected: string): T => {
    const text = given[name];
    if (text === undefined || text === '') return usual;
    const value = typeof text === 'string' ? parse(text) : undefined;
    if (value === undefined) wrong.push(`${name}: expected ${expected}`);
    return value ?? usual;
  };
  const oneOf =
    <T extends string>(values: readonly T[]) =>
    (text: string) =>
      values.find((value) => value === text);
  const count = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);
  const day = (text: string) => (/^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined);
  const text = (value: string) => (value.length <= 200 ? value : undefined);

  const scenario = read<string | undefined>('scenario', undefined, text, 'a name');
  const verdict = read<ListQuery['verdict']>(
    'verdict',
    undefined,
    oneOf(stateFilters),
    stateFilters.join(', '),
  );
  const from = read<string | undefined>('from', undefined, day, 'a day such as 2026-11-22');
  const to = read<string | undefined>('to', undefined, day, 'a day such as 2026-11-22');
  const hex = (value: string) => (/^[0-9a-f]{1,64}$/i.test(value) ? value.toLowerCase() : undefined);
  const revision = read<string | undefined>('revision', undefined, hex, 'the first digits of a commit');
  const sort = read<ListQuery['sort']>('sort', 'start', oneOf(sortKeys), sortKeys.join(', '));
  const order = read<ListQuery['order']>('order', 'desc', oneOf(['asc', 'desc']), 'asc or desc');
  const offset = read('offset', 0, count, 'a whole number');
  const limit = Math.min(mostAPage, Math.max(1, read('limit', usualAPage, count, 'a whole number')));
  if (wrong.length > 0) throw new RequestError(400, wrong.join('; '));
  return {
    ...(scenario !== undefined && { scenario }),
    ...(verdict !== undefined && { verdict }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(revision !== undefined && { revision }),
    sort,
    order,
    offset,
    limit,
  };
}

/** `entries`: newest first, which also decides between equals. */
export function listPage(entries: readonly ResultEntry[], query: ListQuery): ListedPage {
  const matching = entries.filter((entry) => matches(entry, query));
  const sorted = query.sort === 'start' && query.order === 'desc' ? matching : matching.toSorted(by(query));
  return {
    total: entries.length,
    matching: matching.length,
    offset: query.offset,
    limit: query.limit,
    results: sorted.slice(query.offset, query.offset + query.limit),
    scenarios: [...new Set(entries.map(({ scenario }) => scenario))].sort(),
  };
}

function matches(entry: ResultEntry, { scenario, verdict, from, to, revision }: ListQuery): boolean {
  const day = entry.startedAt?.slice(0, 10);
  return (
    (scenario === undefined || entry.scenario === scenario) &&
    (verdict === undefined || (entry.verdict ?? 'none') === verdict) &&
    (from === undefined || (day !== undefined && day >= from)) &&
    (to === undefined || (day !== undefined && day <= to)) &&
    (revision === undefined || entry.revision?.commit.startsWith(revision) === true)
  );
}

function by({ sort, order }: ListQuery): (a: ResultEntry, b: ResultEntry) => number {
  const keyOf = {
    start: (entry: ResultEntry) => entry.startedAt ?? '',
    scenario: (entry: ResultEntry) => entry.scenario,
    verdict: (entry: ResultEntry) => entry.verdict ?? entry.state,
    duration: (entry: ResultEntry) => entry.durationMs ?? -1,
  }[sort];
  const sign = order === 'asc' ? 1 : -1;
  return (a, b) => {
    const [one, other] = [keyOf(a), keyOf(b)];
    return one === other ? 0 : one < other ? -sign : sign;
  };
}
