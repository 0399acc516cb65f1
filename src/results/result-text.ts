import { DtenError } from '../foundation/errors.js';
import { resultSchema, type ResultJson } from '../model/result.js';
import { headOf } from './read-head.js';
import { describeIssue } from './read-lines.js';

/**
 * result.json, its head first, as it will be read back: what would not open again is a bug to be told now, not next
 * year.
 */
export function resultText(result: ResultJson): string {
  // JSON has no ∞ (a limit that drops broke): such a figure is left out, its words say it.
  const finite = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
  const { schema, ...rest } = result;
  const text = `${JSON.stringify({ schema, head: headOf(result), ...rest }, finite, 1)}\n`;
  const parsed = resultSchema.safeParse(JSON.parse(text));
  if (parsed.success) return text;
  throw new DtenError('result-write', `result.json would not open again: ${describeIssue(parsed.error)}`);
}
