interface Style {
  colour: string;
  bold: boolean;
  dim: boolean;
  background: string | undefined;
}

const plain: Style = { colour: '#d7dae0', bold: false, dim: false, background: undefined };
const colours: Record<number, string> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  37: '#d7dae0',
  90: '#8b949e',
};
const backgrounds: Record<number, string> = { 41: '#b62324', 42: '#1a7f37', 43: '#9e6a03' };
const characterPx = 7.8;
const linePx = 17;
const marginPx = 14;

function restyled(style: Style, code: number): Style {
  if (code === 0) return plain;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 30) return { ...style, colour: '#ffffff' };
  if (code === 39) return { ...style, colour: plain.colour };
  if (code === 49) return { ...style, background: undefined };
  const background = backgrounds[code];
  if (background !== undefined) return { ...style, background, colour: '#ffffff' };
  return { ...style, colour: colours[code] ?? style.colour };
}

function escaped(text: string): string {
  const entities = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  // Renderers fold plain spaces, and with them the columns of tables.
  return entities.replaceAll(' ', '\u00a0');
}

/** Lines with ANSI colours (SGR codes only) as an SVG picture of a dark terminal. */
export function ansiToSvg(lines: readonly string[], title: string): string {
  const body: string[] = [];
  let columns = 0;
  let style = plain;
  for (const [row, line] of lines.entries()) {
    const y = marginPx + (row + 1) * linePx - 4;
    let column = 0;
    // eslint-disable-next-line no-control-regex -- what a terminal is told is made of these
    for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
      // eslint-disable-next-line no-control-regex -- as above
      const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
      if (codes !== undefined) {
        for (const code of codes.split(';')) style = restyled(style, Number(code));
        continue;
      }
      if (part === '') continue;
      const x = marginPx + column * characterPx;
      const width = [...part].length * characterPx;
      if (style.background !== undefined) {
        body.push(
          `<rect x="${x}" y="${y - 13}" width="${width}" height="${linePx}" fill="${style.background}"/>`,
        );
      }
      const look = `fill="${style.colour}"${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity="0.65"' : ''}`;
      // textLength keeps the columns of tables straight whatever font the reader has.
      body.push(
        `<text x="${x}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs" ${look}>${escaped(part)}</text>`,
      );
      column += [...part].length;
    }
    columns = Math.max(columns, column);
  }
  const width = Math.ceil(columns * characterPx + 2 * marginPx);
  const height = lines.length * linePx + 2 * marginPx;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`,
    ...body,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
