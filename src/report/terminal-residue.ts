import type { ResultView } from '../model/result.js';
import { cleanupText, residueHeadline, residueRows } from './residue-rows.js';
import { indented } from './terminal-traffic.js';
import { labelled, type TerminalStyle } from './terminal-style.js';

const mostRows = 20;

/** What is there after the rollback and was not before the upgrade, with the commands that clean it. */
export function residueLines(
  { residue, plan }: Pick<ResultView, 'residue' | 'plan'>,
  style: TerminalStyle,
): string[] {
  if (!residue) return [];
  const rows = residueRows(residue);
  // Judged, each thing stands among the findings already, with its command.
  const brief = plan.scenario.objectives.residue !== undefined;
  const left = rows.length - mostRows;
  return [
    style.bold('Left behind'),
    ...indented(residueHeadline(residue), '  ', style),
    ...rows
      .slice(0, mostRows)
      .flatMap(({ path, change, origin, what, command }) => [
        ...indented(`${path}: ${change} (${origin})`, '    ', style).map((line, at) =>
          at === 0 && origin === 'the upgrade' ? style.yellow(line) : line,
        ),
        ...(what === '' || brief ? [] : indented(what, '      ', style).map(style.dim)),
        ...(command === undefined || brief
          ? []
          : labelled({ label: '$ ', text: command, paint: style.cyan }, '      ', style.width)),
      ]),
    ...(left > 0 ? [style.dim(`    … and ${left} more`)] : []),
    ...cleanupText(residue).flatMap((line) => indented(line, '  ', style)),
  ];
}
