import { z } from 'zod';
import {
  parseBytes,
  parseCount,
  parseDurationMs,
  parseRatePerSecond,
  parseRatio,
} from '../foundation/units.js';

/** The words and units of scenario files: texts with units become numbers. */
interface Unit {
  id: string;
  parse: (text: string) => number | undefined;
  expected: string;
  /** What a text looks like, for editors; the parser decides. */
  pattern: string;
}

function parseUnit({ parse, expected }: Unit) {
  return (value: string | number, ctx: z.RefinementCtx): number => {
    const parsed = parse(String(value));
    if (parsed !== undefined) return parsed;
    ctx.addIssue({ code: 'custom', message: `expected ${expected}, got ${JSON.stringify(value)}` });
    return z.NEVER;
  };
}

/** A text with a unit; a bare number would not say of what. */
function textUnit(of: Unit) {
  return z
    .string()
    .meta({ pattern: of.pattern })
    .transform(parseUnit(of))
    .meta({ id: of.id, description: of.expected });
}

/** A text with a unit, or those plain numbers that need none. */
function unit(of: Unit, numbers: Record<string, number>) {
  return z
    .union([z.string().meta({ pattern: of.pattern }), z.number().meta(numbers)])
    .transform(parseUnit(of))
    .meta({ id: of.id, description: of.expected });
}

export const duration = unit(
  {
    id: 'duration',
    parse: parseDurationMs,
    expected: 'a duration such as 250ms, 5s, 10m or 1h',
    pattern: String.raw`^\s*(0|(\d+(\.\d+)?(us|µs|ms|s|m|h|d))+)\s*$`,
  },
  { const: 0 },
);
export const rate = textUnit({
  id: 'rate',
  parse: parseRatePerSecond,
  expected: 'a rate such as 400/s or 600/m',
  pattern: String.raw`^\s*\d[\d_]*(\.\d+)?\s*/\s*(s|m|h)\s*$`,
});
export const bytes = textUnit({
  id: 'bytes',
  parse: parseBytes,
  expected: 'a size such as 64MB or 210GB',
  pattern: String.raw`^\s*\d[\d_]*(\.\d+)?\s*(B|kB|KB|MB|GB|TB)\s*$`,
});
export const count = unit(
  {
    id: 'count',
    parse: parseCount,
    expected: 'a whole number such as 5000 or 1_000_000',
    pattern: String.raw`^\s*\d[\d_]*\s*$`,
  },
  { minimum: 0, multipleOf: 1 },
);
export const ratio = unit(
  {
    id: 'ratio',
    parse: parseRatio,
    expected: 'a ratio such as 0.1% or 0.001',
    pattern: String.raw`^\s*\d+(\.\d+)?%?\s*$`,
  },
  { minimum: 0, maximum: 1 },
);

export const percentage = textUnit({
  id: 'percentage',
  parse: (text) => (text.trim().endsWith('%') ? parseRatio(text) : undefined),
  expected: 'a percentage such as 50%',
  pattern: String.raw`^\s*\d+(\.\d+)?%\s*$`,
});

export const name = z.string().min(1).max(120);
export const text = z.string().min(1);
export const env = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));
export const setting = z.union([z.string(), z.number(), z.boolean()]).transform(String);
