import type { z } from 'zod';
import { valueAt, type DocumentPath } from './document.js';

export type AnySchema = z.core.$ZodType;

type AnyDef = z.core.$ZodTypes['_zod']['def'];

/** The definition as a discriminated union: zod types its base class loosely. */
export function defOf(schema: AnySchema): AnyDef {
  return (schema as z.core.$ZodTypes)._zod.def;
}

/** The schema inside optional, default and the input side of transforms: what the user writes. */
export function inputOf(schema: AnySchema): AnySchema {
  const def = defOf(schema);
  if (def.type === 'optional' || def.type === 'default') return inputOf(def.innerType);
  return def.type === 'pipe' ? inputOf(def.in) : schema;
}

function isRequired(schema: AnySchema): boolean {
  const { type } = defOf(schema);
  return type !== 'optional' && type !== 'default';
}

/** The keys that an object schema allows; undefined for anything else. */
export function keysOf(schema: AnySchema): string[] | undefined {
  const def = defOf(schema);
  return def.type === 'object' ? Object.keys(def.shape) : undefined;
}

/**
 * The keys that tell object alternatives apart, for each alternative: required in it, and not in all of them.
 * A step is a `sql` step because it has `sql`.
 */
function signatures(objects: AnySchema[]): string[][] {
  const shapes = objects.map((object) => {
    const def = defOf(object);
    return def.type === 'object' ? def.shape : {};
  });
  return shapes.map((shape) =>
    Object.entries(shape)
      .filter(([key, schema]) => isRequired(schema) && !shapes.every((other) => key in other))
      .map(([key]) => key),
  );
}

export type Choice =
  | { kind: 'one'; schema: AnySchema; index: number }
  /** Several objects are possible; the value has the signature of none or of more than one. */
  | { kind: 'objects'; signatures: string[]; present: string[]; keys: string[] }
  /** The value is of none of the types there are. */
  | { kind: 'none' };

/** Which alternative of a union a value means, judged by its type and, for objects, by their keys. */
export function chooseOption(options: readonly AnySchema[], value: unknown): Choice {
  const inputs = options.map((option, index) => ({ schema: inputOf(option), index }));
  const fitting = inputs.filter(({ schema }) => fits(schema, value));
  const [first] = fitting;
  if (!first) return { kind: 'none' };
  if (fitting.length === 1) return { kind: 'one', ...first };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'none' };

  const signs = signatures(fitting.map(({ schema }) => schema));
  const matching = fitting.filter((_, i) => signs[i]?.some((key) => Object.hasOwn(value, key)));
  const [match] = matching;
  if (match && matching.length === 1) return { kind: 'one', ...match };
  const all = [...new Set(signs.flat())];
  return {
    kind: 'objects',
    signatures: all,
    present: all.filter((key) => Object.hasOwn(value, key)),
    keys: [...new Set(fitting.flatMap(({ schema }) => keysOf(schema) ?? []))],
  };
}

/** The types of schema that a JavaScript value can satisfy. */
function fits(schema: AnySchema, value: unknown): boolean {
  const { type } = defOf(schema);
  if (Array.isArray(value)) return type === 'array' || type === 'tuple';
  if (typeof value === 'object' && value !== null) return type === 'object' || type === 'record';
  return type === typeof value;
}

/** The schema that rules the value at `path` below `schema`; alternatives are chosen by the value. */
export function schemaAt(schema: AnySchema, value: unknown, path: DocumentPath): AnySchema | undefined {
  const [segment, ...rest] = path;
  if (segment === undefined) return schema;
  const def = defOf(inputOf(schema));
  if (def.type === 'union') {
    const choice = chooseOption(def.options, value);
    return choice.kind === 'one' ? schemaAt(choice.schema, value, path) : undefined;
  }
  const next = childOf(def, segment);
  return next && schemaAt(next, valueAt(value, [segment]), rest);
}

function childOf(def: AnyDef, segment: string | number): AnySchema | undefined {
  if (def.type === 'object') return def.shape[String(segment)];
  if (def.type === 'record') return def.valueType;
  if (def.type === 'array') return def.element;
  return def.type === 'tuple' ? def.items[Number(segment)] : undefined;
}
