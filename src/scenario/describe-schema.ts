import { globalRegistry } from 'zod';
import { defOf, type AnySchema } from './schema-walk.js';

/** The description given to a schema or to what it wraps. */
function descriptionOf(schema: AnySchema): string | undefined {
  const own = globalRegistry.get(schema)?.description;
  if (own !== undefined) return own;
  const def = defOf(schema);
  if (def.type === 'optional' || def.type === 'default') return descriptionOf(def.innerType);
  return undefined;
}

const plainTypes: Partial<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  null: 'null',
  record: 'a mapping of names',
};

/** What a schema expects, in words: `a duration such as 250ms, 5s, 10m or 1h`, `one of poisson, uniform`. */
export function describeSchema(schema: AnySchema): string {
  const def = defOf(schema);
  if (def.type === 'optional' || def.type === 'default') return describeSchema(def.innerType);
  // A unit's description says what is expected; its string or number does not.
  if (def.type === 'pipe') return descriptionOf(schema) ?? describeSchema(def.in);
  if (def.type === 'array') return `a list of ${plural(describeSchema(def.element))}`;
  if (def.type === 'tuple') return `a list of ${def.items.length} values`;
  if (def.type === 'object') {
    return withMeaning(`a mapping with ${listed(Object.keys(def.shape))}`, schema);
  }
  if (def.type === 'enum') return `one of ${Object.values(def.entries).join(', ')}`;
  if (def.type === 'literal') return def.values.map(String).join(' or ');
  if (def.type === 'union') return [...new Set(def.options.map(describeSchema))].join(', or ');
  const plain = plainTypes[def.type];
  return plain === undefined ? (descriptionOf(schema) ?? 'a value') : withMeaning(plain, schema);
}

function withMeaning(kind: string, schema: AnySchema): string {
  const meaning = descriptionOf(schema);
  return meaning === undefined ? kind : `${kind} (${meaning})`;
}

function plural(one: string): string {
  return one.replace(/^an? /, '');
}

function listed(keys: string[]): string {
  return keys.length > 6 ? `${keys.slice(0, 6).join(', ')}, …` : keys.join(', ');
}

/** A value as the user may know it again, cut short. */
export function showValue(value: unknown): string {
  if (value === null) return 'nothing (null)';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
