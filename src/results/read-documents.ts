import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { codeOf, messageOf } from '../foundation/errors.js';
import { resultFiles } from '../model/result.js';
import { describeIssue } from './read-lines.js';

export type ReadDocument<T> = { dir: string; document: T } | { dir: string; unreadable: string };

/**
 * The result.json of each folder, as far as `schema` looks at it, one after another: what the caller lets go of is
 * gone from memory. Observations are not opened. A result that cannot be read is named with the reason.
 */
export async function* readDocuments<T>(
  dirs: readonly string[],
  schema: z.ZodType<T>,
): AsyncGenerator<ReadDocument<T>> {
  for (const dir of dirs) yield await readDocument(dir, schema);
}

async function readDocument<T>(dir: string, schema: z.ZodType<T>): Promise<ReadDocument<T>> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(join(dir, resultFiles.result), 'utf8')));
    if (parsed.success) return { dir, document: parsed.data };
    return { dir, unreadable: `${resultFiles.result}: ${describeIssue(parsed.error)}` };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { dir, unreadable: `cut short: it has no ${resultFiles.result}` };
    return { dir, unreadable: `${resultFiles.result}: ${messageOf(error)}` };
  }
}
