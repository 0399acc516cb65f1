import { messageOf } from '../foundation/errors.js';
import type { DocumentPath, Problem } from './document.js';

/**
 * What keeps a document from being walked at all: a mapping or list that contains itself (a YAML alias to an anchor
 * around it, an object of TypeScript), a getter that throws. What comes after may then take it for a tree.
 */
export function notPlain(value: unknown, path: DocumentPath = [], around: readonly object[] = []): Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  if (around.includes(value)) {
    return [{ path, message: 'contains itself', hint: 'write out what is meant: it would have no end' }];
  }
  const within = [...around, value];
  return Object.keys(value).flatMap((key) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    try {
      return notPlain((value as Record<string, unknown>)[key], at, within);
    } catch (error) {
      return [{ path: at, message: `cannot be read: ${messageOf(error)}` }];
    }
  });
}
