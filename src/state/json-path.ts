import { exec, query } from 'jsonpath-rfc9535';

type Json = Parameters<typeof query>[0];

/** The values a JSONPath (RFC 9535) selects, in order. @throws SyntaxError for a path that cannot be read */
export function selectValues(value: unknown, path: string): unknown[] {
  return query(value as Json, path);
}

/** The one value of a path; undefined where it selects none. Of several, their list: they are compared together. */
export function selectOne(value: unknown, path: string): unknown {
  const found = selectValues(value, path);
  return found.length <= 1 ? found[0] : found;
}

/** A copy of a JSON value with `change` applied at what each path selects; `remove` takes it out. */
export function withChanged(value: unknown, path: string, change: (found: unknown) => unknown): unknown {
  const copy: unknown = structuredClone(value);
  const places: (string | number)[][] = [];
  exec(copy as Json, path, (_, at) => void places.push([...at]));
  if (places.some((place) => place.length === 0)) return change(copy);
  // From the last to the first: taking one out of a list moves those behind it.
  for (const place of places.reverse()) {
    const parent = place
      .slice(0, -1)
      .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], copy);
    const last = place.at(-1) ?? '';
    const changed = change((parent as Record<string, unknown>)[last]);
    if (changed !== removed) setOwn(parent as object, last, changed);
    else if (Array.isArray(parent)) parent.splice(Number(last), 1);
    else Reflect.deleteProperty(parent as object, last);
  }
  return copy;
}

/** What a change returns to take the value out. */
export const removed = Symbol('removed');

/** Also a key named __proto__ is an own one. */
function setOwn(parent: object, key: string | number, value: unknown): void {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
}
