import picocolors from 'picocolors';
import type { Verdict } from '../model/verdict.js';
import { wrap } from './text-width.js';

type Paint = (text: string) => string;

/** What the sections of the terminal report are drawn with. */
export interface TerminalStyle {
  width: number;
  bold: Paint;
  dim: Paint;
  red: Paint;
  yellow: Paint;
  green: Paint;
  cyan: Paint;
  verdict: (verdict: Verdict) => Paint;
}

export function terminalStyle({ color, width }: { color: boolean; width: number }): TerminalStyle {
  const c = picocolors.createColors(color);
  const badge: Record<Verdict, Paint> = {
    GO: (text) => c.bold(c.green(text)),
    'NO-GO': (text) => c.bold(c.red(text)),
    INVALID: (text) => c.bold(c.yellow(text)),
  };
  return {
    width: Math.max(40, width),
    bold: c.bold,
    dim: c.dim,
    red: c.red,
    yellow: c.yellow,
    green: c.green,
    cyan: c.cyan,
    verdict: (verdict) => badge[verdict],
  };
}

/** `label  text`, each of its lines wrapped, all after the first under the text. The label is painted, not measured. */
export function labelled(
  { label, text, paint = String }: { label: string; text: string; paint?: Paint },
  indent: string,
  width: number,
): string[] {
  const room = width - indent.length - label.length;
  const lines = text.split('\n').flatMap((line) => wrap(line, room));
  return lines.map((line, at) => `${indent}${at === 0 ? paint(label) : ' '.repeat(label.length)}${line}`);
}
