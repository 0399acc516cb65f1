import type { VerdictReport } from '../model/verdict.js';
import { rollbackFacts } from './rollback-facts.js';
import { labelled, type TerminalStyle } from './terminal-style.js';

/** What the way back took and cost. */
export function rollbackLines({ rollback }: VerdictReport, style: TerminalStyle): string[] {
  if (!rollback) return [];
  return [
    style.bold('Rollback'),
    ...rollbackFacts(rollback).flatMap(({ label, text }) =>
      labelled({ label: label.padEnd(11), text, paint: style.dim }, '  ', style.width),
    ),
  ];
}
