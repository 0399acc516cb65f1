import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { parse } from 'yaml';
import { codeOf } from '../../foundation/errors.js';
import type { Documents, Source } from './source.js';

const mostBytes = 64 * 1024 * 1024;
export type FileFormat = 'json' | 'yaml' | 'env' | 'text';

/** A file beside the scenario, or anywhere. One that is not there has no items: that is an answer. */
export function fileSource(path: string, format: FileFormat = formatOf(path)): Source {
  const byName = format === 'env';
  return {
    defaults: byName
      ? { select: '$[*]', key: ['$.name'] }
      : format === 'text'
        ? { select: '$[*]', key: ['$.path'] }
        : {},
    async read({ baseDir, render, signal }): Promise<Documents> {
      const file = resolve(baseDir, render(path));
      try {
        const { size, mode } = await stat(file);
        if (size > mostBytes) return { documents: [], problem: `${file} has more than 64 MB` };
        const bytes = await readFile(file, { signal });
        return { documents: [documentOf(path, bytes, mode, format)] };
      } catch (error) {
        if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return { documents: [] };
        throw error;
      }
    },
  };
}

function formatOf(path: string): FileFormat {
  const extension = extname(path).toLowerCase();
  if (extension === '.json') return 'json';
  if (extension === '.yaml' || extension === '.yml') return 'yaml';
  return extension === '.env' || /(?:^|\/)\.env(?:\.|$)/.test(path) ? 'env' : 'text';
}

function documentOf(path: string, bytes: Buffer, mode: number, format: FileFormat): unknown {
  const text = bytes.toString('utf8');
  switch (format) {
    case 'json':
      return JSON.parse(text);
    case 'yaml':
      return parse(text);
    case 'env':
      return variablesIn(text);
    case 'text': {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return [{ path, bytes: bytes.length, sha256, mode: (mode & 0o7777).toString(8) }];
    }
  }
}

/** `NAME=value`, `export NAME="value"`; the last one of a name counts, as in a shell. */
function variablesIn(text: string): { name: string; value: string }[] {
  const found = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=(.*)$/gm,
  )) {
    const trimmed = value.trim();
    const quoted = /^(["'])(.*)\1$/.exec(trimmed);
    found.set(name, quoted?.[2] ?? trimmed);
  }
  return [...found].map(([name, value]) => ({ name, value }));
}
