import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { basename } from 'node:path';
import type { z } from 'zod';
import { codeOf, messageOf } from '../foundation/errors.js';

/** Tells of one line that could not be read; `line` counts from 1. */
export type OnDamage = (where: string) => void;

/** Calls `each` with every line that is not blank; what it throws is damage of that line. A missing file is damage too. */
export async function readLines(path: string, onDamage: OnDamage, each: (line: string) => void): Promise<void> {
  const file = basename(path);
  let number = 0;
  let failed: { number: number; why: string } | undefined;
  const report = (ending: string) => {
    if (failed) onDamage(`${file}:${failed.number}: ${failed.why}${ending}`);
    failed = undefined;
  };
  try {
    const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
    for await (const line of lines) {
      number += 1;
      if (line.trim() === '') continue;
      report('');
      try {
        each(line);
      } catch (error) {
        failed = { number, why: messageOf(error) };
      }
    }
  } catch (error) {
    onDamage(codeOf(error) === 'ENOENT' ? `${file}: the file is missing` : `${file}: ${messageOf(error)}`);
  }
  // The writer was killed, or the disk was full, in the middle of the last line.
  report(' (the last line: cut short)');
}

/** The lines of an ndjson file that fit the schema. */
export async function readNdjson<T>(path: string, schema: z.ZodType<T>, onDamage: OnDamage): Promise<T[]> {
  const rows: T[] = [];
  await readLines(path, onDamage, (line) => {
    const parsed = schema.safeParse(JSON.parse(line));
    if (!parsed.success) throw new Error(describeIssue(parsed.error));
    rows.push(parsed.data);
  });
  return rows;
}

/** The same of a file that older results do not have. */
export async function readNdjsonIfThere<T>(
  path: string,
  schema: z.ZodType<T>,
  onDamage: OnDamage,
): Promise<T[]> {
  const there = await stat(path).catch(() => undefined);
  return there ? readNdjson(path, schema, onDamage) : [];
}

/** The first thing wrong, with its path. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || 'the document'}: ${issue.message}` : error.message;
}
