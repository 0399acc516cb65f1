import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  Scalar,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { InputError, messageOf } from '../foundation/errors.js';
import type { DocumentPath, Position, ScenarioDocument } from './document.js';

/** Aliases may multiply a document's size; more than this is an attack or a mistake. */
const maxAliases = 1_000;

/**
 * YAML 1.2 with merge keys (`<<`), its positions kept.
 * @throws InputError with every syntax error and duplicate key of the text.
 */
export function readYaml(file: string, source: string): ScenarioDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  // A warning (a tag that YAML does not know) says that a value is not read as it was meant.
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0) {
    throw new InputError(
      wrong.map((error) => ({
        file,
        ...at(error.pos[0]),
        message: error.code === 'MULTIPLE_DOCS' ? 'a second document begins here' : error.message,
        ...hintFor(error.code),
      })),
    );
  }
  return {
    file,
    value: valueOf(document, file, at),
    locate(path, target = 'value') {
      const offset = offsetOf(document, path, target);
      return offset === undefined ? undefined : at(offset);
    },
    locateText(path, offset) {
      const { node } = walk(document, path);
      const start = node && textStart(node, source, offset);
      const fallback = offsetOf(document, path, 'value');
      return start !== undefined ? at(start) : fallback === undefined ? undefined : at(fallback);
    },
  };
}

function hintFor(code: string): { hint?: string } {
  if (code === 'DUPLICATE_KEY') return { hint: 'each name may stand once; rename or remove one of them' };
  if (code === 'MULTIPLE_DOCS') return { hint: 'a file holds one scenario: remove the line ---' };
  if (code === 'TAG_RESOLVE_FAILED')
    return { hint: 'remove the tag; a text that begins with ! needs quotes' };
  if (code === 'TAB_AS_INDENT') return { hint: 'indent with spaces' };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') {
    return { hint: 'a text with ": " in it needs quotes' };
  }
  return {};
}

function valueOf(document: Document.Parsed, file: string, at: (offset: number) => Position): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    throw new InputError([
      {
        file,
        ...placeOf(document, messageOf(error), at),
        message: messageOf(error),
        hint: 'check the aliases (*name)',
      },
    ]);
  }
}

/** Of the alias that the library's message ends with. */
function placeOf(
  document: Document.Parsed,
  message: string,
  at: (offset: number) => Position,
): Partial<Position> {
  let offset: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (message.endsWith(`: ${alias.source}`)) offset ??= alias.range?.[0];
    },
  });
  return offset === undefined ? {} : at(offset);
}

interface Found {
  /** The node at the path; undefined where the document has none (or its value is empty). */
  node?: Node | undefined;
  /** The key it stands under, or the nearest one around it. */
  key?: Node | undefined;
  /** The nearest node there is. */
  around: Node | undefined;
  complete: boolean;
}

function walk(document: Document.Parsed, path: DocumentPath): Found {
  let node: Node | undefined = document.contents ?? undefined;
  let key: Node | undefined;
  let around = node;
  for (const segment of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node) && typeof segment === 'string') {
      const pair = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(segment),
      );
      if (!pair) return { key, around, complete: false };
      key = pair.key as Node;
      node = isNode(pair.value) ? pair.value : undefined;
    } else if (isSeq(node) && typeof segment === 'number') {
      const item: unknown = node.items[segment];
      if (!isNode(item)) return { key, around, complete: false };
      node = item;
      key = undefined;
    } else if (segment !== 0 || !node) return { key, around, complete: false };
    // Else a lone mapping where a list of them is read too: `[0]` is the mapping itself.
    around = node ?? key ?? around;
  }
  return { node, key, around, complete: true };
}

function offsetOf(
  document: Document.Parsed,
  path: DocumentPath,
  target: 'value' | 'key',
): number | undefined {
  const { node, key, around, complete } = walk(document, path);
  const wanted = complete && target === 'value' ? (node ?? key ?? around) : (key ?? around);
  return wanted?.range?.[0];
}

/** Where a character of a scalar's text stands in the source; undefined where escapes or folding hide it. */
function textStart(node: Node, source: string, offset: number): number | undefined {
  if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return undefined;
  const [start, end] = node.range;
  const text = node.value;
  if (node.type !== Scalar.BLOCK_LITERAL) {
    const verbatim = source.slice(start, end).indexOf(text);
    return verbatim < 0 ? undefined : start + verbatim + offset;
  }
  // Each line of a block literal is a line of the source below its header, indented.
  const before = text.slice(0, offset).split('\n');
  let lineStart = start;
  for (let k = 0; k < before.length; k++) {
    lineStart = source.indexOf('\n', lineStart) + 1;
    if (lineStart === 0) return undefined;
  }
  const line = text.split('\n')[before.length - 1] ?? '';
  const sourceLine = source.slice(
    lineStart,
    source.indexOf('\n', lineStart) < 0 ? undefined : source.indexOf('\n', lineStart),
  );
  return lineStart + Math.max(0, sourceLine.indexOf(line)) + (before.at(-1)?.length ?? 0);
}
