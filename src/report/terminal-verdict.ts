import type { ResultView } from '../model/result.js';
import type { VerdictReport } from '../model/verdict.js';
import { plain } from './plain-text.js';
import { endLines, subject } from './subject.js';
import { noteMark } from './terminal-findings.js';
import type { TerminalStyle } from './terminal-style.js';
import { wrap } from './text-width.js';

/** The first lines: the verdict, why, and whether the run came to its end. */
export function verdictLines(view: ResultView, report: VerdictReport, style: TerminalStyle): string[] {
  const badge = ` ${report.verdict} `;
  const [first = '', ...more] = wrap(plain(report.because), style.width - badge.length - 1);
  const pad = ' '.repeat(badge.length + 1);
  return [
    `${style.verdict(report.verdict)(badge)} ${style.bold(first)}`,
    ...more.map((line) => `${pad}${style.bold(line)}`),
    ...wrap(subject(view), style.width).map(style.dim),
    ...endLines(view).flatMap((line) => wrap(line, style.width).map(style.yellow)),
  ];
}

/** How every rule came out, passes included. */
export function ruleLines({ rules, findings }: VerdictReport, style: TerminalStyle): string[] {
  const asked = rules.filter(({ state }) => state !== 'not asked');
  if (asked.length === 0) return [];
  const mark = {
    pass: style.green('✓'),
    fail: style.red('✗'),
    'no data': style.yellow('?'),
    'not asked': ' ',
  } as const;
  // A rule that only noted what was left out has not passed it.
  const noted = new Set(findings.filter(({ weight }) => weight === 'note').map(({ rule }) => rule));
  const unasked = rules.filter(({ state }) => state === 'not asked').map(({ rule }) => plain(rule));
  return [
    style.bold('Rules'),
    ...asked.flatMap(({ rule, state, summary }) => {
      const text = `${plain(rule)}: ${state === 'no data' ? 'no data: ' : ''}${plain(summary)}`;
      return wrap(text, style.width - 4).map(
        (line, at) =>
          `${at === 0 ? `  ${state === 'pass' && noted.has(rule) ? noteMark : mark[state]} ` : '    '}${line}`,
      );
    }),
    ...(unasked.length > 0
      ? wrap(`not asked: ${unasked.join(', ')}`, style.width - 4).map((line) => style.dim(`    ${line}`))
      : []),
  ];
}
