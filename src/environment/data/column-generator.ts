import { drawUint32, drawUnit, streamOf } from '../../foundation/rng.js';
import type { ColumnGenerator } from '../../model/scenario.js';
import { compileText } from '../../template/template.js';

/** The text of a column in COPY's text format (escaped; `\N` is null) for a row, counted from 1. */
export type ColumnText = (row: number) => string;

const copyEscapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export function copyText(value: string | number | boolean | null): string {
  if (value === null) return '\\N';
  return String(value).replace(/[\\\t\n\r]/g, (char) => copyEscapes[char] ?? char);
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 -';
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * A column's generator: a pure function of (seed, table, column, row), whatever the other columns are.
 * @throws RangeError with what is wrong; TemplateError for a template.
 */
export function columnText(seed: number, table: string, column: string, spec: ColumnGenerator): ColumnText {
  const stream = streamOf(`rows.${table}.${column}`);
  const unit = (row: number): number => drawUnit(seed, stream, row, 0);
  if ('sequence' in spec) {
    const before = spec.sequence.from - 1;
    return (row) => String(before + row);
  }
  if ('int' in spec) {
    const [min, max] = ordered(spec.int[0], spec.int[1]);
    const span = max - min + 1;
    return (row) => String(min + Math.floor(unit(row) * span));
  }
  if ('float' in spec) {
    const [min, max] = ordered(spec.float[0], spec.float[1]);
    return (row) => String(min + unit(row) * (max - min));
  }
  if ('choice' in spec) {
    const values = spec.choice.map(copyText);
    return (row) => values[Math.floor(unit(row) * values.length)] ?? '\\N';
  }
  if ('text' in spec) return textColumn(seed, stream, spec.text.length);
  if ('timestamp' in spec) {
    const [fromMs, toMs] = ordered(instant(spec.timestamp.from), instant(spec.timestamp.to));
    return (row) => timestampText(fromMs, toMs, unit(row));
  }
  if ('uuid' in spec) return (row) => uuidText(seed, stream, row);
  if ('constant' in spec) {
    const text = copyText(spec.constant);
    return () => text;
  }
  const template = compileText(spec.template);
  return (row) => {
    const rendered = template.render({ row, draw: (field) => drawUnit(seed, stream, row, field) });
    if (!rendered.ok) throw new RangeError(rendered.missing);
    return copyText(rendered.value);
  };
}

function ordered(min: number, max: number): [number, number] {
  if (!(min <= max)) throw new RangeError(`the lower bound ${min} is above the upper ${max}`);
  return [min, max];
}

function instant(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new RangeError(`not a date: ${JSON.stringify(text)}; write 2026-01-31 or 2026-01-31T08:00:00Z`);
  return ms;
}

/** Microseconds, as Postgres keeps them: milliseconds alone would make more rows share an instant than in life. */
function timestampText(fromMs: number, toMs: number, unit: number): string {
  const us = Math.floor(unit * (toMs - fromMs) * 1000);
  const ms = Math.floor(us / 1000);
  const iso = new Date(fromMs + ms).toISOString();
  return `${iso.slice(0, 23)}${String(us - ms * 1000).padStart(3, '0')}+00`;
}

function textColumn(seed: number, stream: number, length: number | [number, number]): ColumnText {
  const [min, max] = typeof length === 'number' ? [length, length] : ordered(length[0], length[1]);
  return (row) => {
    const wanted = min === max ? min : min + Math.floor(drawUnit(seed, stream, row, 0) * (max - min + 1));
    let text = '';
    // Five characters of 64 from the 32 bits of one draw.
    for (let field = 1; text.length < wanted; field++) {
      let bits = drawUint32(seed, stream, row, field);
      for (let i = 0; i < 5 && text.length < wanted; i++) {
        text += letters.charAt(bits & 63);
        bits >>>= 6;
      }
    }
    return text;
  };
}

/** Version 4 (RFC 9562 §5.4). */
function uuidText(seed: number, stream: number, row: number): string {
  const word = (field: number): string => {
    const w = drawUint32(seed, stream, row, field);
    return `${hex[w >>> 24]}${hex[(w >>> 16) & 255]}${hex[(w >>> 8) & 255]}${hex[w & 255]}`;
  };
  const [a, b, c, d] = [word(1), word(2), word(3), word(4)];
  const variant = '89ab'.charAt(parseInt(c.charAt(0), 16) & 3);
  return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-${variant}${c.slice(1, 4)}-${c.slice(4)}${d}`;
}
