import { appendFile } from 'node:fs/promises';
import { messageOf } from '../foundation/errors.js';
import {
  exitCodes,
  renderComparison,
  renderComparisonHtml,
  renderComparisonMarkdown,
  type Comparison,
  type ExitCode,
} from '../index.js';
import { writeAsked } from './output-files.js';
import { usesColor } from './print-report.js';

export interface ComparisonOutputs {
  json: boolean;
  quiet: boolean;
  markdown?: string;
  html?: string | undefined;
}

/** 0 nothing worse, 1 a regression, 3 it could not tell; with `strict` also where a gate, or a fact of correctness, has no answer. */
export function comparisonExitCode(
  { verdict, cells, measures }: Pick<Comparison, 'verdict' | 'cells' | 'measures'>,
  strict: boolean,
): ExitCode {
  if (verdict === 'regressed') return exitCodes.noGo;
  if (verdict === 'could not tell') return exitCodes.invalid;
  const asked = [
    ...cells.filter(({ gate }) => gate),
    ...measures.filter(({ gate, group }) => gate || group === 'correctness'),
  ];
  const open = asked.some(({ answer }) => answer === 'inconclusive' || answer === 'refused');
  return strict && open ? exitCodes.invalid : exitCodes.ok;
}

/** To stdout, and into the files asked for; a CI's step summary gets the Markdown. */
export async function printComparison(comparison: Comparison, args: ComparisonOutputs): Promise<void> {
  if (args.json) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`);
  else {
    const terminal = {
      color: usesColor(process.stdout),
      width: process.stdout.columns || 110,
      quiet: args.quiet,
    };
    process.stdout.write(`${renderComparison(comparison, terminal)}\n`);
  }
  const markdown = renderComparisonMarkdown(comparison);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (summaryFile) {
    await appendFile(summaryFile, markdown).catch((error: unknown) =>
      process.stderr.write(`the step summary was not written: ${messageOf(error)}\n`),
    );
  }
  if (args.markdown !== undefined) await writeAsked('markdown', args.markdown, markdown);
  if (args.html !== undefined) {
    await writeAsked('html', args.html, await renderComparisonHtml(comparison));
    process.stderr.write(`Comparison: ${args.html}\n`);
  }
}
