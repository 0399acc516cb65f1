import type { StateItem } from '../model/residue.js';
import type { Normalization } from '../model/state.js';
import { removed, selectOne, selectValues, withChanged } from './json-path.js';
import { canonical, normalized } from './normalize.js';
import type { Redactor } from './redact.js';

/** How items are made of what was read: the parts of a probe that do not depend on its source. */
export interface ItemShape {
  /** undefined: the document as a whole is one item. */
  select?: string | undefined;
  key?: readonly string[] | undefined;
  identity2?: string | undefined;
  project?: readonly string[] | undefined;
  ignore: readonly string[];
  normalize: Readonly<Record<string, Normalization>>;
  redact: readonly string[];
  /** What is wrong with an item by itself. */
  odd?: ((raw: unknown) => string | undefined) | undefined;
}

export type ItemsRead = { items: StateItem[] } | { items: StateItem[]; problem: string };

/**
 * The items in documents (pages of one reading). A key that is missing, or that two items share, makes the reading
 * incomplete: without an identity nothing can be said to have stayed.
 */
export function itemsIn(documents: readonly unknown[], shape: ItemShape, redact: Redactor): ItemsRead {
  const items = new Map<string, StateItem>();
  let problem: string | undefined;
  for (const document of documents) {
    const found = shape.select === undefined ? [document] : selectValues(document, shape.select);
    for (const raw of found) {
      const key = keyOf(raw, shape);
      if (key === undefined) problem ??= `an item has no ${shape.key?.join(', ') ?? 'key'}`;
      else if (items.has(key)) problem ??= `two items have the key ${key}: it identifies none of them`;
      else items.set(key, itemOf(raw, key, shape, redact));
    }
  }
  const all = [...items.values()];
  return problem === undefined ? { items: all } : { items: all, problem };
}

function itemOf(raw: unknown, key: string, shape: ItemShape, redact: Redactor): StateItem {
  const identity2 = shape.identity2 === undefined ? undefined : selectOne(raw, shape.identity2);
  // What identifies an item may be a secret too: it is hashed where it is redacted.
  const secret = (path: string) => shape.redact.includes(path);
  const odd = shape.odd?.(raw);
  const shownKey = shape.key?.some(secret) ? redact(key) : key;
  return {
    key: shownKey,
    ...(identity2 !== undefined && {
      identity2:
        shape.identity2 !== undefined && secret(shape.identity2) ? redact(identity2) : canonical(identity2),
    }),
    value: comparedValue(raw, shape, redact),
    ...(odd !== undefined && { odd }),
  };
}

/** What of an item is compared and kept. */
export function comparedValue(raw: unknown, shape: ItemShape, redact: Redactor): unknown {
  let value = raw;
  for (const path of shape.ignore) value = withChanged(value, path, () => removed);
  for (const [path, how] of Object.entries(shape.normalize)) {
    value = withChanged(value, path, (found) => normalized(found, how));
  }
  for (const path of shape.redact) value = withChanged(value, path, redact);
  if (value === removed) return null;
  if (!shape.project) return value;
  return Object.fromEntries(shape.project.map((path) => [nameOf(path), selectOne(value, path)]));
}

/** `$.enabled` → `enabled`: what a projection calls its part. */
function nameOf(path: string): string {
  return path.replace(/^\$\.?/, '') || '$';
}

function keyOf(raw: unknown, { key }: ItemShape): string | undefined {
  if (!key) return '$';
  const parts = key.map((path) => selectOne(raw, path));
  if (parts.some((part) => part === undefined || part === null)) return undefined;
  return parts.map((part) => (typeof part === 'string' ? part : canonical(part))).join(' / ');
}
