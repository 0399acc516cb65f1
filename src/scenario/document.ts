import type { InputProblem } from '../foundation/errors.js';
import { formatPath, type DocumentPath, type Position } from '../model/document-path.js';

export { formatPath, type DocumentPath, type Position } from '../model/document-path.js';

/** A scenario as written, before any check, and where each part of it stands. */
export interface ScenarioDocument {
  file: string;
  value: unknown;
  /** Of the value or of the key at `path`; where there is no such thing, of the nearest thing around it. */
  locate(path: DocumentPath, target?: 'value' | 'key'): Position | undefined;
  /** Of a character (offset from 0) of the text at `path`. */
  locateText(path: DocumentPath, offset: number): Position | undefined;
}

export interface Problem {
  path: DocumentPath;
  /** A key that is not there, or one that should not be: the two are often one slip. */
  kind?: 'missing' | 'unknown';
  message: string;
  hint?: string | undefined;
  /** Where to point: at the value (default), at the key, or at a character of the text. */
  target?: 'value' | 'key' | { offset: number };
  /** In another file than the scenario: an SQL file. */
  elsewhere?: { file: string; line?: number | undefined; column?: number | undefined };
}

export function toInputProblem(document: ScenarioDocument, problem: Problem): InputProblem {
  const { path, message, hint, target = 'value', elsewhere } = problem;
  const position =
    elsewhere ??
    (typeof target === 'object' ? document.locateText(path, target.offset) : document.locate(path, target));
  const shownPath = formatPath(path);
  return {
    file: elsewhere?.file ?? document.file,
    ...(position?.line !== undefined && { line: position.line }),
    ...(position?.column !== undefined && { column: position.column }),
    ...(shownPath !== '' && { path: shownPath }),
    message,
    ...(hint !== undefined && { hint }),
  };
}

/** The value at a path of plain data; undefined where there is none. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  let current = value;
  for (const segment of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) return undefined;
    current = (current as Record<string | number, unknown>)[segment];
  }
  return current;
}

/** The path as the user wrote it: a lone mapping may stand where a list of them is read, and then has no `[0]`. */
export function asWritten(value: unknown, path: DocumentPath): DocumentPath {
  const written: (string | number)[] = [];
  for (const segment of path) {
    const at = valueAt(value, written);
    const lone = segment === 0 && typeof at === 'object' && at !== null && !Array.isArray(at);
    if (!lone) written.push(segment);
  }
  return written;
}

/** Whether there is something at the path, be it null or undefined. */
export function existsAt(value: unknown, path: DocumentPath): boolean {
  const last = path.at(-1);
  if (last === undefined) return true;
  const parent = valueAt(value, path.slice(0, -1));
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, last);
}
