import { parseSql, tokensOf } from '../sql/grammar.js';

/** An SQL identifier, quoted. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The one statement of a text, without its semicolon and what follows; the text itself where it does not parse. */
export async function statementOf(text: string): Promise<string> {
  const parsed = await parseSql(text);
  const [only] = Array.isArray(parsed) ? parsed : [];
  return only ? Buffer.from(text).subarray(only.startByte, only.endByte).toString().trim() : text;
}

/** On lines of its own: it may hold a comment. */
export function asSubquery(find: string, alias: string): string {
  return `(\n${find}\n) as ${alias}`;
}

/**
 * The query that still works when the columns are gone: a name that the tables no longer have is looked up outside the
 * LATERAL subquery, where it is null (https://www.postgresql.org/docs/current/queries-table-expressions.html).
 */
export function withGoneColumns(find: string, gone: readonly string[]): string {
  const nulls = gone.map((column) => `null::text as ${quoted(column)}`).join(', ');
  return `select found.* from (select ${nulls}) as gone, lateral ${asSubquery(find, 'found')}`;
}

/** The same for `o.status`, which no outer name stands in for: written as null wherever it is read. */
export async function withoutQualified(find: string, column: string): Promise<string> {
  const tokens = (await tokensOf(find)) ?? [];
  const bytes = Buffer.from(find);
  let text = '';
  let fromByte = 0;
  for (const [at, token] of tokens.entries()) {
    const [dot, name] = tokens.slice(at + 1, at + 3);
    if (dot?.text !== '.' || !name || nameOf(name.text) !== column || tokens[at - 1]?.text === '.') continue;
    text += `${bytes.subarray(fromByte, token.startByte).toString()}(null::text)`;
    fromByte = name.endByte;
  }
  return text + bytes.subarray(fromByte).toString();
}

function nameOf(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();
}

/** Which of the columns an "undefined column" error (42703) names, in whatever language. */
export function columnNamedIn(message: string, columns: readonly string[]): string | undefined {
  const named = columns.filter((column) => {
    const at = message.indexOf(column);
    if (at < 0) return false;
    const around = `${message.charAt(at - 1)}${message.charAt(at + column.length)}`;
    return !/[\p{L}\p{N}_]/u.test(around);
  });
  // `status` is part of the message about `old status` too.
  return named.sort((a, b) => b.length - a.length)[0];
}
