const supported =
  "supported: $ with .name, ['quoted name'] and [index], e.g. $.items[0].id or $['order id']; no wildcards, filters or slices";

/** A path that cannot be compiled; `hint` says what is supported. */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
  readonly hint = supported;
}

/**
 * `$.items[0].id` → a function that reads it; undefined where there is no such thing. Only own properties are
 * read, so a path never reaches a prototype.
 * @throws JsonPathError
 */
export function compilePath(path: string): (value: unknown) => unknown {
  const segments = parsePath(path);
  return (value) => {
    let current = value;
    for (const segment of segments) {
      if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment))
        return undefined;
      current = (current as Record<string | number, unknown>)[segment];
    }
    return current;
  };
}

function parsePath(path: string): (string | number)[] {
  if (!path.startsWith('$')) throw new JsonPathError(`a path starts with $, got ${JSON.stringify(path)}`);
  const segments: (string | number)[] = [];
  const pattern = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;
  pattern.lastIndex = 1;
  while (pattern.lastIndex < path.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(path);
    if (!match)
      throw new JsonPathError(`cannot read ${JSON.stringify(path.slice(from))} in ${JSON.stringify(path)}`);
    const [, name, index, single, double] = match;
    if (index !== undefined) segments.push(Number(index));
    else segments.push(name ?? (single ?? double ?? '').replace(/\\(.)/gs, '$1'));
  }
  return segments;
}
