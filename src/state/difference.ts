/** One place in which two JSON values differ; undefined: there is nothing there. */
export interface Difference {
  /** `$.rules[0].enabled`; `$` is the whole. */
  path: string;
  before: unknown;
  after: unknown;
}

/** Every leaf in which two JSON values differ. The order of an object's keys does not count; that of a list does. */
export function differences(before: unknown, after: unknown, path = '$'): Difference[] {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, i) => differences(before[i], after[i], `${path}[${i}]`)).flat();
  }
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => differences(own(before, key), own(after, key), `${path}${segment(key)}`));
  }
  return [{ path, before, after }];
}

/** The value at a path that `differences` made, in another value. */
export function valueAtPath(value: unknown, path: string): unknown {
  let current = value;
  for (const [, name, quoted, index] of path.matchAll(
    /\.([A-Za-z_$][\w$]*)|\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]/g,
  )) {
    const key = name ?? quoted?.replace(/\\(.)/gs, '$1') ?? index ?? '';
    if (Array.isArray(current)) current = current[Number(key)];
    else current = isObject(current) ? own(current, key) : undefined;
  }
  return current;
}

/** Whether one of two paths lies at or below the other. */
export function overlaps(a: string, b: string): boolean {
  return isAtOrBelow(a, b) || isAtOrBelow(b, a);
}

function isAtOrBelow(inner: string, outer: string): boolean {
  if (!inner.startsWith(outer)) return false;
  const next = inner[outer.length];
  return next === undefined || next === '.' || next === '[';
}

function segment(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `['${key.replace(/[\\']/g, String.raw`\$&`)}']`;
}

function own(value: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
