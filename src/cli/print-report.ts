import { access, appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Argv } from 'yargs';
import {
  exitCodes,
  renderGithubAnnotations,
  renderGitlab,
  renderJson,
  renderJunit,
  renderMarkdown,
  renderRollbackComparison,
  renderRollbackComparisonMarkdown,
  renderSarif,
  renderTerminal,
  ruleCatalogue,
  type ExitCode,
  type ResultView,
  type RollbackComparison,
  type VerdictReport,
} from '../index.js';
import { messageOf } from '../foundation/errors.js';
import { resultFiles } from '../model/result.js';
import { dtenVersion } from './dten-version.js';
import { besideTwin, writeAsked, type OutputFiles } from './output-files.js';
import { sourcePaths } from './source-paths.js';

export interface ReportArgs extends OutputFiles {
  json: boolean;
  quiet: boolean;
}

const file = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;

export function reportOptions<T>(y: Argv<T>): Argv<T & ReportArgs> {
  return y
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'one JSON document on stdout, progress on stderr',
    })
    .option('quiet', {
      type: 'boolean',
      alias: 'q',
      default: false,
      describe: 'only the verdict line and the findings',
    })
    .option('junit', file('write a JUnit file'))
    .option('markdown', file('write a Markdown summary'))
    .option('sarif', file('write the findings as SARIF 2.1.0, on the lines of the SQL'))
    .option('gitlab', file('write the findings as a GitLab code-quality report')) as Argv<T & ReportArgs>;
}

/** Of a scenario that is rehearsed more than once. */
export interface MoreReport {
  comparison?: RollbackComparison | undefined;
  /** The files asked for hold the first report already: this one goes behind it (Markdown), or beside it. */
  second?: boolean;
  /** Put beside what --json prints. */
  json?: Record<string, unknown>;
}

/**
 * To stdout, then into the files asked for; a CI's step summary gets the Markdown. A file that cannot be written
 * costs nobody the report.
 * @throws DtenError for a file that was asked for; that the step summary failed is only said.
 */
export async function printReport(
  view: ResultView,
  verdict: VerdictReport,
  args: ReportArgs & { silent?: boolean },
  dir: string,
  more: MoreReport = {},
): Promise<void> {
  const { comparison, second = false } = more;
  if (args.json && args.silent !== true) {
    process.stdout.write(
      `${JSON.stringify({ ...renderJson(view, verdict, { dir, comparison }), ...more.json }, null, 2)}\n`,
    );
  } else if (args.silent !== true) {
    const terminal = {
      color: usesColor(process.stdout),
      width: process.stdout.columns || 110,
      quiet: args.quiet,
      dir,
      page: await pageIn(dir),
    };
    process.stdout.write(`${renderTerminal(view, verdict, terminal)}\n`);
    if (comparison) process.stdout.write(`\n${renderRollbackComparison(comparison, terminal)}\n`);
  }
  const markdown = [
    renderMarkdown(view, verdict),
    ...(comparison ? [renderRollbackComparisonMarkdown(comparison)] : []),
  ].join('\n');
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  if (summaryFile) {
    await appendFile(summaryFile, markdown).catch((error: unknown) =>
      process.stderr.write(`the step summary was not written: ${messageOf(error)}\n`),
    );
  }
  const sourcePath = await sourcePaths(view.plan);
  if (process.env['GITHUB_ACTIONS'] === 'true') {
    // GitHub reads them from either stream; stdout may be one JSON document.
    for (const line of renderGithubAnnotations(view, verdict, sourcePath)) process.stderr.write(`${line}\n`);
  }
  const files: Record<Exclude<keyof OutputFiles, 'markdown'>, () => string> = {
    junit: () => renderJunit(view, verdict),
    sarif: () => renderSarif(view, verdict, { rules: ruleCatalogue, version: dtenVersion(), sourcePath }),
    gitlab: () => renderGitlab(view, verdict, sourcePath),
  };
  for (const [flag, render] of Object.entries(files)) {
    const path = args[flag as keyof typeof files];
    if (path !== undefined) await writeAsked(flag, second ? besideTwin(path) : path, render());
  }
  if (args.markdown !== undefined) await writeAsked('markdown', args.markdown, markdown, second);
}

async function pageIn(dir: string): Promise<string | undefined> {
  const path = join(dir, resultFiles.report);
  return access(path).then(
    () => path,
    () => undefined,
  );
}

/** https://no-color.org, and FORCE_COLOR as other tools read it. */
export function usesColor(stream: { isTTY?: boolean }): boolean {
  if (process.env['NO_COLOR']) return false;
  if (process.env['FORCE_COLOR']) return process.env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true;
}

/** The exit code of a verdict, however the run ended: `dten report` of an interrupted run is INVALID, 3. */
export function verdictExitCode(report: VerdictReport): ExitCode {
  return { GO: exitCodes.ok, 'NO-GO': exitCodes.noGo, INVALID: exitCodes.invalid }[report.verdict];
}

/** The exit code of a rehearsal that just ran. */
export function exitCodeOf(view: Pick<ResultView, 'ended'>, report: VerdictReport): ExitCode {
  if (view.ended === 'interrupted') return exitCodes.interrupted;
  return view.ended === 'broken' ? exitCodes.broken : verdictExitCode(report);
}
