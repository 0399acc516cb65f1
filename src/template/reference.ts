import { streamOf } from '../foundation/rng.js';
import type { Argument, Reference } from './parse.js';
import { TemplateError } from './parse.js';
import { hexDigits, letters, randomText, randomUuid } from './random-text.js';
import type { TemplateScope } from './scope.js';

/** What a reference could not be resolved to; never reaches the caller of render as a value. */
export class Missing {
  constructor(readonly what: string) {}
}

/** A reference made ready: what it needs, and its value in a scope. */
export interface Resolver {
  output?: string;
  pool?: string;
  variable?: string;
  /** Draws from a field of its own. */
  drawsField: boolean;
  resolve(scope: TemplateScope): unknown;
}

export const templateNames = [
  'random.int(min, max)',
  'random.float(min, max)',
  "random.choice('a', 'b', …)",
  'random.uuid()',
  'random.string(length)',
  'random.hex(length)',
  'seen.<pool>',
  'request.id',
  'row',
  'database.url.<role>',
  'database.url',
  'service.<name>.url',
  'env.<NAME>',
  'item.<part> and before.<part> (in a probe’s cleanup)',
];
const known = `known: ${templateNames.join(', ')}`;
const maxTextLength = 65_536;

/** @throws TemplateError for an unknown name or wrong arguments. */
export function resolverOf(reference: Reference, field: number): Resolver {
  const [head = ''] = reference.path;
  if (head === 'random') return randomResolver(reference, field);
  if (
    reference.args &&
    ['seen', 'request', 'env', 'row', 'item', 'before', 'database', 'service'].includes(head)
  ) {
    throw new TemplateError(reference.offset, `${reference.path.join('.')} takes no arguments`, known);
  }
  switch (head) {
    case 'seen':
      return seenResolver(reference);
    case 'request':
      return variableResolver(reference, 'request.id', reference.path.join('.') === 'request.id');
    case 'env':
      return variableResolver(reference, 'env.<NAME>', reference.path.length === 2);
    case 'item':
    case 'before':
      return itemResolver(reference);
    case 'row':
      return rowResolver(reference);
    case 'database':
      return outputResolver(reference, reference.path[1] === 'url' && reference.path.length <= 3);
    case 'service':
      return outputResolver(reference, reference.path.length === 3 && reference.path[2] === 'url');
    default:
      throw unknownName(reference);
  }
}

function unknownName(reference: Reference): TemplateError {
  return new TemplateError(reference.offset, `unknown name ${reference.path.join('.')} in \${…}`, known);
}

function outputResolver(reference: Reference, valid: boolean): Resolver {
  if (!valid) throw unknownName(reference);
  const output = reference.path.join('.');
  const missing = new Missing(`no output ${output}`);
  return { output, drawsField: false, resolve: (scope) => scope.output?.(output) ?? missing };
}

function variableResolver(reference: Reference, expected: string, valid: boolean): Resolver {
  const variable = reference.path.join('.');
  if (!valid)
    throw new TemplateError(reference.offset, `unknown name ${variable}, expected ${expected}`, known);
  const missing = new Missing(`no ${variable}`);
  return { variable, drawsField: false, resolve: (scope) => scope.variable?.(variable) ?? missing };
}

function itemResolver({ path, offset }: Reference): Resolver {
  const variable = path.join('.');
  if (path.length < 2) {
    throw new TemplateError(
      offset,
      `${variable} needs a part`,
      'for example ${item.key} or ${before.enabled}',
    );
  }
  const missing = new Missing(`no ${variable}`);
  return {
    variable,
    drawsField: false,
    resolve: (scope) => {
      const found = scope.item?.(path);
      return found === undefined ? missing : found;
    },
  };
}

function rowResolver(reference: Reference): Resolver {
  if (reference.path.length !== 1) throw unknownName(reference);
  const missing = new Missing('no row (only data generators have one)');
  return { variable: 'row', drawsField: false, resolve: (scope) => scope.row ?? missing };
}

/** The field depends on the pool alone: `${seen.order}` is one value throughout a request's path, headers and body. */
function seenResolver(reference: Reference): Resolver {
  const [, pool] = reference.path;
  if (pool === undefined || reference.path.length !== 2) {
    throw new TemplateError(
      reference.offset,
      'seen needs one pool',
      'for example ${seen.order}, where an endpoint has capture: { order: $.id }',
    );
  }
  const field = streamOf(`seen.${pool}`);
  const missing = new Missing(`empty pool ${pool}`);
  return { pool, drawsField: false, resolve: (scope) => scope.seen?.(pool, scope.draw(field)) ?? missing };
}

function randomResolver(reference: Reference, field: number): Resolver {
  const name = reference.path.slice(1).join('.');
  const args = reference.args ?? [];
  const draws = (resolve: (scope: TemplateScope) => unknown): Resolver => ({ drawsField: true, resolve });
  if (!reference.args && name in randomUsage) {
    throw new TemplateError(reference.offset, `random.${name} needs parentheses`, usageOf(name));
  }
  switch (name) {
    case 'int': {
      const [min, max] = bounds(reference, args, 'int');
      if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || !Number.isSafeInteger(max - min + 1)) {
        throw new TemplateError(reference.offset, 'random.int needs whole numbers', usageOf('int'));
      }
      const span = max - min + 1;
      return draws((scope) => min + Math.floor(scope.draw(field) * span));
    }
    case 'float': {
      const [min, max] = bounds(reference, args, 'float');
      return draws((scope) => min + scope.draw(field) * (max - min));
    }
    case 'choice': {
      if (args.length === 0)
        throw new TemplateError(reference.offset, 'random.choice needs values', usageOf('choice'));
      return draws((scope) => args[Math.floor(scope.draw(field) * args.length)]);
    }
    case 'uuid':
      if (args.length > 0)
        throw new TemplateError(reference.offset, 'random.uuid takes no arguments', usageOf('uuid'));
      return draws((scope) => randomUuid(scope, field));
    case 'string':
    case 'hex': {
      const length = textLength(reference, args, name);
      const alphabet = name === 'hex' ? hexDigits : letters;
      return draws((scope) => randomText(scope, field, length, alphabet));
    }
    default:
      throw unknownName(reference);
  }
}

const randomUsage: Record<string, string> = {
  int: 'random.int(1, 5000): both bounds included',
  float: 'random.float(0, 1)',
  choice: "random.choice('a', 'b', 3)",
  uuid: 'random.uuid()',
  string: 'random.string(12)',
  hex: 'random.hex(16)',
};

function usageOf(name: string): string {
  return randomUsage[name] ?? known;
}

function bounds(reference: Reference, args: Argument[], name: string): [number, number] {
  const [min, max] = args;
  if (args.length !== 2 || typeof min !== 'number' || typeof max !== 'number') {
    throw new TemplateError(reference.offset, `random.${name} needs two numbers`, usageOf(name));
  }
  if (!Number.isFinite(min) || !Number.isFinite(max) || max < min) {
    throw new TemplateError(reference.offset, `random.${name}: ${min} is above ${max}`, usageOf(name));
  }
  return [min, max];
}

function textLength(reference: Reference, args: Argument[], name: string): number {
  const [length] = args;
  if (
    args.length !== 1 ||
    typeof length !== 'number' ||
    !Number.isInteger(length) ||
    length < 1 ||
    length > maxTextLength
  ) {
    throw new TemplateError(
      reference.offset,
      `random.${name} needs a length from 1 to ${maxTextLength}`,
      usageOf(name),
    );
  }
  return length;
}
