/** Characters that take two cells: East Asian wide and fullwidth (UAX #11), and pictographs. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}]|[\u{20000}-\u{3fffd}]/u;
const marks = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Terminal cells of plain text (no escape sequences in it). */
export function widthOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += cellsOf(character);
  return cells;
}

function cellsOf(character: string): number {
  if (character.charCodeAt(0) < 0x300) return 1;
  if (marks.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Cut to `cells`, with an ellipsis where something is missing. */
export function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text;
  let kept = '';
  let left = cells - 1;
  for (const character of text) {
    left -= cellsOf(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - widthOf(text)));
}

export function padStart(text: string, cells: number): string {
  return ' '.repeat(Math.max(0, cells - widthOf(text))) + text;
}

/** A blank inside a figure: between its thousands, or before its unit. */
const insideFigure = /(?<=\d) (?=\d{3}(?!\d)|(?:ms|s|min|h|B|kB|MB|GB|TB)(?![\w-]))/g;
const noBreak = '\u00a0';

/** With its figures in one piece, wherever the lines are broken: `1 004`, `15.9 ms`. */
export function unbroken(text: string): string {
  return text.replace(insideFigure, noBreak);
}

/** Lines of at most `cells`, broken at blanks but not inside a figure; a word longer than a line is broken inside. */
export function wrap(text: string, cells: number): string[] {
  const most = Math.max(8, cells);
  const lines: string[] = [];
  let line = '';
  for (let word of unbroken(text).split(' ')) {
    while (widthOf(word) > most) {
      if (line) lines.push(line);
      line = '';
      const head = headOf(word, most);
      lines.push(head);
      word = word.slice(head.length);
    }
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= most) {
      line = joined;
    } else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines.map((one) => one.replaceAll(noBreak, ' '));
}

function headOf(text: string, cells: number): string {
  let head = '';
  let left = cells;
  for (const character of text) {
    left -= cellsOf(character);
    if (left < 0) break;
    head += character;
  }
  return head;
}
