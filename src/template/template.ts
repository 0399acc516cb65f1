import { TemplateError, parseTemplate, type Part } from './parse.js';
import type { TemplateScope } from './scope.js';
import { Missing, resolverOf, type Resolver } from './reference.js';

export { TemplateError } from './parse.js';
export type { TemplateScope } from './scope.js';

/** `missing` says what: `empty pool order`, `no output database.url.x`, `no env.TOKEN`. */
export type Rendered<T> = { ok: true; value: T } | { ok: false; missing: string };

export interface CompiledTemplate<T> {
  readonly source: unknown;
  /** Names of the environment outputs, pools and variables (`row`, `request.id`, `env.X`) it needs. */
  readonly outputs: string[];
  readonly pools: string[];
  readonly variables: string[];
  /** Renders to the same value always. */
  readonly constant: boolean;
  /** How many fields it draws on, from firstField on: the next template of a request starts after them. */
  readonly fields: number;
  render(scope: TemplateScope): Rendered<T>;
}

/** @throws TemplateError with the offset in `source`. */
export function compileText(source: string, firstField = 0): CompiledTemplate<string> {
  const compiler = new Compiler(firstField);
  return compiler.finish<string>(source, compiler.text(parseTemplate(source)));
}

/**
 * A JSON value, deeply. A text that is exactly one `${…}` keeps the value's type (`${random.int(1,9)}` is a
 * number); any other is a text. Keys are not templates. What renders may be shared between renderings: read it only.
 * @throws TemplateError with the offset in the text and the path to it.
 */
export function compileJson(value: unknown, firstField = 0): CompiledTemplate<unknown> {
  const compiler = new Compiler(firstField);
  return compiler.finish<unknown>(value, compiler.json(value, []));
}

/** What a text needs, or why it cannot be compiled. */
export function checkTemplate(source: string): {
  outputs: string[];
  pools: string[];
  variables: string[];
  fields: number;
  error?: { offset: number; message: string; hint: string };
} {
  try {
    const { outputs, pools, variables, fields } = compileText(source);
    return { outputs, pools, variables, fields };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { offset, message, hint } = error;
    return { outputs: [], pools: [], variables: [], fields: 0, error: { offset, message, hint } };
  }
}

/** A node of the compiled tree: a constant, or a function of the scope that may return Missing. */
type Node = { constant: unknown } | { resolve: (scope: TemplateScope) => unknown };

class Compiler {
  private readonly outputs = new Set<string>();
  private readonly pools = new Set<string>();
  private readonly variables = new Set<string>();
  private nextField: number;

  constructor(private readonly firstField: number) {
    this.nextField = firstField;
  }

  finish<T>(source: unknown, node: Node): CompiledTemplate<T> {
    return {
      source,
      outputs: [...this.outputs],
      pools: [...this.pools],
      variables: [...this.variables],
      constant: 'constant' in node,
      fields: this.nextField - this.firstField,
      render: rendererOf<T>(node),
    };
  }

  text(parts: Part[]): Node {
    const pieces = parts.map((part) => (typeof part === 'string' ? part : this.reference(part)));
    if (pieces.every((piece) => typeof piece === 'string')) return { constant: pieces.join('') };
    return { resolve: (scope) => joinPieces(pieces, scope) };
  }

  json(value: unknown, path: (string | number)[]): Node {
    if (typeof value === 'string') return at(path, () => this.jsonText(value));
    if (Array.isArray(value)) return arrayNode(value.map((item, i) => this.json(item, [...path, i])));
    if (typeof value !== 'object' || value === null) return { constant: value };
    const entries = Object.entries(value).map(([key, item]): [string, Node] => {
      if (key.includes('${')) {
        throw new TemplateError(
          0,
          `a key cannot be a template: ${key}`,
          'put the template in the value',
          path,
        );
      }
      return [key, this.json(item, [...path, key])];
    });
    return objectNode(entries);
  }

  private jsonText(source: string): Node {
    const parts = parseTemplate(source);
    const [only] = parts;
    if (parts.length !== 1 || only === undefined || typeof only === 'string') return this.text(parts);
    const resolver = this.reference(only);
    return { resolve: (scope) => resolver.resolve(scope) };
  }

  private reference(part: Exclude<Part, string>): Resolver {
    const resolver = resolverOf(part, this.nextField);
    if (resolver.drawsField) this.nextField += 1;
    if (resolver.output !== undefined) this.outputs.add(resolver.output);
    if (resolver.pool !== undefined) this.pools.add(resolver.pool);
    if (resolver.variable !== undefined) this.variables.add(resolver.variable);
    return resolver;
  }
}

function at<T>(path: (string | number)[], compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    throw new TemplateError(error.offset, error.message, error.hint, path);
  }
}

function rendererOf<T>(node: Node): (scope: TemplateScope) => Rendered<T> {
  if ('constant' in node) {
    const rendered = Object.freeze({ ok: true as const, value: node.constant as T });
    return () => rendered;
  }
  const { resolve } = node;
  return (scope) => {
    const value = resolve(scope);
    return value instanceof Missing ? { ok: false, missing: value.what } : { ok: true, value: value as T };
  };
}

function joinPieces(pieces: (string | Resolver)[], scope: TemplateScope): string | Missing {
  let text = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') {
      text += piece;
      continue;
    }
    const value = piece.resolve(scope);
    if (value instanceof Missing) return value;
    text += textOf(value);
  }
  return text;
}

/** A captured object is written as JSON, everything else as JavaScript prints it. */
function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number'
      ? String(value)
      : JSON.stringify(value);
}

function arrayNode(items: Node[]): Node {
  if (items.every((item) => 'constant' in item)) return { constant: items.map((item) => item.constant) };
  return {
    resolve: (scope) => {
      const values: unknown[] = [];
      for (const item of items) {
        const value = 'constant' in item ? item.constant : item.resolve(scope);
        if (value instanceof Missing) return value;
        values.push(value);
      }
      return values;
    },
  };
}

function objectNode(entries: [string, Node][]): Node {
  const constants = entries.flatMap(([key, node]) =>
    'constant' in node ? [[key, node.constant] as const] : [],
  );
  if (constants.length === entries.length) return { constant: Object.fromEntries(constants) };
  return {
    resolve: (scope) => {
      const values: [string, unknown][] = [];
      for (const [key, node] of entries) {
        const value = 'constant' in node ? node.constant : node.resolve(scope);
        if (value instanceof Missing) return value;
        values.push([key, value]);
      }
      // fromEntries defines `__proto__` as an own key, where an assignment would set the prototype.
      return Object.fromEntries(values);
    },
  };
}
