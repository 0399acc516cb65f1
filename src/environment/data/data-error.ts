import { DtenError, codeOf, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';

/** Data that could not be loaded: exit 2, with where it stands. */
export function dataError(where: string, error: unknown, hint?: string): DtenError {
  const code = codeOf(error);
  const sqlState = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? ` (SQLSTATE ${code})` : '';
  return new DtenError('data-failed', `${where}: ${messageOf(error)}${sqlState}`, {
    cause: error,
    exitCode: exitCodes.badInput,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The 1-based character position of a server's error in the text that was sent. */
export function positionOfError(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('position' in error)) return undefined;
  const position = Number(error.position);
  return Number.isInteger(position) && position > 0 ? position : undefined;
}

/** The line (from `firstLine` on) of a 1-based character position in a text. Postgres counts code points. */
export function lineAt(text: string, position: number, firstLine: number): number {
  return firstLine + (text.slice(0, utf16Offset(text, position - 1)).match(/\n/g)?.length ?? 0);
}

function utf16Offset(text: string, characters: number): number {
  let offset = 0;
  for (let i = 0; i < characters && offset < text.length; i++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
