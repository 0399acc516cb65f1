import type { CommandModule } from 'yargs';
import {
  DtenError,
  InputError,
  compareRuns,
  exitCodes,
  gateProblems,
  judge,
  profileRun,
  readResult,
  type InputProblem,
  type RunProfile,
} from '../../index.js';
import { readComparisonInput } from '../comparison-input.js';
import { splitSides } from '../comparison-sides.js';
import { checkOutputs } from '../output-files.js';
import { comparisonExitCode, printComparison } from '../print-comparison.js';

interface Args {
  paths: string[];
  baseline?: string;
  gate: string[];
  margin: string;
  detect: string;
  aa?: string;
  seed: string;
  includeInvalid: boolean;
  strict: boolean;
  json: boolean;
  quiet: boolean;
  markdown?: string;
  html?: string;
}

const text = (describe: string) => ({ type: 'string', requiresArg: true, describe }) as const;
const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export const compareCommand: CommandModule<object, Args> = {
  command: 'compare [paths..]',
  describe: 'compare results: BASELINE… -- CANDIDATE…, each side one result or many',
  builder: (y) =>
    y
      .positional('paths', {
        type: 'string',
        array: true,
        default: [],
        describe: 'result folders, folders of results, or patterns with *',
      })
      .option('baseline', text('git revision whose results (beside the candidates) are the baseline'))
      .option('gate', {
        ...text('[endpoint:]percentile[@phase] that must not regress, beside the objectives'),
        array: true,
        nargs: 1,
        default: [],
      })
      .option('margin', { ...text('the smallest change that matters'), default: '10%' })
      .option('detect', { ...text('say how many runs it takes to see this change'), default: '10%' })
      .option('aa', text('file with the variance of alike runs, for too few runs of one’s own'))
      .option('seed', { ...text('of what is drawn: relabellings, blocks'), default: '1' })
      .option('include-invalid', flag('let INVALID and incomplete results count'))
      .option('strict', flag('a gate or a fact of correctness without an answer is exit 3'))
      .option('json', flag('one JSON document on stdout'))
      .option('quiet', { ...flag('only the verdict, the gates and what regressed'), alias: 'q' })
      .option('markdown', text('write it for a pull request'))
      .option('html', text('write it as one HTML file')) as never,
  async handler(args) {
    const input = await readComparisonInput({ ...args, ...splitSides(args.paths) });
    await checkOutputs(args);
    const percentiles = input.gates.map(({ percentile }) => percentile);
    const problems: InputProblem[] = [];
    const baseline = await profiles(input.baseline, percentiles, problems);
    const candidate = await profiles(input.candidate, percentiles, problems);
    if (problems.length === 0) problems.push(...gateProblems(input.gates, [...baseline, ...candidate]));
    if (problems.length > 0) throw new InputError(problems);
    const { margin, detect, gates, variance, seed } = input;
    const options = { margin, detect, gates, variance, seed, includeInvalid: args.includeInvalid };
    const comparison = compareRuns(baseline, candidate, options);
    process.exitCode = comparisonExitCode(comparison, args.strict);
    await printComparison(comparison, args);
  },
};

/** One after another: a view is dropped once its profile is made. */
async function profiles(
  dirs: readonly string[],
  percentiles: readonly string[],
  problems: InputProblem[],
): Promise<RunProfile[]> {
  const all: RunProfile[] = [];
  for (const dir of dirs) {
    try {
      const view = await readResult(dir);
      all.push(profileRun(view, judge(view), { dir, percentiles }));
    } catch (error) {
      if (!(error instanceof DtenError) || error.exitCode !== exitCodes.badInput) throw error;
      problems.push({
        file: dir,
        message: error.message,
        ...(error.hint !== undefined && { hint: error.hint }),
      });
    }
  }
  return all;
}
