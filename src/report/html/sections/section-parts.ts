import type { PageSection, PageTable, PageTableRow } from '../../../model/page-data.js';
import { plain } from '../../plain-text.js';

type Column = PageTable['columns'][number];

/** A column of text; `about` says what it holds, on hover and on focus. */
export function text(title: string, about: string): Column {
  return { title, about };
}

export function code(title: string, about: string): Column {
  return { title, about, code: true };
}

export function figure(title: string, about: string): Column {
  return { title, about, numeric: true };
}

export function row(
  cells: readonly string[],
  more: Omit<PageTableRow, 'cells' | 'heading'> = {},
): PageTableRow {
  return { cells: cells.map(plain), ...more };
}

export function heading(title: string): PageTableRow {
  return { heading: true, cells: [plain(title)] };
}

export function section(parts: Pick<PageSection, 'id' | 'title'> & Partial<PageSection>): PageSection {
  return { lines: [], tables: [], collapsed: false, ...parts };
}

export function line(text: string, mark?: 'good' | 'bad' | 'unknown'): PageSection['lines'][number] {
  return { text: plain(text), ...(mark && { mark }) };
}
