import { parseJsonExactly } from '../foundation/long-integers.js';
import type { ExpectSpec } from '../model/scenario.js';
import { compilePath } from '../template/json-path.js';

/** How one attempt ended, as far as the system is concerned. */
export interface AttemptEnd {
  kind: 'ok' | 'httpError' | 'connectionError' | 'dropped';
  /** Of everything but ok: `503`, `body $.id`, `ECONNRESET`, a SQLSTATE. */
  reason?: string;
  status?: number;
  /** The answer, for captures: parsed JSON, or rows. Only where something needs it. */
  answer?: unknown;
}

const ok: AttemptEnd = { kind: 'ok' };

export interface HttpExpectation {
  readonly needsBody: boolean;
  judge(status: number, body: string, request: { readonly id: string }): AttemptEnd;
}

/** The expected value of a path may be `${request.id}`: an answer that echoes it cannot be another request's. */
const requestIdTemplate = '${request.id}';

/** What an HTTP answer must be; any 2xx by default. `reads`: the body is needed as JSON whatever is expected. */
export function compileHttpExpectation(expect: ExpectSpec, reads: boolean): HttpExpectation {
  const statuses = expect.status === undefined ? undefined : new Set([expect.status].flat());
  const fields = compileFields(expect);
  const { bodyIncludes } = expect;
  const needsJson = reads || fields.length > 0;
  return {
    needsBody: needsJson || bodyIncludes !== undefined,
    judge(status, body, request) {
      const expected = statuses ? statuses.has(status) : status >= 200 && status < 300;
      if (!expected) return { kind: 'httpError', reason: String(status), status };
      if (bodyIncludes !== undefined && !body.includes(bodyIncludes)) {
        return { kind: 'httpError', reason: 'body text', status };
      }
      if (!needsJson) return ok;
      let answer: unknown;
      try {
        answer = parseJsonExactly(body);
      } catch {
        // A capture alone does not make an empty 204 wrong.
        return fields.length > 0 ? { kind: 'httpError', reason: 'body is not JSON', status } : ok;
      }
      const wrong = mismatch(fields, answer, request);
      return wrong ? { kind: 'httpError', reason: wrong, status, answer } : { kind: 'ok', status, answer };
    },
  };
}

/** What a SQL answer must be. */
export function compileSqlExpectation(
  expect: ExpectSpec,
): (rows: unknown[], rowCount: number | null, request: { readonly id: string }) => AttemptEnd {
  const fields = compileFields(expect);
  return (rows, rowCount, request) => {
    const count = rowCount ?? rows.length;
    if (expect.rows !== undefined && count !== expect.rows) {
      return { kind: 'httpError', reason: `rows ${count}` };
    }
    const wrong = mismatch(fields, rows, request);
    return wrong ? { kind: 'httpError', reason: wrong, answer: rows } : { kind: 'ok', answer: rows };
  };
}

interface Field {
  path: string;
  read: (value: unknown) => unknown;
  value: unknown;
}

function compileFields(expect: ExpectSpec): Field[] {
  return Object.entries(expect.json ?? {}).map(([path, value]) => ({ path, read: compilePath(path), value }));
}

function mismatch(
  fields: readonly Field[],
  answer: unknown,
  request: { readonly id: string },
): string | undefined {
  const wrong = fields.find(({ read, value }) => {
    const expected = value === requestIdTemplate ? request.id : value;
    const found = read(answer);
    // A long integer was read as text; the scenario's own is a number, as near as that comes.
    if (typeof expected === 'number' && !Number.isSafeInteger(expected) && typeof found === 'string') {
      return Number(found) !== expected;
    }
    return found !== expected;
  });
  return wrong && `body ${wrong.path}`;
}
