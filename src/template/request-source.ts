import { compilePath } from './json-path.js';
import { TemplateError, parseTemplate, type Reference } from './parse.js';

/** What was sent, and what came back: where a ledgered write's key and values are read. */
export interface RequestFacts {
  /** `${request.id}`: the same on every attempt, different for every request of a run. */
  id: string;
  /** Path with its query, of an HTTP request. */
  path?: string;
  /** The JSON body as sent. */
  json?: unknown;
  /** Parameters of a SQL request. */
  values?: readonly unknown[];
  /** Parsed JSON, or rows; undefined where there is none. */
  answer?: unknown;
}

export interface RequestSource {
  readonly needsAnswer: boolean;
  /** Undefined: there is no such thing in this request or answer. */
  read(facts: RequestFacts): unknown;
}

const known =
  'known: ${request.id}, ${request.json.<name>…}, ${request.values.<number>}, ${request.path.<number>}; $.path for the answer; anything else is a literal';

/**
 * `$.id`, `$[0].id`: a path in the answer. A text with `${request.…}`: what was sent; exactly one reference keeps its
 * type. Anything else is itself.
 * @throws TemplateError or JsonPathError
 */
export function compileRequestSource(source: string | number | boolean | null): RequestSource {
  if (typeof source !== 'string') return { needsAnswer: false, read: () => source };
  if (/^\$(?:$|[.[])/.test(source)) {
    const read = compilePath(source);
    return { needsAnswer: true, read: ({ answer }) => read(answer) };
  }
  const parts = parseTemplate(source).map((part) => (typeof part === 'string' ? part : readerOf(part)));
  const [only] = parts;
  if (parts.length === 1 && typeof only === 'function') return { needsAnswer: false, read: only };
  return {
    needsAnswer: false,
    read(facts) {
      let text = '';
      for (const part of parts) {
        const value = typeof part === 'string' ? part : part(facts);
        if (value === undefined) return undefined;
        text += typeof value === 'string' ? value : JSON.stringify(value);
      }
      return text;
    },
  };
}

function readerOf(reference: Reference): (facts: RequestFacts) => unknown {
  const [head, part, ...rest] = reference.path;
  const wrong = (message: string) => new TemplateError(reference.offset, message, known);
  const name = reference.path.join('.');
  if (head !== 'request' || reference.args) throw wrong(`unknown name ${name} in the ledger`);
  const [first, ...more] = rest;
  switch (part) {
    case 'id':
      if (first === undefined) return ({ id }) => id;
      break;
    case 'json':
      return ({ json }) => valueAt(json, rest);
    case 'values':
    case 'path': {
      const at = Number(first);
      if (more.length > 0 || !Number.isInteger(at) || at < 1) break;
      return part === 'values' ? ({ values }) => values?.[at - 1] : ({ path }) => segmentOf(path, at);
    }
    case undefined:
    default:
  }
  throw wrong(`unknown name ${name} in the ledger`);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string, unknown>)[segment];
  }
  return current;
}

/** The n-th segment of a path, from 1, decoded: `17` is the second of `/orders/17?full=1`. */
function segmentOf(path: string | undefined, at: number): string | undefined {
  const segment = path?.split(/[?#]/, 1)[0]?.split('/')[at];
  if (segment === undefined || segment === '') return undefined;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
