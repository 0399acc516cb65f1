import { formatCount } from '../foundation/units.js';
/** Direction overrides and isolates: they can make a terminal show other text than there is. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from a scenario, a server or a log, safe to print on one line: white space becomes one blank, and control
 * characters (an ESC would colour, move or retitle the terminal) become their visible pictures, such as ␛.
 */
export function plain(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}/gu, picture)
    .replace(directionMarks, '�');
}

/** As `plain`, but the lines of a log or an error stay lines. Empty ones are left out. */
export function plainLines(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/).map((line) => plain(line).trim());
  return lines.filter((line) => line !== '');
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : '�'; // C1 controls have no picture
}

/** A statement as one line, without its semicolon. */
export function oneLine(statement: string): string {
  return plain(statement).trim().replace(/;$/, '');
}

/** `upgrade.add status` → `add status`. */
export function stepName(id: string): string {
  return id.replace(/^(?:upgrade|rollback)\./, '');
}

/** `public.orders` → `orders`: as scenarios write tables. */
export function tableName(relation: string): string {
  return relation.replace(/^public\./, '');
}

/** `1 session`, `48 sessions`. */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}
