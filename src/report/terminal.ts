import type { ResultView } from '../model/result.js';
import type { Finding, VerdictReport } from '../model/verdict.js';
import { harnessHealth } from './harness-health.js';
import { plain } from './plain-text.js';
import { residueLines } from './terminal-residue.js';
import { formatRunTime } from './run-time.js';
import { lockStoryLines } from './terminal-locks.js';
import { lockLines, sizeLines, traceLines } from './terminal-database.js';
import { ledgerLines } from './terminal-ledger.js';
import { rollbackLines } from './terminal-rollback.js';
import { labelled, terminalStyle, type TerminalStyle } from './terminal-style.js';
import { indented, latencyLines, stepLines } from './terminal-traffic.js';
import { findingLines } from './terminal-findings.js';
import { ruleLines, verdictLines } from './terminal-verdict.js';

export interface TerminalOptions {
  color: boolean;
  /** Columns; lines are broken and tables narrowed to fit (40 at least). */
  width: number;
  /** Only the verdict, the findings, and what is wrong with the result itself. */
  quiet?: boolean;
  /** The result folder, printed last. */
  dir?: string;
  /** Its page, if it has one. */
  page?: string | undefined;
}

/** What a release engineer reads: the verdict and why, the findings with their remedies, then the evidence. */
export function renderTerminal(view: ResultView, verdict: VerdictReport, options: TerminalOptions): string {
  const style = terminalStyle(options);
  const evidence = options.quiet
    ? []
    : [
        latencyLines(view, style),
        stepLines(view, style),
        ledgerLines(view, style),
        rollbackLines(verdict, style),
        lockLines(view, style),
        lockStoryLines(verdict.locks, style),
        traceLines(view, style),
        residueLines(view, style),
        sizeLines(view, style),
        deathLines(view, style),
        ruleLines(verdict, style),
      ];
  const sections = [
    verdictLines(view, verdict, style),
    findingLines(
      verdict.findings.filter((finding) => !isNotRehearsed(finding)),
      style,
    ),
    notRehearsedLines(verdict, style),
    ...evidence,
    harnessLines(view, style, options.quiet ?? false),
    [
      ...(options.dir === undefined ? [] : [`Result: ${plain(options.dir)}`]),
      ...(options.page === undefined ? [] : [`Report: ${plain(options.page)}`]),
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

const isNotRehearsed = ({ rule }: Finding) => rule === 'not-rehearsed';

/** Stands beside the verdict, a GO too: what production may do in that hour and this run did not. */
function notRehearsedLines({ findings }: VerdictReport, style: TerminalStyle): string[] {
  const notes = findings.filter(isNotRehearsed).map(({ what }) => what.replace(/^not rehearsed: /, ''));
  return bullets('Not rehearsed', notes, style);
}

const mostLogLines = 12;

/** Replicas that died, with the last lines of their log. */
function deathLines(view: ResultView, style: TerminalStyle): string[] {
  const lines = view.events.flatMap((event): string[] => {
    if (event.type !== 'service' || event.state !== 'died') return [];
    const why = event.detail === undefined ? '' : `: ${event.detail}`;
    const head = plain(`${formatRunTime(event.atUs)} ${event.replica} of ${event.service} died${why}`);
    const log = (event.logTail ?? []).slice(-mostLogLines).map((line) => `    ${plain(line)}`);
    return [`  ${head}`, ...log.flatMap((line) => indented(line.trim(), '      ', style).map(style.dim))];
  });
  return lines.length === 0 ? [] : [style.bold('Services that died'), ...lines];
}

/** The harness's own health, and whatever is missing or damaged in the result: that is told even when quiet. */
function harnessLines(view: ResultView, style: TerminalStyle, quiet: boolean): string[] {
  const wrong = [
    ...view.degraded.map(({ source, lost }) => `not observed (${source}): ${lost}`),
    ...view.damage.map((line) => `damaged: ${line}`),
    ...view.teardownFailures.map((line) => `not torn down: ${line}`),
  ];
  return [
    ...(quiet
      ? []
      : labelled({ label: 'Harness: ', text: harnessHealth(view), paint: style.bold }, '', style.width)),
    ...bullets('Missing from this result', wrong, style, style.yellow),
  ];
}

const mostBullets = 12;

function bullets(
  title: string,
  items: readonly string[],
  style: TerminalStyle,
  paint: (text: string) => string = String,
): string[] {
  if (items.length === 0) return [];
  const left = items.length - mostBullets;
  return [
    style.bold(paint(title)),
    ...items
      .slice(0, mostBullets)
      .flatMap((item) => labelled({ label: '- ', text: plain(item) }, '  ', style.width)),
    ...(left > 0 ? [`  … and ${left} more`] : []),
  ];
}
