import { appendFile, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Argv } from 'yargs';
import {
  DtenError,
  InputError,
  exitCodes,
  renderJson,
  renderJunit,
  renderMarkdown,
  renderRollbackComparison,
  renderRollbackComparisonMarkdown,
  renderTerminal,
  type ExitCode,
  type InputProblem,
  type ResultView,
  type RollbackComparison,
  type VerdictReport,
} from '../index.js';
import { messageOf } from '../foundation/errors.js';

export interface ReportArgs {
  json: boolean;
  quiet: boolean;
  junit?: string;
  markdown?: string;
}

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
    .option('junit', { type: 'string', requiresArg: true, describe: 'write a JUnit file' })
    .option('markdown', {
      type: 'string',
      requiresArg: true,
      describe: 'write a Markdown summary',
    }) as Argv<T & ReportArgs>;
}

/** Of a scenario that is rehearsed more than once. */
export interface MoreReport {
  comparison?: RollbackComparison | undefined;
  /** The Markdown file has the first report already. */
  append?: boolean;
  /** Instead of --junit's. */
  junitPath?: string;
  /** Put beside what --json prints. */
  json?: Record<string, unknown>;
}

/**
 * Before a rehearsal of minutes, not after it: whether the files asked for can be written.
 * @throws InputError with every one that cannot.
 */
export async function checkOutputs(
  args: Pick<ReportArgs, 'junit' | 'markdown'> & { html?: string | undefined },
): Promise<void> {
  const problems: InputProblem[] = [];
  for (const flag of ['junit', 'markdown', 'html'] as const) {
    const path = args[flag];
    if (path === undefined) continue;
    const isFolder = (at: string) =>
      stat(at).then(
        (found) => found.isDirectory(),
        () => false,
      );
    if (path === '') problems.push({ file: `--${flag}`, message: 'needs the name of a file' });
    else if (await isFolder(path)) {
      problems.push({ file: `--${flag}`, message: `${path} is a folder`, hint: 'name a file in it' });
    } else if (!(await isFolder(dirname(path)))) {
      const hint = `mkdir -p ${dirname(path)}`;
      problems.push({ file: `--${flag}`, message: `there is no folder ${dirname(path)}`, hint });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
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
  const { comparison, append = false, junitPath = args.junit } = more;
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
  if (junitPath !== undefined) await writeAsked('junit', junitPath, renderJunit(view, verdict));
  if (args.markdown !== undefined) await writeAsked('markdown', args.markdown, markdown, append);
}

export async function writeAsked(flag: string, path: string, text: string, append = false): Promise<void> {
  await (append ? appendFile : writeFile)(path, text).catch((error: unknown) => {
    throw new DtenError('output-not-written', `--${flag} ${path}: ${messageOf(error)}`, { cause: error });
  });
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
