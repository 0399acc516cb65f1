import {
  exitCodes,
  linkTwins,
  rehearse,
  renderJson,
  watchTogether,
  type ExitCode,
  type Rehearsed,
  type RunPlan,
} from '../index.js';
import { messageOf } from '../foundation/errors.js';
import { abortOnSignals } from './abort-on-signals.js';
import { comparisonOf, worseOf } from './compare-twins.js';
import { exitCodeOf, printReport, type MoreReport, type ReportArgs } from './print-report.js';
import { reportFailure } from './report-failure.js';
import type { ServerAccess } from './server-flags.js';
import { showProgress } from './show-progress.js';
import { startWatching } from './start-watching.js';

interface Args extends ReportArgs {
  results: string;
}

/**
 * One rehearsal, or the two of strategy `both`, one after the other; of an interrupted or broken one nothing comes
 * after. Prints each as it ends (with --json: one document at the end), and returns the worse exit code.
 */
export async function rehearsePlans(
  plans: readonly RunPlan[],
  args: Args,
  access?: ServerAccess,
): Promise<ExitCode> {
  const say: { line: (line: string) => void } = { line: (line) => process.stderr.write(`${line}\n`) };
  const signals = abortOnSignals(
    (line) => say.line(line),
    (error) => void reportFailure(error, { write: (line) => say.line(line.trimEnd()) }),
  );
  const done: Rehearsed[] = [];
  let code: ExitCode = 0;
  const tellError = (error: unknown) => {
    say.line(`${messageOf(error)} (the rehearsal goes on, and is not watched by that any more)`);
  };
  // Before anything is provisioned: a port that cannot be had, or a password too short, ends it here.
  const watching = await startWatching({
    access,
    abort: signals.abort,
    say: (line) => say.line(line),
    onError: tellError,
  }).catch((error: unknown) => {
    signals.stop();
    throw error;
  });
  try {
    for (const [at, plan] of plans.entries()) {
      if (plans.length > 1) {
        process.stderr.write(
          `rehearsal ${at + 1} of ${plans.length}: back by ${plan.rollbackWay ?? 'steps'}\n`,
        );
      }
      const progress = showProgress(plan, args.quiet ? 'off' : process.stderr.isTTY ? 'live' : 'lines');
      say.line = (line) => progress.say(line);
      const one = await rehearse(plan, {
        resultsRoot: args.results,
        signal: signals.signal,
        watcher: watchTogether([progress.watcher, ...watching.watchers()], tellError),
      }).finally(() => progress.stop());
      await watching.ended(one);
      done.push(one);
      if (one.reportFailure !== undefined) say.line(`report.html was not written: ${one.reportFailure}`);
      code = worseOf(code, signals.broke() ? exitCodes.broken : codeOf(one));
      const [first] = done;
      if (first && at > 0 && one.error === undefined) await linkTwins(first.dir, one.dir);
      if (!args.json) await print(one, { ...args, silent: one.error !== undefined }, await moreOf(one, at));
      if (one.error !== undefined || one.result.ended !== 'complete') break;
    }
  } finally {
    await watching.close();
    signals.stop();
  }
  if (args.json) await printJson(done, args);
  return code;
}

/** Says what broke, where something did. */
function codeOf({ error, result, dir }: Rehearsed): ExitCode {
  if (error === undefined) return exitCodeOf(result, result.verdict);
  const code = reportFailure(error, process.stderr);
  process.stderr.write(`What was recorded is in ${dir}\n`);
  return code;
}

function print(
  { view, result, dir }: Rehearsed,
  args: ReportArgs & { silent?: boolean },
  more: MoreReport,
): Promise<void> {
  return printReport(view, result.verdict, args, dir, more);
}

async function moreOf({ dir }: Rehearsed, at: number): Promise<MoreReport> {
  return at === 0 ? {} : { comparison: await comparisonOf(dir), second: true };
}

/** One document: the first rehearsal's report, with the second's in `twin`. */
async function printJson(done: readonly Rehearsed[], args: ReportArgs): Promise<void> {
  const [first, second] = done;
  if (!first) return;
  const comparison = second && (await comparisonOf(first.dir));
  const twin = second && renderJson(second.view, second.result.verdict, { dir: second.dir, comparison });
  await print(first, args, { comparison, ...(twin && { json: { twin } }) });
  if (second) await print(second, { ...args, silent: true }, await moreOf(second, 1));
}
