import type { z } from 'zod';
import { scenarioSchema, type Scenario } from '../model/scenario.js';
import { describeSchema, showValue } from './describe-schema.js';
import { existsAt, formatPath, valueAt, type DocumentPath, type Problem } from './document.js';
import { nearestName, suggest } from '../foundation/nearest-name.js';
import { chooseOption, defOf, inputOf, keysOf, schemaAt, type AnySchema } from './schema-walk.js';

type Issue = z.core.$ZodIssue;

/** The scenario if its shape is right, else every problem of its shape. */
export function checkShape(value: unknown): { scenario: Scenario } | { problems: Problem[] } {
  const parsed = scenarioSchema.safeParse(value);
  if (parsed.success) return { scenario: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) =>
    explain(issue, { schema: scenarioSchema, value, path: [] }),
  );
  return { problems: problems.filter((problem) => !isMisspelt(problem, problems)) };
}

/** `rate` is not missing where `rat` stands beside it: that is one slip, and its own problem says so. */
function isMisspelt(missing: Problem, problems: readonly Problem[]): boolean {
  const name = missing.path.at(-1);
  if (missing.kind !== 'missing' || typeof name !== 'string') return false;
  const around = formatPath(missing.path.slice(0, -1));
  return problems.some(({ kind, path }) => {
    const key = path.at(-1);
    if (kind !== 'unknown' || typeof key !== 'string' || formatPath(path.slice(0, -1)) !== around)
      return false;
    return nearestName(key, [name]) !== undefined;
  });
}

/** The alternative of a union that the value means, or the schema itself. */
function optionOf(schema: AnySchema, value: unknown): AnySchema {
  const def = defOf(inputOf(schema));
  const choice = def.type === 'union' ? chooseOption(def.options, value) : undefined;
  return choice?.kind === 'one' ? choice.schema : schema;
}

interface Place {
  schema: AnySchema;
  value: unknown;
  path: DocumentPath;
}

function explain(issue: Issue, base: Place): Problem[] {
  const local = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  const path = [...base.path, ...local];
  const value = valueAt(base.value, local);
  const schema = schemaAt(base.schema, base.value, local);
  const expected = schema ? describeSchema(schema) : undefined;

  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, schema && optionOf(schema, value)));
    case 'invalid_union':
      return explainUnion(issue, { schema: schema ?? base.schema, value, path }, expected);
    case 'invalid_value':
      return [
        {
          path,
          message:
            issue.values.length > 3
              ? `unknown value ${showValue(value)}`
              : `expected ${issue.values.map((v) => String(v)).join(' or ')}, got ${showValue(value)}`,
          ...(typeof value === 'string' && { hint: suggest(value, issue.values.map(String), 'allowed') }),
        },
      ];
    case 'invalid_key':
      return [{ path, target: 'key', message: issue.issues[0]?.message ?? issue.message }];
    case 'custom':
      return [{ path, message: issue.message }];
    case 'invalid_type':
      if (!existsAt(base.value, local)) {
        return [
          {
            path,
            kind: 'missing',
            target: 'key',
            message: `missing: expected ${expected ?? issue.expected}`,
          },
        ];
      }
      return [
        {
          path,
          message: `expected ${issue.expected === 'int' ? 'a whole number' : (expected ?? issue.expected)}, got ${showValue(value)}`,
        },
      ];
    case 'too_small':
    case 'too_big':
      return [{ path, message: sizeMessage(issue, value) }];
    case 'invalid_format':
    case 'not_multiple_of':
    case 'invalid_element':
      return [{ path, message: `${lowerFirst(issue.message)}, got ${showValue(value)}` }];
  }
}

function unknownKey(path: DocumentPath, key: string, schema: AnySchema | undefined): Problem {
  const keys = (schema && keysOf(inputOf(schema))) ?? [];
  return {
    path: [...path, key],
    kind: 'unknown',
    target: 'key',
    message: `unknown key ${JSON.stringify(key)}`,
    hint: suggest(key, keys, 'keys here'),
  };
}

/** Never a bare "invalid union": the alternative the user meant is found by type and by key, and judged alone. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  place: Place,
  expected: string | undefined,
): Problem[] {
  const input = inputOf(place.schema);
  const def = defOf(input);
  const wrongType: Problem = {
    path: place.path,
    message: `expected ${expected ?? 'another value'}, got ${showValue(place.value)}`,
  };
  if (def.type !== 'union') return [wrongType];

  const choice = chooseOption(def.options, place.value);
  if (choice.kind === 'one') {
    const inner = issue.errors[choice.index] ?? [];
    return inner.flatMap((nested) => explain(nested, { ...place, schema: choice.schema }));
  }
  if (choice.kind === 'none') {
    const words = def.options.flatMap((option) => {
      const literal = defOf(inputOf(option));
      return literal.type === 'literal' ? literal.values.map(String) : [];
    });
    if (typeof place.value !== 'string' || words.length === 0) return [wrongType];
    return [{ ...wrongType, hint: suggest(place.value, words, 'words allowed') }];
  }
  return [wrongObject(place, choice.signatures, choice.present, choice.keys)];
}

function wrongObject(place: Place, signatures: string[], present: string[], keys: string[]): Problem {
  if (present.length > 1) {
    return {
      path: place.path,
      message: `expected one of ${signatures.join(', ')}, got ${present.join(' and ')} at once`,
      hint: 'split it in two',
    };
  }
  const unknown = Object.keys(place.value as object).filter((key) => !keys.includes(key));
  const [slip] = unknown;
  return {
    path: place.path,
    message: `expected one of ${signatures.join(', ')}${slip === undefined ? '' : `, got unknown key ${JSON.stringify(slip)}`}`,
    ...(slip !== undefined && { hint: suggest(slip, signatures, 'one of') }),
  };
}

function sizeMessage(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): string {
  const small = issue.code === 'too_small';
  const limit = String(small ? issue.minimum : issue.maximum);
  const inclusive = issue.inclusive !== false;
  const bound = small ? (inclusive ? 'at least' : 'more than') : inclusive ? 'at most' : 'less than';
  if (issue.origin === 'string') {
    if (small && value === '') return 'expected a text, got an empty one';
    return `expected ${bound} ${limit} characters`;
  }
  if (issue.origin === 'array') return `expected ${bound} ${limit} in the list`;
  return `expected ${bound} ${limit}, got ${showValue(value)}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
