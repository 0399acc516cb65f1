import { plain, plainLines } from './plain-text.js';

export function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A table of cells that are Markdown already; `right` are the positions of columns of numbers. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  return [row(head), row(head.map((_, at) => (right.includes(at) ? '--:' : '---'))), ...rows.map(row)].join(
    '\n',
  );
}

/** Words of a finding: what stands between backticks (a statement) is shown as code. */
export function prose(text: string): string {
  return escapeMarkdown(text).replace(/&#96;(.+?)&#96;/g, '<code>$1</code>');
}

/** As `prose`, in one table cell, with the lines of a log or an error kept. */
export function proseLines(text: string): string {
  return plainLines(text).map(prose).join('<br>');
}

/** Everything that Markdown, a table cell or HTML gives a meaning to, as a character reference; one line. */
export function escapeMarkdown(text: string): string {
  return plain(text).replace(/[&<>|`*_~[\]\\#@"'$]/g, (character) => `&#${character.charCodeAt(0)};`);
}
