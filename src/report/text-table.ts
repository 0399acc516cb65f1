import { cut, padEnd, padStart, widthOf } from './text-width.js';

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** May be cut down to this many cells where the table is wider than the terminal; undefined: never. */
  least?: number;
}

/** Plain text, or plain text with a style that is put on after padding. */
export type Cell = string | { text: string; style: (text: string) => string };

export interface TableStyle {
  width: number;
  indent: string;
  /** For the titles. */
  dim: (text: string) => string;
}

/**
 * Rows under titles, columns aligned. A row that is a string is a heading over the rows after it. Where the table
 * is too wide, the gap shrinks first, then the columns that allow it.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (Cell[] | string)[],
  style: TableStyle,
): string[] {
  const widths = columns.map((column, at) =>
    rows.reduce(
      (widest, row) => (typeof row === 'string' ? widest : Math.max(widest, widthOf(textOf(row[at] ?? '')))),
      widthOf(column.title),
    ),
  );
  const room = style.width - widthOf(style.indent);
  const total = (gap: number) => widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1);
  const gap = total(2) <= room ? 2 : 1;
  for (const [at, { least }] of columns.entries()) {
    if (least === undefined) continue;
    const over = total(gap) - room;
    if (over > 0) widths[at] = Math.max(Math.min(least, widths[at] ?? 0), (widths[at] ?? 0) - over);
  }

  const line = (cells: readonly Cell[]): string => {
    const shown = columns.map(({ align }, at) => {
      const cell = cells[at] ?? '';
      const width = widths[at] ?? 0;
      const text = cut(textOf(cell), width);
      const padded = align === 'right' ? padStart(text, width) : padEnd(text, width);
      return typeof cell === 'string' ? padded : cell.style(padded);
    });
    return `${style.indent}${shown.join(' '.repeat(gap))}`.trimEnd();
  };
  const titles = line(columns.map(({ title }) => ({ text: title, style: style.dim })));
  return [titles, ...rows.map((row) => (typeof row === 'string' ? `${style.indent}${row}` : line(row)))];
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
