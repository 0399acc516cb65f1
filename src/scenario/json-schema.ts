import { z } from 'zod';
import { duration, scenarioSchema } from '../model/scenario.js';

/**
 * The JSON Schema (draft 2020-12) of scenarios as users write them: units as texts, every description kept. It
 * says what an editor can check; names, templates and SQL are checked by loading.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(scenarioSchema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      if (def.type !== 'default') return;
      const written = asWritten(def.innerType, def.defaultValue);
      if (written === undefined) delete jsonSchema.default;
      else jsonSchema.default = written;
    },
  });
  return {
    $schema,
    title: 'dten scenario',
    description: 'What to rehearse: environment, traffic, upgrade, rollback, objectives.',
    ...schema,
  };
}

/** A default as the user would write it; it is kept parsed (5000 ms). Those of mappings follow from their parts. */
function asWritten(schema: z.core.$ZodType, value: unknown): string | number | boolean | undefined {
  if (schema === duration && typeof value === 'number') return durationText(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

/** `5s` of 5000: the largest unit that divides it. */
function durationText(ms: number): string {
  if (ms === 0) return '0';
  const units: [string, number][] = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ];
  const [unit, size] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
