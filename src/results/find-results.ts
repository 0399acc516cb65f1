import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { wildcard } from '../foundation/wildcard.js';
import { resultFiles } from '../model/result.js';
import { revisionSchema, type Revision } from '../model/revision.js';
import { isResult, resultDirs } from './list-results.js';

/**
 * The result folders that a path stands for, oldest first: a result itself, all results below a folder, or those of
 * a pattern in which * stands for any text within one name (for shells that leave it alone).
 */
export async function findResults(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const one of await expand(path)) {
    if (await isResult(one)) found.push(one);
    else found.push(...(await resultDirs(one)).reverse());
  }
  return [...new Set(found)];
}

async function expand(path: string): Promise<string[]> {
  if (!path.includes('*')) return [path];
  let matched = [path.startsWith('/') ? '/' : ''];
  for (const part of path.split('/').filter((name) => name !== '')) {
    if (!part.includes('*')) matched = matched.map((folder) => join(folder, part));
    else {
      const inside = await Promise.all(matched.map((folder) => matching(folder, part)));
      matched = inside.flat();
    }
  }
  return matched;
}

async function matching(folder: string, pattern: string): Promise<string[]> {
  const like = wildcard(pattern);
  const names = await readdir(folder === '' ? '.' : folder).catch(() => []);
  return names
    .filter((name) => like.test(name) && (pattern.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map((name) => join(folder, name));
}

/** The revision that a result was made from; undefined: it does not say, or has no manifest that can be read. */
export async function revisionOf(dir: string): Promise<Revision | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(dir, resultFiles.manifest), 'utf8'));
    if (typeof manifest !== 'object' || manifest === null || !('revision' in manifest)) return undefined;
    return revisionSchema.safeParse(manifest.revision).data;
  } catch {
    return undefined;
  }
}

/** Whether two paths name one folder, however they are written. */
export function isSameFolder(a: string, b: string): boolean {
  return resolve(a) === resolve(b);
}
