import type { ResultView } from '../model/result.js';
import { escapeMarkdown, row } from './markdown-text.js';
import { cleanupText, residueHeadline, residueRows } from './residue-rows.js';

const mostRows = 30;

/** What was left behind, with the commands that clean it. */
export function residueSection({ residue }: ResultView): string {
  if (!residue) return '';
  const rows = residueRows(residue).slice(0, mostRows);
  const cells = rows.map(({ path, change, origin, what, command }) =>
    row([
      escapeMarkdown(path),
      change,
      origin,
      escapeMarkdown(what),
      command === undefined ? '' : `<code>${escapeMarkdown(command)}</code>`,
    ]),
  );
  const head = [row(['what', '', 'by', 'S0 → S2', 'cleaned by']), row(['---', '---', '---', '---', '---'])];
  const left = residueRows(residue).length - rows.length;
  return [
    '### Left behind',
    escapeMarkdown(residueHeadline(residue)),
    ...(cells.length === 0 ? [] : [[...head, ...cells].join('\n')]),
    ...(left > 0 ? [`… and ${left} more.`] : []),
    ...cleanupText(residue).map(escapeMarkdown),
  ].join('\n\n');
}
