import { hasSqlDetails, parse, scan, type ParseResult } from 'libpg-query';
import { messageOf } from '../foundation/errors.js';

/** One statement as Postgres's grammar saw it; the offsets are BYTES of the UTF-8 text. */
export interface ParsedStatement {
  /** `AlterTableStmt`, `IndexStmt`, … */
  node: string;
  body: Record<string, unknown>;
  startByte: number;
  endByte: number;
}

export interface GrammarError {
  message: string;
  /** Where in the text, in CHARACTERS (code points) from 0; undefined where the parser does not say. */
  atCharacter: number | undefined;
}

/** A token of Postgres's own lexer; offsets are BYTES. */
export interface Token {
  text: string;
  startByte: number;
  endByte: number;
}

/** An AST node `{ AlterTableStmt: {…} }` as its name and its body. */
export function unwrap(node: unknown): { node: string; body: Record<string, unknown> } | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const [entry] = Object.entries(node);
  return entry && typeof entry[1] === 'object' && entry[1] !== null
    ? { node: entry[0], body: entry[1] as Record<string, unknown> }
    : undefined;
}

/** Parses by the grammar of Postgres 18 (libpg-query, WASM). Never throws for SQL that is wrong. */
export async function parseSql(text: string): Promise<ParsedStatement[] | { error: GrammarError }> {
  if (text.trim() === '') return [];
  let result: ParseResult;
  try {
    result = await parse(text);
  } catch (error) {
    const details = hasSqlDetails(error) ? error.sqlDetails : undefined;
    return { error: { message: messageOf(error), atCharacter: details?.cursorPosition } };
  }
  const totalBytes = Buffer.byteLength(text);
  const statements: ParsedStatement[] = [];
  for (const raw of result.stmts ?? []) {
    const inner = unwrap(raw.stmt);
    if (!inner) continue;
    const startByte = raw.stmt_location ?? 0;
    // A length of 0 (left out of the JSON) means: to the end of the text.
    statements.push({
      ...inner,
      startByte,
      endByte: raw.stmt_len ? startByte + raw.stmt_len : totalBytes,
    });
  }
  return statements;
}

/** The tokens of a text, by Postgres's lexer; undefined where even the lexer gives up (an unterminated string). */
export async function tokensOf(text: string): Promise<Token[] | undefined> {
  if (text.trim() === '') return [];
  try {
    const { tokens } = await scan(text);
    return tokens.map((t) => ({ text: t.text, startByte: t.start, endByte: t.end }));
  } catch {
    return undefined;
  }
}
